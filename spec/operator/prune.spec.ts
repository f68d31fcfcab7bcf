/** Removing finished jobs: which ones, and that a job is whole or gone whatever happens meanwhile. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runAll } from '../../fixtures/jobs.ts'
import { DAY_MS, putFinished, idsWithOutput } from '../../fixtures/seed-home.ts'
import { aName } from '../../fixtures/job.ts'
import { race, racer } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { QueueError } from '../../lib/errors.ts'
import { jobFiles } from '../../lib/spool/scan.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { joinOperators, PURGE_MARKS } from '../../lib/spool/holders.ts'
import { startPurge } from '../../lib/operator/purge.ts'

const test = suite('pruning finished jobs')

/** Completed jobs, a second apart, the newest now; the path of each file. */
const some = (world: World, n: number): string[] =>
  Array.from({ length: n }, (_, i) => putFinished(world.home, { id: `job${i}`, at: Date.now() - (n - i) * 1000 }))

const left = async ({ queue }: World): Promise<string[]> => (await queue.list()).map(({ id }) => id).toSorted()

test(
  'a pruned job is gone with its output, its traces and its mark',
  inWorld(async (world) => {
    some(world, 1)
    writeFileSync(join(world.home, 'run', 'job0.1.mark'), '7 (sh) S boot=another ns=1 fifo=1\n')
    await world.queue.prune({ keep: 0 })
    assert.equal([...assertHomeIntact(world.home)], [])
    for (const place of ['logs', 'run', 'processing', 'tmp']) assert.equal(readdirSync(join(world.home, place)), [])
  }),
)

test(
  'the job of another id with the same beginning keeps its traces',
  inWorld(async (world) => {
    some(world, 1)
    writeFileSync(join(world.home, 'run', 'job0.x.1.mark'), '0\n')
    await world.queue.prune({ keep: 0 })
    assert.equal(readdirSync(join(world.home, 'run')), ['job0.x.1.mark'])
  }),
)

test(
  'the id of a pruned job is free again, and its runs start at 1',
  inWorld(async (world) => {
    some(world, 1)
    await world.queue.prune({ keep: 0 })
    await world.queue.enqueue({ id: 'job0', command: 'true' })
    await runAll(world)
    assert.is((await world.queue.get('job0')).runs, 1)
    assert.equal(readdirSync(join(world.home, 'corrupt')), [])
  }),
)

test(
  'while a job is being removed its id is taken',
  inWorld(async (world) => {
    const [path = ''] = some(world, 1)
    const home = openHome(world.home)
    const place = await startPurge(home, 'done')
    // A person's mv between the take and the removal: what a file in the way stands for.
    const holder = readdirSync(home.processing).find((name) => name.startsWith('operator-')) ?? ''
    renameSync(path, join(home.processing, holder, 'done', basename(path)))
    await world.queue.enqueue({ id: 'job0', command: 'true' }).then(
      () => assert.unreachable(),
      (error: QueueError) => assert.is(error.code, 'DUPLICATE_JOB'),
    )
    renameSync(join(home.processing, holder, 'done', basename(path)), path)
    place.close()
  }),
)

test(
  'a job that has moved on is left whole',
  inWorld(async (world) => {
    const [path = ''] = some(world, 1)
    const home = openHome(world.home)
    const place = await startPurge(home, 'done')
    renameSync(path, join(home.pending, basename(path)))
    assert.is(place.purge({ path, fileName: basename(path), name: aName({ id: 'job0' }) }), 'gone')
    place.close()
    assert.equal([...assertHomeIntact(world.home)], [['job0', 'pending']])
    assert.equal(idsWithOutput(world.home), ['job0'])
  }),
)

test(
  'a file that cannot be parsed is not pruned',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'done', '2020-01-01'), { recursive: true })
    const path = join(world.home, 'done', '2020-01-01', 'mine.json')
    writeFileSync(path, '{"command":"true"}')
    assert.equal(await world.queue.prune({ keep: 0 }), [])
    assert.ok(existsSync(path))
  }),
)

test(
  'a dropped file that is purged takes no output of another job with it',
  inWorld(async (world) => {
    some(world, 1)
    writeFileSync(join(world.home, 'dead', 'job0.json'), '{"command":"true"}')
    const home = openHome(world.home)
    const place = await startPurge(home, 'dead')
    const [seen] = [...jobFiles(home, ['dead'])]
    assert.is(seen && place.purge(seen), 'purged')
    place.close()
    assert.equal([...assertHomeIntact(world.home)], [['job0', 'completed']])
    assert.equal(idsWithOutput(world.home), ['job0'])
  }),
)

