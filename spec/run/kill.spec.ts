/** Waits of ten seconds, the grace between TERM and KILL: all in one world, at the same time. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isAlive, linesOf, program, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { Job } from '../../lib/job/job.ts'

const test = suite('killing what ignores TERM')

const GRACE_AND_MORE = 20_000
const stubborn = program('stubborn.sh')

interface Seen {
  readonly handedOn: Job
  readonly timedOut: Job
  readonly background: Job
  readonly again: Job
  readonly cancelled: Job
  readonly left: readonly string[]
}

async function look(world: World): Promise<Seen> {
  const more = { timeout: 0.3, max_retries: 1 }
  await add(world, ['sh', stubborn, 'timed-out.pid'], { ...more, id: 'timed-out' })
  await add(world, `sh ${stubborn} background.pid & exec sleep 60`, { ...more, id: 'background' })
  await add(
    world,
    `[ "$QUEUECTL_RUN" = 2 ] || { setsid sh ${stubborn} again.pid & while [ ! -s again.pid ]; do sleep 0.02; done; exit 1; }`,
    {
      id: 'again',
      backoff_base: 1,
    },
  )
  await add(world, ['sh', stubborn, 'cancelled.pid'], { id: 'cancelled' })
  await add(world, ['sh', stubborn, 'handed-on.pid'], { ...more, id: 'handed-on', priority: 1 })
  const victim = await world.startWorker()
  await until(() => readdirSync(join(world.home, 'run')).includes('handed-on.1.note'), SOON_MS, 'its time is up')
  victim.kill('SIGKILL')
  await victim.ended
  const worker = await world.startWorker({ count: 5 })
  await until(() => linesOf(join(world.dir, 'cancelled.pid'))[0], SOON_MS, 'the job to be cancelled is up')
  const cancelling = world.queue.cancel('cancelled', 'no more of it', { waitMs: GRACE_AND_MORE })
  const timedOut = await settles(world.queue, 'timed-out', 'dead', GRACE_AND_MORE)
  const background = await settles(world.queue, 'background', 'dead', GRACE_AND_MORE)
  const handedOn = await settles(world.queue, 'handed-on', 'dead', GRACE_AND_MORE)
  const again = await settles(world.queue, 'again', 'completed', GRACE_AND_MORE)
  const cancelled = await cancelling
  const left = ['timed-out', 'background', 'again', 'cancelled', 'handed-on'].filter((name) =>
    isAlive(Number(linesOf(join(world.dir, `${name}.pid`))[0])),
  )
  worker.kill()
  assert.is((await worker.ended).code, 0)
  assertHomeIntact(world.home)
  return { handedOn, timedOut, background, again, cancelled, left }
}

/** One look for all tests, at the first of them. */
let seen: Promise<Seen> | undefined
const sees = (fact: (seen: Seen) => void) => inWorld(async (world) => fact(await (seen ??= look(world))))

test(
  'a command that has timed out is killed after the grace',
  sees(({ timedOut }) => {
    assert.is(timedOut.timed_out, true)
    assert.ok((timedOut.duration_ms ?? 0) >= 10_000, `${timedOut.duration_ms} ms`)
  }),
)

test(
  'a process in the background of one that has timed out is killed after the grace',
  sees(({ background, left }) => {
    assert.is(background.timed_out, true)
    assert.not.ok(left.includes('background'))
  }),
)

test(
  'a stray is killed after the grace and only then the job runs again',
  sees(({ again, left }) => {
    assert.is(again.runs, 2)
    const [first, second] = again.history
    assert.ok(Date.parse(second?.started_at ?? '') - Date.parse(first?.finished_at ?? '') > 10_000)
    assert.not.ok(left.includes('again'))
  }),
)

test(
  'a cancelled command is killed after the grace',
  sees(({ cancelled }) => {
    assert.equal([cancelled.state, cancelled.cancelled?.reason], ['dead', 'no more of it'])
  }),
)

test(
  'a worker killed while it ends a run: the next one ends it, for the same reason',
  sees(({ handedOn }) => {
    assert.equal([handedOn.timed_out, handedOn.attempts, handedOn.interruptions, handedOn.runs], [true, 1, 0, 1])
  }),
)

test(
  'nothing of it is left',
  sees(({ left }) => assert.equal(left, [])),
)

test.run()
