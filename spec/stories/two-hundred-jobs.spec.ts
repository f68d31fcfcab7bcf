import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf, SOON_MS } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('two hundred jobs over four slots in three processes')

const IDS = Array.from({ length: 200 }, (_, n) => `job${n}`)
const ALL_MS = 40_000

const enqueue = (world: World, more = ''): Promise<unknown> =>
  world.queue.enqueueAll(
    IDS.map((id) => ({
      id,
      cwd: world.dir,
      command: `echo "$QUEUECTL_JOB_ID" >>ran; ${more} echo "$QUEUECTL_JOB_ID" >>finished`,
    })),
  )

const startAll = (world: World) => Promise.all([2, 1, 1].map((count) => world.startWorker({ count })))

const allSettled = (world: World): Promise<unknown> =>
  until(
    async () => (await world.queue.count()).completed === IDS.length,
    ALL_MS,
    async () => JSON.stringify(await world.queue.count()),
  )

test(
  'each runs exactly once',
  inWorld(async (world) => {
    await enqueue(world)
    const workers = await startAll(world)
    await allSettled(world)
    assert.equal(linesOf(join(world.dir, 'ran')).toSorted(), IDS.toSorted())
    for (const worker of workers) worker.kill()
    for (const worker of workers) assert.is((await worker.ended).code, 0)
    assert.is(assertHomeIntact(world.home).size, IDS.length)
    assert.equal(readdirSync(join(world.home, 'run')), [])
  }),
)

test(
  'with kill -9 of one process in the middle each still runs exactly once',
  inWorld(async (world) => {
    await enqueue(world, 'sleep 0.02;')
    const [victim, ...others] = await startAll(world)
    await until(() => linesOf(join(world.dir, 'ran')).length > 60, SOON_MS, 'a third has run')
    victim?.kill('SIGKILL')
    await victim?.ended
    await until(
      () => !readdirSync(join(world.home, 'processing')).includes(victim?.info.name ?? ''),
      1000,
      'its jobs are taken up',
    )
    await allSettled(world)
    assert.equal(linesOf(join(world.dir, 'ran')).toSorted(), IDS.toSorted())
    assert.equal(linesOf(join(world.dir, 'finished')).toSorted(), IDS.toSorted())
    for (const worker of others) worker.kill()
    for (const worker of others) assert.is((await worker.ended).code, 0)
    assertHomeIntact(world.home)
  }),
)

test(
  'with kill -9 of every process, again and again, each is completed and none is run twice',
  inWorld(async (world) => {
    await enqueue(world, 'sleep 0.02;')
    for (let round = 1; round <= 4; round++) {
      const workers = await startAll(world)
      await until(() => linesOf(join(world.dir, 'ran')).length >= round * 30, SOON_MS, 'some more have run')
      for (const worker of workers) worker.kill('SIGKILL')
      await Promise.all(workers.map(({ ended }) => ended))
    }
    const workers = await startAll(world)
    await allSettled(world)
    assert.equal(linesOf(join(world.dir, 'ran')).toSorted(), IDS.toSorted())
    for (const worker of workers) worker.kill()
    await Promise.all(workers.map(({ ended }) => ended))
    assertHomeIntact(world.home)
  }),
)

test.run()
