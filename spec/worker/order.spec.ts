import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  cpuOf,
  isUp,
  letGo,
  linesOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { reachBeside } from '../../lib/worker/work-list.ts'

const test = suite('order of claims')

const ran = (world: World): string[] => linesOf(join(world.dir, 'order'))
const sayName = 'echo "$QUEUECTL_JOB_ID" >>order'

test(
  'higher priorities run first, and equal ones in the order they were enqueued',
  inWorld(async (world) => {
    const jobs = [0, -5, 10, 0, 999, 10, -999, 0].map((priority, n) => ({ id: `p${priority}-${n}`, priority }))
    for (const { id, priority } of jobs) await add(world, sayName, { id, priority })
    await runAll(world)
    assert.equal(ran(world), ['p999-4', 'p10-2', 'p10-5', 'p0-0', 'p0-3', 'p0-7', 'p-5-1', 'p-999-6'])
    assertHomeIntact(world.home)
  }),
)

test('a worker alone takes the oldest job, and beside others one of 32 for each of them, of 512 at most', () => {
  assert.equal([0, 1, 2, 16, 1000].map(reachBeside), [1, 32, 64, 512, 512])
})

test(
  'a batch runs in its order',
  inWorld(async (world) => {
    const ids = Array.from({ length: 50 }, (_, n) => `job${n}`)
    await world.queue.enqueueAll(ids.map((id) => ({ id, command: sayName, cwd: world.dir })))
    await runAll(world)
    assert.equal(ran(world), ids)
  }),
)

test(
  'a job of higher priority that comes while others wait is next',
  inWorld(async (world) => {
    await add(world, untilLetGo('first'), { id: 'first' })
    for (const id of ['low1', 'low2']) await add(world, sayName, { id })
    await world.startWorker()
    await isUp(world, 'first')
    await add(world, sayName, { id: 'high', priority: 1 })
    letGo(world, 'first')
    await settles(world.queue, 'low2')
    assert.equal(ran(world), ['high', 'low1', 'low2'])
  }),
)

test(
  'a job renamed to a higher rank in pending/ runs first',
  inWorld(async (world) => {
    for (const id of ['one', 'two']) await add(world, sayName, { id })
    const { path } = (await world.queue.list()).find(({ id }) => id === 'two') ?? { path: '' }
    renameSync(path, path.replace('/1000-', '/0001-'))
    await runAll(world)
    assert.equal(ran(world), ['two', 'one'])
    assert.is((await world.queue.get('two')).priority, 999)
  }),
)

test(
  'with more slots than jobs all run at once',
  inWorld(async (world) => {
    for (const id of ['a', 'b', 'c']) await add(world, untilLetGo(id), { id })
    const worker = await world.startWorker({ count: 8 })
    for (const id of ['a', 'b', 'c']) await isUp(world, id)
    const slots = (await world.queue.workers())[0]?.running.map(({ slot }) => slot).toSorted()
    assert.equal(slots, [1, 2, 3])
    for (const id of ['a', 'b', 'c']) letGo(world, id)
    worker.kill()
    assert.is((await worker.ended).code, 0)
  }),
)

test(
  'a worker runs no more jobs at once than it has slots',
  inWorld(async (world) => {
    const command =
      'mkdir "in-$QUEUECTL_SLOT" || echo taken >>wrong; ls -d in-* | wc -l >>together; sleep 0.03; rmdir "in-$QUEUECTL_SLOT"'
    await world.queue.enqueueAll(Array.from({ length: 30 }, () => ({ command, cwd: world.dir, max_retries: 1 })))
    await runAll(world, 3)
    assert.equal(linesOf(join(world.dir, 'wrong')), [])
    assert.ok(Math.max(...linesOf(join(world.dir, 'together')).map(Number)) <= 3)
    assert.is((await world.queue.count()).completed, 30)
  }),
)

