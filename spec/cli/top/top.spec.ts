/** The live screen: what it shows of a snapshot, and what it does in a real terminal. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, linesOf, runAll, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { aJob, NOON } from '../../../fixtures/job.ts'
import { processesOf, signal } from '../../../fixtures/processes.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { inTerminal, type Terminal } from '../../../fixtures/tmux.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { width } from '../../../lib/cli/output/text.ts'
import { keysIn } from '../../../lib/cli/top/screen.ts'
import { filtered, type Snapshot, Throughput } from '../../../lib/cli/top/snapshot.ts'
import { bars, selectableJobs, shares, type ScreenState, screenLines } from '../../../lib/cli/top/view.ts'
import type { ListedJob } from '../../../lib/queue.ts'

const test = suite('queuectl top')

// --- of a snapshot --------------------------------------------------------------------------------------------------

const listed = (id: string, command: string, state: 'pending' | 'dead'): ListedJob => ({
  id,
  state,
  path: '',
  job: aJob({ id, command, state, last_error: 'exit code 1: broken', attempts: 3 }),
  unreadable: undefined,
})

const SNAPSHOT: Snapshot = {
  at: NOON,
  counts: { pending: 40, scheduled: 1, processing: 2, failed: 0, dead: 30, completed: 7, held: 0, corrupt: 0 },
  workers: [
    {
      name: 'worker-1-abc',
      pid: 1,
      life: 'alive',
      slots: 4,
      started_at: '',
      log: '',
      running: [
        { id: 'run2', slot: 2, run: 1, command: 'sleep 2', started_at: new Date(NOON - 65_000).toISOString() },
        { id: 'run1', slot: 1, run: 3, command: ['sleep', '1'] },
      ],
    },
  ],
  running: [],
  next: Array.from({ length: 40 }, (_, i) => listed(`next${i}`, `echo ${'long 日本 '.repeat(30)}`, 'pending')),
  failures: Array.from({ length: 30 }, (_, i) => listed(`dead${i}`, 'false', 'dead')),
  cost: 1,
}

const PLAIN = { bold: String, red: String, green: String, yellow: String, cyan: String }
const shown = (changed: Partial<ScreenState> = {}): string[] =>
  screenLines({
    snapshot: SNAPSHOT,
    minute: { done: 6, failed: 1, bySecond: [1, 2, 3] },
    home: '/home/of/queue',
    filter: '',
    selected: undefined,
    footer: 'keys',
    columns: 80,
    rows: 24,
    colors: PLAIN,
    ...changed,
  })

for (const [columns, rows] of [
  [80, 24],
  [200, 50],
  [20, 5],
  [1, 1],
] as const)
  test(`it has exactly the lines of a screen of ${columns}x${rows}, and none is wider`, () => {
    const lines = shown({ columns, rows })
    assert.is(lines.length, rows)
    for (const line of lines) assert.ok(width(line) <= Math.max(columns, 20), `${width(line)}: ${line}`)
  })

test('it shows how many jobs are in each state in two lines at most, and no zeros', () => {
  const counts = { pending: 1000, scheduled: 20, processing: 10, failed: 5, dead: 30, completed: 70_000, held: 4 }
  const lines = shown({ snapshot: { ...SNAPSHOT, counts } })
  const at = lines.findIndex((line) => line.startsWith('Last minute'))
  assert.ok(at <= 3, lines.slice(0, at + 1).join('\n'))
  const text = lines.slice(1, at).join('  ')
  for (const part of ['Pending 1000', 'Held 4', 'Completed 70000', '1 worker, 4 slots']) assert.match(text, part)
  assert.not.match(shown().join('\n'), 'Held 0')
})

test('it shows the queue of a job and how far it is', () => {
  const job = aJob({ id: 'run1', command: ['sleep', '1'], queue: 'video' })
  const running = [
    { id: 'run1', state: 'processing' as const, path: '', job, unreadable: undefined, progress: { pct: 42 } },
  ]
  assert.match(shown({ snapshot: { ...SNAPSHOT, running } }).join('\n'), /run1.*video {2}42 %.*sleep 1/)
})

test('a filter leaves the jobs with a text in their id, queue or command, and the counts', () => {
  const some = filtered(SNAPSHOT, 'NEXT1')
  assert.equal(some.counts, SNAPSHOT.counts)
  assert.equal([some.next.length, some.failures.length, some.workers[0]?.running.length], [11, 0, 0])
  assert.is(filtered(SNAPSHOT, 'sleep 2').workers[0]?.running[0]?.id, 'run2')
})

test('it shows counts, slots and throughput', () => {
  const text = shown({ columns: 120 }).join('\n')
  for (const part of ['Pending 40', 'Scheduled 1', 'Processing 2', 'Dead 30', 'Completed 7', '1 worker, 4 slots'])
    assert.match(text, part)
  assert.match(text, 'Last minute: 6 done, 1 failed')
  assert.not.match(text, 'Held')
})

test('it shows what each slot runs, in the order of the slots, and how many are idle', () => {
  const lines = shown()
  const at = lines.indexOf('RUNNING')
  assert.match(lines[at + 1] ?? '', /^ {2}1 {2}run1 {2}run 3 {2}- {2}sleep 1$/)
  assert.match(lines[at + 2] ?? '', /^ {2}2 {2}run2 {2}run 1 {2}1m {2}sleep 2$/)
  assert.match(lines[at + 3] ?? '', /2 slots idle \(worker-1-abc\)/)
})

test('each section gets its part of a small screen', () => {
  const text = shown().join('\n')
  for (const id of ['run1', 'run2', 'next0', 'dead0']) assert.match(text, id)
})

test('the selected job is in sight, and shown reversed', () => {
  const line = shown({ selected: 'dead29' }).find((one) => one.includes('dead29')) ?? ''
  assert.ok(line.startsWith('\x1b[7m') && line.endsWith('\x1b[27m'), line)
})

test('jobs are selected from top to bottom', () =>
  assert.equal(
    selectableJobs(SNAPSHOT)
      .map(({ id }) => id)
      .slice(0, 3),
    ['run1', 'run2', 'next0'],
  ))

test('lines are shared evenly, and what one does not want goes to the others', () => {
  assert.equal(shares([2, 50, 50], 12), [2, 5, 5])
  assert.equal(shares([1, 1, 1], 30), [1, 1, 1])
  assert.equal(shares([9, 9, 9], -3), [0, 0, 0])
})

test('bars are as high as their numbers', () => assert.is(bars([0, 1, 4, 8]), ' ▁▄█'))

test('only the last minute counts as throughput', () => {
  const throughput = new Throughput()
  const at = (ago: number): string => new Date(NOON - ago * 1000).toISOString()
  for (const ago of [61, 59, 1]) throughput.add({ at: at(ago), event: 'completed', job: 'a' })
  throughput.add({ at: at(2), event: 'failed', job: 'b' })
  const { done, failed, bySecond } = throughput.lastMinute(NOON)
  assert.equal([done, failed, bySecond.length, bySecond.at(-2)], [2, 1, 60, 1])
})

test('keys are recognised, and unknown sequences are ignored', () => {
  assert.equal(keysIn('\x1b[A\x1b[Bj\r\x1b'), ['up', 'down', 'j', 'enter', 'escape'])
  assert.equal(keysIn('\x1b[1;5C\x1b[200~x'), ['x'])
})

// --- in a terminal --------------------------------------------------------------------------------------------------

const sees = (terminal: Terminal, text: string): Promise<unknown> =>
  until(
    () => terminal.shown().some((line) => line.includes(text)),
    SOON_MS,
    () => `${text} is seen: ${terminal.shown().join('\n')}`,
  )

/** Starts the live screen and waits until it is drawn. */
async function begin(terminal: Terminal): Promise<void> {
  terminal.press('stty -a >before; queuectl top; echo ended with $?; stty -a >after', 'Enter')
  await sees(terminal, 'q quit')
}

