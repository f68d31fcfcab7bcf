/** What `worker start --max-load` and the like hold a worker to. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import type { WorkerLimits } from '../../lib/spool/holders.ts'
import { Limits, whyHeldBack } from '../../lib/worker/limits.ts'

const test = suite('limits of a worker')

const GIB = 2 ** 30
/** More than any machine has. */
const TOO_MUCH = String(1024 * 1024 * GIB)

for (const [what, limits, why] of [
  ['no limit', {}, undefined],
  ['a load that is not over the limit', { max_load: 4 }, undefined],
  ['a load over the limit', { max_load: 3.9 }, 'the load of the machine is over 3.9'],
  ['as much memory as must be free', { min_free_mem: 2 * GIB }, undefined],
  ['less memory than must be free', { min_free_mem: 3 * GIB }, 'less than 3072 MiB of memory is free'],
] as const)
  test(`${what}: ${why ?? 'it claims'}`, () => {
    assert.is(whyHeldBack(limits, { load: 4, freeMemory: 2 * GIB }), why)
  })

function limitsAt(limits: WorkerLimits): {
  limits: Limits
  at: { ms: number; load: number }
  said: (string | undefined)[]
} {
  const at = { ms: 0, load: 0 }
  const said: (string | undefined)[] = []
  return {
    limits: new Limits(limits, {
      now: () => at.ms,
      measure: () => ({ load: at.load, freeMemory: GIB }),
      log: (line) => said.push(line),
      note: (why) => said.push(why),
    }),
    at,
    said,
  }
}

test('the machine is asked once a second, and a round is wanted then while it holds the worker back', () => {
  const { limits, at, said } = limitsAt({ max_load: 2 })
  assert.ok(limits.mayClaim(() => 0))
  assert.is(limits.next, Number.POSITIVE_INFINITY)
  at.load = 3
  assert.ok(
    limits.mayClaim(() => 0),
    'not asked yet',
  )
  at.ms = 1000
  assert.not(limits.mayClaim(() => 0))
  assert.is(limits.next, 2000)
  at.load = 1
  at.ms = 2000
  assert.ok(limits.mayClaim(() => 0))
  const over = 'the load of the machine is over 2'
  assert.equal(said, [
    undefined,
    `not claiming jobs: ${over} (load 3.00, 1024 MiB free)`,
    over,
    'claiming jobs again (load 1.00, 1024 MiB free)',
    undefined,
  ])
})

test('idle is counted from the last round in which there was something to do', () => {
  const { limits, at } = limitsAt({ idle_exit: 60 })
  assert.not(limits.isIdleTooLong(true))
  assert.is(limits.next, 60_000)
  at.ms = 59_999
  assert.not(limits.isIdleTooLong(true))
  assert.not(limits.isIdleTooLong(false))
  assert.is(limits.next, Number.POSITIVE_INFINITY)
  at.ms = 70_000
  assert.not(limits.isIdleTooLong(true))
  at.ms = 130_000
  assert.ok(limits.isIdleTooLong(true))
})

test(
  'with --max-jobs a worker of several slots runs so many, and ends',
  inWorld(async (world) => {
    for (let i = 0; i < 5; i++) await add(world, i % 2 === 0 ? 'true' : ['sleep', '0.1'])
    const worker = await world.startWorker({ count: 2, args: ['--max-jobs', '3'] })
    assert.is((await worker.ended).code, 0)
    const { completed, pending } = await world.queue.count()
    assert.equal([completed, pending], [3, 2])
  }),
)

test(
  'with --idle-exit a worker ends when nothing is left to run, though a job waits for its time',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'later', run_at: '2099-01-01T00:00:00Z' })
    const worker = await world.startWorker({ args: ['--idle-exit', '0.2'] })
    assert.is((await worker.ended).code, 0)
    assert.is((await world.queue.get('a')).state, 'completed')
  }),
)

test(
  'a worker that is held back says so in status, worker list and explain, and again after a restart',
  inWorld(async (world) => {
    const why = 'less than 1073741824 MiB of memory is free'
    await add(world, 'true', { id: 'a' })
    const started = await world.cli(['worker', 'start', '--min-free-mem', TOO_MUCH])
    assert.is(started.code, 0, started.stderr)
    const isHeldBack = (): Promise<unknown> =>
      until(async () => (await world.queue.workers())[0]?.held_back === why, SOON_MS, 'it is held back')
    await isHeldBack()
    assert.match((await world.cli(['status'])).stdout, 'Held back: 1 worker')
    assert.match((await world.cli(['worker', 'list'])).stdout, `healthy, held back: ${why}`)
    assert.match((await world.cli(['explain', 'a'])).stdout, `starts no job now: ${why}`)
    assert.is((await world.cli(['worker', 'restart'])).code, 0)
    await isHeldBack()
    assert.is((await world.queue.get('a')).state, 'pending')
    assert.is((await world.cli(['worker', 'stop'])).code, 0)
    await world.cli(['worker', 'start', '--foreground', '--burst', '--min-free-mem', '1'])
    await settles(world.queue, 'a')
  }),
)

test.run()
