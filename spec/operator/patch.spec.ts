import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import { others } from '../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, letGo, runAll, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { racer } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('patching a job')

test(
  'members are changed in the file and in its name, and the job stays where it is',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a', tags: ['x'], timeout: 5, ...others({ note: 'kept' }) })
    assert.is(await world.queue.change('a', { priority: 4, queue: 'mail', tags: null, timeout: 9 }), true)
    const path = await fileOf(world.queue, 'a')
    assert.match(path, /\/pending\/0996-.*-a@mail\.json$/)
    const job = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    assert.equal([job.priority, job.queue, job.tags, job.timeout, job.note], [4, 'mail', undefined, 9, 'kept'])
    assertHomeIntact(world.home)
  }),
)

test(
  'a job that is to run at another time waits for it, or no longer',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await world.queue.change('a', { run_at: '2999-01-01' })
    assert.is((await world.queue.get('a')).state, 'scheduled')
    await world.queue.change('a', { run_at: null })
    assert.is((await world.queue.get('a')).state, 'pending')
    assertHomeIntact(world.home)
  }),
)

test(
  'a held, failed or dead job is changed where it lies',
  inWorld(async (world) => {
    await add(world, 'exit 1', { id: 'dead', max_retries: 1 })
    await runAll(world)
    await add(world, 'true', { id: 'held' })
    await world.queue.hold('held')
    for (const id of ['held', 'dead']) {
      assert.is(await world.queue.change(id, { command: 'echo' }), true)
      const job = await world.queue.get(id)
      assert.equal([job.state, job.command], [id, 'echo'])
    }
    assert.is((await world.queue.get('dead')).history.length, 1)
    assertHomeIntact(world.home)
  }),
)

test(
  'what is no job is refused, and one that is not meant is left as it is',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const before = readFileSync(await fileOf(world.queue, 'a'), 'utf8')
    for (const members of [{ command: null }, { priority: 'x' }, { id: 'b' }, { tags: 'x' }])
      assert.is((await queueErrorOf(() => world.queue.change('a', members))).code, 'INVALID_JOB')
    assert.is(await world.queue.change('a', { priority: 1 }, () => false), false)
    assert.is(readFileSync(await fileOf(world.queue, 'a'), 'utf8'), before)
    assert.is((await queueErrorOf(() => world.queue.change('nobody', {}))).code, 'NOT_FOUND')
    assertHomeIntact(world.home)
  }),
)

test(
  'a job that runs is not changed',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    assert.is((await queueErrorOf(() => world.queue.change('a', { priority: 1 }))).code, 'WRONG_STATE')
    letGo(world, 'a')
    await settles(world.queue, 'a')
    worker.kill()
    await worker.ended
  }),
)

test(
  'a change and a claim of the same job both happen, one after the other',
  inWorld(async (world) => {
    for (let n = 0; n < 5; n++) await add(world, 'true', { id: `j${n}` })
    const worker = await racer(world.home, 'claimAndPutBack', 60)
    const claims = worker.go()
    let changed = 0
    for (let n = 1; n <= 100; n++) {
      try {
        if (await world.queue.change(`j${n % 5}`, { timeout: n })) changed++
      } catch (error) {
        // It ran at that moment.
        assert.is((error as { code?: string }).code, 'WRONG_STATE')
      }
    }
    assert.ok((await claims) > 0)
    assert.ok(changed > 50, `${changed} changed`)
    await worker.end()
    await until(async () => (await world.queue.count()).pending === 5, 5000, 'all are there')
    assertHomeIntact(world.home)
  }),
)

test.run()