/** The screen has been left: status, terminal as before. */
async function isAsBefore(terminal: Terminal, { dir }: World, status: number): Promise<void> {
  await sees(terminal, `ended with ${status}`)
  await until(() => readFileSync(join(dir, 'after'), 'utf8').length > 0, SOON_MS, 'stty has told')
  // All but the first line, which has the size.
  const [before, after] = ['before', 'after'].map((name) => linesOf(join(dir, name)).slice(1))
  assert.equal(after, before)
  assert.is(terminal.tells('#{alternate_on} #{cursor_flag} #{wrap_flag}'), '0 1 1')
}

for (const size of [
  [80, 24],
  [200, 50],
] as const)
  test(
    `at ${size.join('x')} it shows the queue, and q leaves the terminal as it was`,
    inWorld(async (world) => {
      await add(world, 'echo sorry >&2; false', { id: 'broken', max_retries: 1 })
      await runAll(world)
      await add(world, 'true', { id: 'waiting' })
      await inTerminal(world, size, async (terminal) => {
        await begin(terminal)
        assert.is(terminal.tells('#{alternate_on}'), '1')
        await sees(terminal, 'Pending 1  Dead 1  no worker')
        await sees(terminal, 'broken  dead  1/1')
        assert.match(terminal.shown()[0] ?? '', /^queuectl {2}.*\d\d:\d\d:\d\d$/)
        assert.is(
          terminal.shown().findIndex((line) => line.includes('q quit')),
          size[1] - 1,
        )
        terminal.press('q')
        await isAsBefore(terminal, world, 0)
      })
    }),
  )

for (const [name, status] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)
  test(
    `${name} leaves the terminal as it was`,
    inWorld((world) =>
      inTerminal(world, [80, 24], async (terminal) => {
        await begin(terminal)
        const top = processesOf(world.dir).find(({ command }) => command.endsWith('.cjs top'))
        assert.ok(top)
        signal(top?.pid ?? Number.NaN, name)
        await isAsBefore(terminal, world, status)
      }),
    ),
  )