test(
  'a day on which nothing is left goes, and a recent one stays',
  inWorld(async (world) => {
    putFinished(world.home, { id: 'old', at: Date.now() - 40 * DAY_MS })
    putFinished(world.home, { id: 'new', at: Date.now() })
    await world.queue.prune({ keep: 0 })
    assert.is(readdirSync(join(world.home, 'done')).length, 1)
  }),
)

test(
  'room is that of record and output',
  inWorld(async (world) => {
    putFinished(world.home, { id: 'old', at: Date.now() - 3000, output: 100 })
    putFinished(world.home, { id: 'large', at: Date.now() - 2000, output: 100_000 })
    putFinished(world.home, { id: 'new', at: Date.now() - 1000, output: 100 })
    await world.queue.prune({ maxBytes: 50_000 })
    assert.equal(await left(world), ['new'])
  }),
)

test(
  'of four hundred jobs that are pruned and moved by hand at once, each is whole or gone',
  inWorld(async (world) => {
    const files = some(world, 400).map((path) => basename(path))
    const purging = await racer(world.home, 'purgeDone', null)
    const moving = await racer(world.home, 'moveBack', files.toReversed())
    const [purged, moved] = await Promise.all([purging.go(), moving.go()])
    await Promise.all([purging.end(), moving.end()])
    assert.is(purged.length + moved.length, 400)
    assert.ok(purged.length > 0 && moved.length > 0, `${purged.length} purged, ${moved.length} moved`)
    const whole = [...assertHomeIntact(world.home).keys()].toSorted()
    assert.is(whole.length, moved.length)
    assert.equal(idsWithOutput(world.home), whole)
  }),
)

test(
  'of four who prune the same jobs each is pruned by one',
  inWorld(async (world) => {
    some(world, 200)
    const told = await race(world.home, 'purgeDone', [null, null, null, null])
    assert.is(told.flat().length, 200)
    assert.is(new Set(told.flat()).size, 200)
    assert.equal(readdirSync(join(world.home, 'logs')), [])
  }),
)

test(
  'after prune is killed in the middle, every job is whole or gone once a worker has looked',
  inWorld(async (world) => {
    some(world, 150)
    const one = await racer(world.home, 'purgeDone', null)
    void one.go().catch(() => {})
    await until(() => readdirSync(join(world.home, 'logs')).length <= 90, 5000, 'sixty are gone')
    await one.end()
    await runAll(world)
    const whole = [...assertHomeIntact(world.home).keys()].toSorted()
    assert.equal(idsWithOutput(world.home), whole)
    assert.equal(readdirSync(join(world.home, 'processing')), [])
  }),
)

/** What a killed prune leaves: its directory in `processing/`, with the job's file still in it or already removed. */
function killed(world: World, path: string, isRemoved: boolean): void {
  const home = openHome(world.home)
  const holder = joinOperators(home, 'done')
  mkdirSync(join(holder.dir, PURGE_MARKS))
  writeFileSync(join(holder.dir, PURGE_MARKS, basename(path)), '')
  renameSync(path, isRemoved ? join(world.dir, 'gone') : join(holder.dir, 'done', basename(path)))
  writeFileSync(join(holder.dir, 'worker.json'), JSON.stringify({ ...holder.card, pid: 2 ** 22, start: '1' }))
}

test(
  'a job whose removal was not begun when prune was killed is back where it was, on its day',
  inWorld(async (world) => {
    const path = putFinished(world.home, { id: 'job0', at: Date.now() - 5 * DAY_MS })
    killed(world, path, false)
    await runAll(world)
    assert.equal([...assertHomeIntact(world.home)], [['job0', 'completed']])
    assert.ok(existsSync(path))
    assert.equal(idsWithOutput(world.home), ['job0'])
  }),
)

test(
  'a job whose file was removed when prune was killed loses its output too',
  inWorld(async (world) => {
    const [path = ''] = some(world, 1)
    killed(world, path, true)
    await runAll(world)
    assert.equal([...assertHomeIntact(world.home)], [])
    assert.equal(idsWithOutput(world.home), [])
    assert.equal(readdirSync(join(world.home, 'processing')), [])
  }),
)

test(
  'a new job that took the id of a half-removed one keeps its output',
  inWorld(async (world) => {
    const [path = ''] = some(world, 1)
    killed(world, path, true)
    await world.queue.enqueue({ id: 'job0', command: 'true' })
    await runAll(world)
    assert.equal([...assertHomeIntact(world.home)], [['job0', 'completed']])
    assert.ok(readdirSync(join(world.home, 'logs', 'job0')).includes('2.out'))
  }),
)

test.run()
