/** `explain`, `next` and `ps`: why a job does not run, what runs next, what runs. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, runAll, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { waitBefore } from '../../../lib/job/eta.ts'
import type { SlotInfo } from '../../../lib/queue.ts'

const test = suite('queuectl explain, next and ps')

const reasons = async ({ queue }: World, id: string): Promise<string[]> =>
  (await queue.explain(id)).reasons.map(({ why }) => why)

const LATER = '2099-01-01T00:00:00Z'

test(
  'a pending job waits for a worker when none is alive, and for the jobs ahead',
  inWorld(async (world) => {
    for (const id of ['a', 'b', 'c']) await add(world, 'true', { id })
    assert.equal(await reasons(world, 'a'), ['no_worker'])
    assert.equal((await world.queue.explain('c')).reasons.at(-1), { why: 'ahead', jobs: 2, next: ['a', 'b'] })
    const { stdout } = await world.cli(['explain', 'c'])
    assert.match(stdout, 'no worker is alive; start one with: queuectl worker start')
    assert.match(stdout, '2 jobs ahead of it: a, b')
  }),
)

const FAILS = { max_retries: 1 }

/** What `explain` prints, a sentence each. */
const told = async ({ cli }: World, id: string): Promise<string[]> =>
  (await cli(['explain', id])).stdout.split('\n').map((line) => line.trim())

test(
  'of a job that was cancelled with what it waits for, it names the retry that brings it back',
  inWorld(async (world) => {
    await add(world, 'false', { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await add(world, 'true', { id: 'c', after: ['b'] })
    await runAll(world)
    for (const id of ['b', 'c']) {
      const lines = await told(world, id)
      assert.ok(lines.includes('run that again, and this one comes back with it: queuectl retry a'), lines.join('\n'))
      assert.ok(lines.includes(`run it all the same with: queuectl retry --waive ${id}`))
      assert.not.ok(lines.some((line) => line.endsWith(`queuectl retry ${id}`)))
      const { stderr } = await world.cli(['retry', id])
      assert.match(stderr, 'comes back with it: queuectl retry a; or run it all the same')
    }
    await world.cli(['retry', 'a'])
    assert.equal(await reasons(world, 'c'), ['waits_for', 'no_worker'])
  }),
)

test(
  'of a job that was cancelled by hand it says what to retry first, and of one whose parent is gone only how to waive that',
  inWorld(async (world) => {
    await add(world, 'false', { id: 'a', ...FAILS })
    for (const id of ['b', 'c']) await add(world, 'true', { id, after: ['a'] })
    await world.cli(['cancel', 'b'])
    await runAll(world)
    assert.equal((await told(world, 'b')).slice(-4, -1), [
      'it waits for a, which is dead',
      'run that again first, then this one: queuectl retry a',
      'run it all the same with: queuectl retry --waive b',
    ])
    await world.cli(['remove', 'a', '--yes'])
    assert.is((await told(world, 'c')).at(-2), 'run it all the same with: queuectl retry --waive c')
    assert.not.match((await told(world, 'c')).join(), 'retry a')
  }),
)

test(
  'of a job that waits although it is impossible, it says until when, and not that a worker decides',
  inWorld(async (world) => {
    await add(world, 'false', { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'b', after: ['a'], when_impossible: 'wait' })
    await runAll(world)
    const line = 'it waits for a to succeed; that is dead, and it waits until that was run again: queuectl retry a'
    assert.ok((await told(world, 'b')).includes(line), (await told(world, 'b')).join('\n'))
    renameSync(join(world.home, 'dead'), join(world.home, 'elsewhere'))
    mkdirSync(join(world.home, 'dead'))
    assert.match((await told(world, 'b')).join('\n'), 'there is no such job, and it waits until there is one')
  }),
)

test(
  'a pending job behind busy slots is explained by what keeps them busy, and when it starts',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'before' })
    await runAll(world)
    await world.startWorker()
    await add(world, untilLetGo('busy'), { id: 'busy' })
    await isUp(world, 'busy')
    await settles(world.queue, 'busy', 'processing')
    await add(world, 'true', { id: 'a' })
    assert.equal(await reasons(world, 'a'), ['slots_busy'])
    const { stdout } = await world.cli(['explain', 'a', 'busy'])
    assert.match(stdout, /the only slot is busy:\n +busy for/)
    assert.match(stdout, /it will start .* \(the last 1 run took .* on average\)/)
    assert.match(stdout, /busy is processing:\n +it runs since/)
    letGo(world, 'busy')
    await settles(world.queue, 'a')
  }),
)

test(
  'jobs that are scheduled, held, dead, completed or waiting to be tried again say so',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'later', run_at: LATER })
    await add(world, 'true', { id: 'held' })
    await add(world, 'true', { id: 'dead' })
    await world.queue.hold('held')
    await world.queue.cancel('dead')
    await add(world, 'true', { id: 'over' })
    await runAll(world)
    assert.equal(await reasons(world, 'later'), ['due', 'no_worker'])
    assert.equal(await reasons(world, 'held'), ['held'])
    assert.equal(await reasons(world, 'dead'), ['over'])
    assert.equal(await reasons(world, 'over'), ['over'])
    const { stdout } = await world.cli(['explain', '--state', 'held,dead'])
    assert.match(stdout, 'release it with: queuectl release held')
    assert.match(stdout, 'cancelled: by hand')
  }),
)

