/** What commands print in a real terminal of 80 columns. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { inTerminal, type Terminal } from '../../fixtures/tmux.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('a terminal of 80 columns')

const LONG = `echo ${'a-word '.repeat(20)}`

/** Types a command, and gives its lines once it has ended; a line that was wrapped by the terminal is two here. */
async function typed({ press, shown }: Terminal, line: string): Promise<string[]> {
  press(`clear; ${line}; echo END $?`, 'Enter')
  const lines = await until(
    () => (shown().some((one) => /^END \d/.test(one)) ? shown() : undefined),
    SOON_MS,
    () => `${line} has ended: ${shown().join('\n')}`,
  )
  return lines.slice(
    0,
    lines.findIndex((one) => one.startsWith('END')),
  )
}

const inNarrow = (prepare: (world: World) => Promise<void>, use: (terminal: Terminal) => Promise<void>) =>
  inWorld(async (world) => {
    await prepare(world)
    await inTerminal(world, [80, 120], use)
  })

test(
  'a list has one line a job, and ids that can be typed',
  inNarrow(
    async (world) => {
      await world.queue.enqueueAll(Array.from({ length: 4 }, () => ({ command: LONG, queue: 'a-queue-of-mine' })))
      await add(world, LONG, { id: 'an-id-that-a-person-chose-of-fifty-characters-4567' })
    },
    async (terminal) => {
      const [, ...lines] = await typed(terminal, 'queuectl list')
      assert.is(lines.length, 5, lines.join('\n'))
      assert.match(lines[4] ?? '', /^an-id-that-a-person-chose-of-fifty-characters-4567 /)
      const [id = ''] = (lines[0] ?? '').split(' ')
      assert.is(id.length, 8)
      const [first = ''] = await typed(terminal, `queuectl show ${id}`)
      assert.match(first, new RegExp(`^Id: .*${id}$`))
    },
  ),
)

test(
  'a list is of the newest 50, and says how many more there are',
  inNarrow(
    async ({ queue }) => {
      await queue.enqueueAll(Array.from({ length: 60 }, (_, i) => ({ id: `n${i}`, command: 'true' })))
    },
    async (terminal) => {
      const [, ...lines] = await typed(terminal, 'queuectl list')
      assert.is(lines.length, 51, lines.join('\n'))
      assert.match(lines[0] ?? '', /^n10 /)
      assert.is(lines[50], 'the newest 50, and 10 more: see them with -n 60')
      const sorted = await typed(terminal, 'queuectl list --sort id')
      assert.is(sorted.length, 52)
      assert.is(sorted[51], 'the first 50, and 10 more: see them with -n 60')
      assert.is((await typed(terminal, 'queuectl list --json | jq length; queuectl list | wc -l'))[1], '61')
    },
  ),
)

test(
  'what the workers run fits, and the path of their log is whole',
  inNarrow(
    async (world) => {
      await add(world, `${untilLetGo('a')} # ${LONG}`)
      await add(world, `${untilLetGo('b')} # ${LONG}`)
      await world.startWorker({ count: 6 })
      await Promise.all([isUp(world, 'a'), isUp(world, 'b')])
    },
    async (terminal) => {
      const slots = await typed(terminal, 'queuectl ps')
      assert.is(slots.length, 4)
      assert.match(slots[3] ?? '', /\(4 slots idle\)$/)
      const lines = await typed(terminal, 'queuectl worker list')
      // The path of this test's home may take two.
      assert.match(lines.join(''), /slots {2}log: \/.*\/worker-[\w-]+\.log {2}[0-9A-Z]{8,26} \(run 1 for/)
    },
  ),
)

test(
  'the settings are listed without the loss of a word',
  inNarrow(
    async ({ cli }) => {
      await cli(['config', 'set', 'on-dead', `notify ${'word '.repeat(20)}`])
    },
    async (terminal) => {
      const lines = await typed(terminal, 'queuectl config list')
      assert.not.match(lines.join('\n'), '…')
    },
  ),
)

test(
  'events that are too long go on below their own beginning',
  inNarrow(
    async (world) => {
      await world.queue.enqueue({ command: 'true', queue: 'default' })
      await world.cli(['queue', 'pause', 'mail', '--reason', 'because of '.repeat(8).trim()])
    },
    async (terminal) => {
      const [first = '', second = '', third = ''] = await typed(terminal, 'queuectl events')
      assert.match(first, /^[-\d]+ [:\d]+ {2}[0-9A-Z]{8} enqueued$/)
      assert.match(second, /^[-\d]+ [:\d]+ {2}queue mail paused/)
      assert.match(third, /^ {21}\w/)
    },
  ),
)

test.run()
