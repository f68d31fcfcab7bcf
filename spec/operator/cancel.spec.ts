import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  eventsOf,
  isAlive,
  isUp,
  linesOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { monotonicMs } from '../../lib/clock.ts'
import type { Job } from '../../lib/job/job.ts'
import type { QueueError } from '../../lib/errors.ts'

const test = suite('cancelling a running job')

function isCancelled(world: World, job: Job, reason: string): void {
  assert.equal([job.state, job.cancelled?.reason], ['dead', reason])
  assert.ok(Math.abs(Date.now() - Date.parse(job.cancelled?.at ?? '')) < 60_000)
  assert.equal(
    eventsOf(world.home)
      .filter(({ event }) => event === 'cancelled')
      .map((event) => event.job),
    [job.id],
  )
  assert.equal(
    eventsOf(world.home).filter(({ event }) => event === 'dlq'),
    [],
  )
  assert.is(assertHomeIntact(world.home).get(job.id), 'dead')
}

test(
  'a pending job is dead, with the reason, and does not run',
  inWorld(async (world) => {
    const { id } = await add(world, 'echo ran >>ran')
    const job = await world.queue.cancel(id, 'no need')
    await runAll(world)
    isCancelled(world, job, 'no need')
    assert.equal(linesOf(join(world.dir, 'ran')), [])
  }),
)

test(
  'a scheduled job is dead',
  inWorld(async (world) => {
    const { id } = await add(world, 'true', { run_at: new Date(Date.now() + 60_000).toISOString() })
    isCancelled(world, await world.queue.cancel(id, 'no need'), 'no need')
  }),
)

test(
  'a failed job is dead and not tried again',
  inWorld(async (world) => {
    const { id } = await add(world, 'exit 1', { backoff_base: 100 })
    const worker = await world.startWorker()
    await settles(world.queue, id, 'failed')
    const job = await world.queue.cancel(id, 'no need')
    worker.kill()
    await worker.ended
    isCancelled(world, job, 'no need')
    assert.equal([job.attempts, job.runs], [1, 1])
  }),
)

test(
  'a running job that obeys has ended and is dead within a second',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    const { id } = await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    const begun = monotonicMs()
    const job = await world.queue.cancel(id, 'no need')
    const took = monotonicMs() - begun
    assert.ok(took < 1000, `${took} ms`)
    assert.not.ok(isAlive(pid))
    worker.kill()
    await worker.ended
    isCancelled(world, job, 'no need')
    assert.equal([job.attempts, job.history[0]?.outcome], [0, 'cancelled'])
  }),
)

test(
  'a job cancelled in the moment of its start is ended as fast',
  inWorld(async (world) => {
    await world.startWorker({ count: 4 })
    for (let round = 0; round < 12; round++) {
      const { id } = await add(world, 'exec sleep 60')
      await until(async () => (await world.queue.get(id)).runs === 1, SOON_MS, 'its start is stamped')
      const begun = monotonicMs()
      assert.is((await world.queue.cancel(id)).state, 'dead')
      assert.ok(monotonicMs() - begun < 4000, `${monotonicMs() - begun} ms`)
    }
  }),
)

test(
  'a running job whose worker is dead is ended by the cancelling command',
  inWorld(async (world) => {
    const { id } = await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    worker.kill('SIGKILL')
    await worker.ended
    const job = await world.queue.cancel(id, 'no need')
    assert.not.ok(isAlive(pid))
    isCancelled(world, job, 'no need')
  }),
)

test(
  'a job that obeys has ended 200 ms after it was cancelled, and its whole tree with it',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    const times: number[] = []
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      await add(world, `sleep 60 & setsid sleep 60 & echo $! >${id}.child; ${untilLetGo(id)}`, { id })
      const pid = await isUp(world, id)
      const child = Number(linesOf(join(world.dir, `${id}.child`))[0])
      const begun = monotonicMs()
      const cancelling = world.queue.cancel(id, 'no need')
      await until(() => !isAlive(pid) && !isAlive(child), SOON_MS, 'it has ended')
      times.push(monotonicMs() - begun)
      assert.is((await cancelling).state, 'dead')
    }
    // The middle one: this machine does other things as well.
    assert.ok((times.toSorted((a, b) => a - b)[2] ?? 0) < 200, times.join(' '))
    worker.kill()
    await worker.ended
  }),
)

test(
  'of two who cancel a running job at once the first reason holds, for both',
  inWorld(async (world) => {
    const { id } = await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    await isUp(world, 'a')
    const [one, two] = await Promise.all([world.queue.cancel(id, 'one'), world.queue.cancel(id, 'two')])
    assert.is(one.cancelled?.reason, 'one')
    assert.is(two.cancelled?.reason, 'one')
    worker.kill()
    await worker.ended
    isCancelled(world, one, 'one')
  }),
)

test(
  'of two commands that cancel a pending job at once, one reports that it is dead',
  inWorld(async (world) => {
    const { id } = await add(world, 'true')
    const results = await Promise.allSettled([world.queue.cancel(id, 'one'), world.queue.cancel(id, 'two')])
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as QueueError] : []))
    assert.equal(
      refused.map(({ code }) => code),
      ['WRONG_STATE'],
    )
    isCancelled(world, await world.queue.get(id), (await world.queue.get(id)).cancelled?.reason ?? '')
  }),
)

test(
  'a cancelled job that is sent back runs as if it had never been cancelled',
  inWorld(async (world) => {
    const { id } = await add(world, 'true')
    await world.queue.cancel(id)
    await world.queue.retry(id)
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.cancelled], ['completed', undefined])
  }),
)

test.run()