test(
  'a file that cannot be read, was set aside, or not yet taken in says so',
  inWorld(async (world) => {
    const { home } = world
    mkdirSync(join(home, 'pending'), { recursive: true })
    writeFileSync(join(home, 'pending', 'dropped.json'), '{"command":"true"}')
    assert.equal(await reasons(world, 'dropped'), ['no_worker', 'not_taken_in'])
    writeFileSync(join(home, 'corrupt', '12345678-bad.json'), 'x')
    writeFileSync(join(home, 'corrupt', '12345678-bad.json.reason'), 'it is not JSON\n')
    const { code, stdout } = await world.cli(['explain', 'bad'])
    assert.is(code, 0)
    assert.match(stdout, 'bad is corrupt:\n  it was set aside: it is not JSON')
    const { path } = await world.queue.enqueue({ id: 'a', command: 'true' }).then(async () => {
      const [first] = await world.queue.list({ states: ['pending'] })
      return { path: first?.path ?? '' }
    })
    renameSync(path, join(home, 'hold', basename(path)))
    writeFileSync(join(home, 'hold', basename(path)), '{')
    assert.equal(await reasons(world, 'a'), ['unreadable'])
    assert.is((await world.cli(['explain', 'nowhere'])).code, 4)
  }),
)

test(
  'a retry that no back-off explains is due now, as for the workers: the clock was set back',
  inWorld(async (world) => {
    await add(world, 'false', { id: 'a', backoff_base: 1000 })
    const worker = await world.startWorker()
    await settles(world.queue, 'a', 'failed')
    worker.kill()
    await worker.ended
    const [fileName = ''] = readdirSync(join(world.home, 'failed'))
    renameSync(join(world.home, 'failed', fileName), join(world.home, 'failed', fileName.replace(/-\d{4}/, '-2099')))
    const [due] = (await world.queue.explain('a')).reasons
    assert.ok(due?.why === 'due' && Date.parse(due.at) <= Date.now(), JSON.stringify(due))
  }),
)

test('the wait is what the jobs before take, spread over the slots', () => {
  assert.is(waitBefore(0, [], 1, 1000), 0)
  assert.is(waitBefore(0, [400], 1, 1000), 600)
  assert.is(waitBefore(2, [], 1, 1000), 2000)
  assert.is(waitBefore(2, [], 2, 1000), 1000)
  assert.is(waitBefore(1, [400, 100], 2, 1000), 900)
  assert.is(waitBefore(0, [3000], 1, 1000), 3000)
  assert.is(waitBefore(1_000_000, [], 2, 1000), 500_000_000)
})

test(
  'next lists what runs next, in order, and says when nothing is pending',
  inWorld(async (world) => {
    for (const [id, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
    ] as const)
      await add(world, 'true', { id, priority })
    const ids = async (...args: string[]): Promise<string[]> =>
      (JSON.parse((await world.cli(['next', ...args, '--json'])).stdout) as { id: string }[]).map(({ id }) => id)
    assert.equal(await ids(), ['b'])
    assert.equal(await ids('2'), ['b', 'a'])
    await world.cli(['cancel', '--all'])
    await add(world, 'true', { id: 'd', run_at: LATER })
    const { code, stderr } = await world.cli(['next'])
    assert.is(code, 0)
    assert.match(stderr, /no job is pending; d is due in/)
  }),
)

test(
  'ps shows each slot, with CPU and memory of the whole tree of what it runs',
  inWorld(async (world) => {
    const { info } = await world.startWorker({ count: 2 })
    // The one that works is a child's child, in a session of its own.
    const work = 'while [ ! -e a.go ]; do :; done'
    await add(world, `setsid sh -c '${work}' & echo up >a.up; wait`, { id: 'a' })
    const busy = await until(
      async () => {
        const { stdout } = await world.cli(['ps', '--json'])
        const slots = JSON.parse(stdout) as SlotInfo[]
        return (slots.find(({ job }) => job)?.job?.cpu_percent ?? 0) > 10 && slots
      },
      SOON_MS,
      'the loop is seen to be busy',
    )
    assert.equal(
      busy.map(({ worker, slot, job }) => [worker, slot, job?.id]),
      [
        [info.name, 1, 'a'],
        [info.name, 2, undefined],
      ],
    )
    const job = busy[0]?.job
    assert.ok((job?.pids.length ?? 0) >= 3, `${job?.pids.join()}`)
    assert.ok((job?.memory_bytes ?? 0) > 100_000)
    assert.match((await world.cli(['ps'])).stdout, /^WORKER +SLOT +ID .*\n.* 1 +a +1 +\d+ +\d+%/)
    letGo(world, 'a')
    await settles(world.queue, 'a')
  }),
)

test(
  'ps counts no CPU time of what the same slot ran before',
  inWorld(async (world) => {
    await world.startWorker()
    await add(world, 'i=0; while [ $i -lt 500000 ]; do i=$((i + 1)); done', { id: 'a' })
    await settles(world.queue, 'a')
    await add(world, untilLetGo('b'), { id: 'b' })
    await isUp(world, 'b')
    const [slot] = await world.queue.slots()
    assert.ok((slot?.job?.cpu_ms ?? 1000) < 150, `${slot?.job?.cpu_ms} ms`)
    letGo(world, 'b')
    await settles(world.queue, 'b')
  }),
)

test(
  'ps without a worker says so',
  inWorld(async ({ cli }) => {
    const { code, stdout, stderr } = await cli(['ps'])
    assert.equal([code, stdout], [0, ''])
    assert.match(stderr, 'no worker is running')
  }),
)

test.run()