test(
  'Ctrl-C leaves the terminal as it was',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await begin(terminal)
      terminal.press('C-c')
      await isAsBefore(terminal, world, 130)
    }),
  ),
)

test(
  'when its terminal is gone it ends',
  inWorld(async (world) => {
    await inTerminal(world, [80, 24], begin)
    await until(
      () => !processesOf(world.dir).some(({ command }) => command.endsWith('.cjs top')),
      SOON_MS,
      'it is gone',
    )
  }),
)

test(
  'it fills the terminal anew when that changes its size',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await begin(terminal)
      terminal.resize(120, 40)
      await until(
        () => terminal.shown()[39]?.includes('q quit'),
        SOON_MS,
        () => terminal.shown(),
      )
      assert.is(terminal.shown().filter((line) => line.includes('q quit')).length, 1)
      terminal.press('q')
      await isAsBefore(terminal, world, 0)
    }),
  ),
)

test(
  'f follows what a job writes, and Escape goes back',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await add(world, `echo hello; ${untilLetGo('a')}`, { id: 'a' })
      const worker = await world.startWorker()
      await isUp(world, 'a')
      await begin(terminal)
      terminal.press('f')
      await until(
        () => terminal.shown()[1] === 'hello',
        SOON_MS,
        () => terminal.shown(),
      )
      assert.is(terminal.shown()[0], 'a  run 1')
      terminal.press('Escape')
      await sees(terminal, 'NEWEST FAILURES')
      terminal.press('q')
      await isAsBefore(terminal, world, 0)
      letGo(world, 'a')
      worker.kill('SIGTERM')
      await worker.ended
    }),
  ),
)

test(
  'c cancels the selected job, once that is confirmed',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await add(world, 'true', { id: 'first' })
      await add(world, 'true', { id: 'second' })
      await begin(terminal)
      terminal.press('Down', 'c')
      await sees(terminal, 'Cancel second? y/n')
      terminal.press('n')
      await sees(terminal, 'q quit')
      terminal.press('c', 'y')
      await sees(terminal, 'Cancelled second')
      terminal.press('q')
      await isAsBefore(terminal, world, 0)
      assert.equal(Object.fromEntries(assertHomeIntact(world.home)), { first: 'pending', second: 'dead' })
    }),
  ),
)

test(
  'r sends a dead job back',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await add(world, 'false', { id: 'broken', max_retries: 1 })
      await runAll(world)
      await begin(terminal)
      terminal.press('r')
      await sees(terminal, 'Job broken is pending again')
      await settles(world.queue, 'broken', 'pending')
      terminal.press('q')
      await isAsBefore(terminal, world, 0)
    }),
  ),
)

test(
  'h holds the selected job',
  inWorld((world) =>
    inTerminal(world, [80, 24], async (terminal) => {
      await add(world, 'true', { id: 'waits' })
      await begin(terminal)
      terminal.press('h')
      await sees(terminal, 'Held waits')
      assert.is(assertHomeIntact(world.home).get('waits'), 'held')
      terminal.press('q')
      await isAsBefore(terminal, world, 0)
    }),
  ),
)

test(
  'where there is no terminal it prints one screen',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'waiting' })
    const { stdout, code } = await world.cli(['top'])
    assert.is(code, 0)
    assert.match(stdout, /^Pending 1 /m)
    assert.match(stdout, /^ {5}waiting {2}true$/m)
    assert.not.match(stdout, '\x1b')
  }),
)

test(
  '--json is the same as one object',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'waiting' })
    const { counts, next } = JSON.parse((await world.cli(['top', '--json'])).stdout) as {
      counts: { pending: number }
      next: { id: string }[]
    }
    assert.equal([counts.pending, next.map(({ id }) => id)], [1, ['waiting']])
  }),
)

test(
  '/ shows only some jobs, Escape all of them again, ? the keys',
  inWorld(async (world) => {
    await world.queue.enqueueAll([
      { id: 'one', command: 'true' },
      { id: 'two', command: 'true' },
    ])
    await inTerminal(world, [80, 24], async (terminal) => {
      const appears = (text: string | RegExp): Promise<unknown> =>
        until(
          () => terminal.shown().join('\n').match(text) ?? undefined,
          SOON_MS,
          () => `${text} is seen: ${terminal.shown().join('\n')}`,
        )
      terminal.press('queuectl top', 'Enter')
      await appears(/one[^]*two/)
      terminal.press('/', 't', 'w')
      await appears(/only "tw"[^]*NEXT.*\n +two/)
      terminal.press('Escape')
      await appears(/NEXT.*\n +one/)
      terminal.press('?')
      await appears('Any key goes back')
      terminal.press('x')
      await appears(/NEXT/)
      terminal.press('q')
    })
  }),
)

test.run()