test(
  'a job with run_at is not started before it and soon after, whatever the scan interval',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    await world.startWorker()
    const at = Date.now() + 1000
    const { id } = await add(world, 'true', { run_at: new Date(at).toISOString() })
    const job = await settles(world.queue, id)
    const late = Date.parse(job.started_at ?? '') - at
    assert.ok(late >= 0 && late < 500, `${late} ms late`)
  }),
)

test(
  'retries come after base^1 and base^2 seconds, and after max_retries attempts the job is dead',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    const { id } = await add(world, 'exit 1', { max_retries: 3, backoff_base: 1.4 })
    await world.startWorker()
    const { history, attempts } = await settles(world.queue, id, 'dead')
    assert.is(attempts, 3)
    const waits = history
      .slice(1)
      .map((run, n) => Date.parse(run.started_at ?? '') - Date.parse(history[n]?.finished_at ?? ''))
    for (const [n, wanted] of [1400, 1960].entries()) {
      const wait = waits[n] ?? 0
      assert.ok(wait >= wanted - 1 && wait < wanted + 500, `waits ${waits.join(', ')} ms`)
    }
    assertHomeIntact(world.home)
  }),
)

test(
  'max_retries 1 is one attempt',
  inWorld(async (world) => {
    const { id } = await add(world, 'exit 1', { max_retries: 1 })
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.attempts, job.runs], ['dead', 1, 1])
  }),
)

test(
  'a retry takes its turn by the time it was due: before what came later, behind what waited longer',
  inWorld(async (world) => {
    await add(world, '[ "$QUEUECTL_RUN" = 1 ] && exit 1; echo retry >>order', { id: 'retry', backoff_base: 1 })
    await world.startWorker()
    await settles(world.queue, 'retry', 'failed')
    const due = Date.parse((await world.queue.get('retry')).next_retry_at ?? '')
    await add(world, untilLetGo('long'), { id: 'long' })
    await isUp(world, 'long')
    await add(world, sayName, { id: 'earlier' })
    await until(() => Date.now() > due + 20, SOON_MS, 'the retry is due')
    await add(world, sayName, { id: 'later' })
    letGo(world, 'long')
    await settles(world.queue, 'later')
    assert.equal(ran(world), ['earlier', 'retry', 'later'])
  }),
)

test(
  'a job that keeps failing keeps no other from running',
  inWorld(async (world) => {
    await add(world, 'exit 1', { id: 'bad', max_retries: 1000, backoff_base: 1, priority: 999 })
    await world.startWorker()
    await settles(world.queue, 'bad', 'failed')
    for (let n = 0; n < 20; n++) await add(world, sayName, { id: `job${n}` })
    await settles(world.queue, 'job19')
    assert.is(ran(world).length, 20)
  }),
)

test(
  "a job's own max_backoff may be longer than the configured one",
  inWorld(async (world) => {
    configure(world, { max_backoff: 1, poll_interval: 0.1 })
    await add(world, 'exit 1', { id: 'slow', max_retries: 5, backoff_base: 500, max_backoff: 1000 })
    await world.startWorker()
    await settles(world.queue, 'slow', 'failed')
    await add(world, 'exit 1', { id: 'fast', max_retries: 2, backoff_base: 1 })
    await settles(world.queue, 'fast', 'dead')
    assert.is((await world.queue.get('slow')).runs, 1)
  }),
)

test(
  'an idle worker and one that waits for a job use no time of the processor',
  inWorld(async (world) => {
    const worker = await world.startWorker({ count: 2 })
    await add(world, untilLetGo('a'), { id: 'a' })
    await isUp(world, 'a')
    const before = cpuOf(worker.pid)
    const { id } = await add(world, 'true', { run_at: new Date(Date.now() + 2000).toISOString() })
    await settles(world.queue, id)
    assert.ok(cpuOf(worker.pid) - before < 500, `${cpuOf(worker.pid) - before} ms`)
    letGo(world, 'a')
    await settles(world.queue, 'a')
  }),
)

test.run()
