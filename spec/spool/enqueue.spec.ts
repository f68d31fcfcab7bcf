/** A new job on disk: its name, its content, its order; and that a failure leaves nothing. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import { others } from '../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import type { Job } from '../../lib/job/job.ts'
import { isMadeId, parseName } from '../../lib/job/file-name.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'

const test = suite('enqueueing a job')

const list = ({ home }: World, place: string): string[] => readdirSync(join(home, place)).toSorted()
const onDisk = (world: World, place: string): Job => {
  const [name = ''] = list(world, place)
  return JSON.parse(readFileSync(join(world.home, place, name), 'utf8')) as Job
}
const ids = (world: World, place: string): (string | undefined)[] =>
  list(world, place).map((name) => parseName(name)?.id)

test(
  'a job lies in pending/ under rank, time, id and queue',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'job1', priority: 10, queue: 'mail' })
    assert.match(list(world, 'pending').join(), /^0990-\d{8}T\d{6}\.\d{6}Z-job1@mail\.json$/)
  }),
)

test(
  'the default queue is left out of the name',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'job1', queue: 'default' })
    assert.match(list(world, 'pending').join(), /-job1\.json$/)
  }),
)

test(
  'the longest id on the longest queue has a name that fits, at every step',
  inWorld(async (world) => {
    const id = `${'i'.repeat(127)}1`
    await world.queue.enqueue({ command: 'true', id, queue: 'q'.repeat(64) })
    await world.queue.cancel(id)
    assert.is(assertHomeIntact(world.home).get(id), 'dead')
  }),
)

test(
  'a job file and its directories are for their owner alone',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'job1' })
    const mode = (...path: string[]): string => (statSync(join(world.home, ...path)).mode & 0o777).toString(8)
    assert.is(mode('pending', list(world, 'pending')[0] ?? ''), '600')
    assert.is(mode('logs', 'job1'), '700')
    assert.is(mode('pending'), '700')
  }),
)

test(
  'a job file is one JSON object with a member a line, and ends in a newline',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'echo "a\nb"' })
    const text = readFileSync(join(world.home, 'pending', list(world, 'pending')[0] ?? ''), 'utf8')
    assert.match(text, /^\{\n {2}"command": "echo \\"a\\nb\\"",\n {2}"id": /)
    assert.match(text, /\n {2}"history": \[\]\n\}\n$/)
  }),
)

test(
  'nothing is left in tmp/',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true' })
    await world.queue.enqueue({ command: 'true', id: 'job1' })
    await world.queue.enqueueAll([
      { command: 'true', id: 'job2' },
      { command: 'true' },
      { command: 'true', id: 'job2' },
    ])
    assert.equal(list(world, 'tmp'), [])
    assert.is(assertHomeIntact(world.home).size, 4)
  }),
)

test(
  'an id that is made is a ULID and reserves nothing',
  inWorld(async (world) => {
    const { id } = await world.queue.enqueue({ command: 'true' })
    assert.ok(isMadeId(id))
    assert.equal(list(world, 'logs'), [])
  }),
)

test(
  'a job that is not due yet lies in scheduled/ under the time it is due',
  inWorld(async (world) => {
    const job = await world.queue.enqueue({ command: 'true', id: 'job1', run_at: '2099-12-31T23:59:00+01:00' })
    assert.is(job.state, 'scheduled')
    assert.is(job.run_at, '2099-12-31T22:59:00.000Z')
    assert.equal(list(world, 'scheduled'), ['1000-20991231T225900.000000Z-job1.json'])
  }),
)

test(
  'a job whose time has passed lies in pending/, as new as any other',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'early' })
    await world.queue.enqueue({ command: 'true', id: 'job1', run_at: '2001-01-01' })
    assert.equal(ids(world, 'pending'), ['early', 'job1'])
  }),
)

for (const run_at of ['9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00+14:00'])
  test(
    `a run_at at the very edge of what is a date is refused or read back (${run_at})`,
    inWorld(async (world) => {
      const job = await world.queue.enqueue({ command: 'true', id: 'job1', run_at }).catch((error: unknown) => error)
      if (job instanceof QueueError) assert.is(job.code, 'INVALID_JOB')
      else assert.is((await world.queue.get('job1')).id, 'job1')
      assertHomeIntact(world.home)
    }),
  )

test(
  'what the configuration says of attempts and priority is written into the job',
  inWorld(async (world) => {
    await world.queue.setConfig('max_retries', 7)
    await world.queue.setConfig('default_priority', -5)
    await world.queue.enqueue({ command: 'true' })
    await world.queue.setConfig('max_retries', 1)
    assert.is(onDisk(world, 'pending').max_retries, 7)
    assert.is(onDisk(world, 'pending').priority, -5)
    assert.match(list(world, 'pending')[0] ?? '', /^1005-/)
  }),
)

test(
  'what the job says itself goes before the configuration, zero too',
  inWorld(async (world) => {
    await world.queue.setConfig('default_priority', -5)
    await world.queue.enqueue({ command: 'true', priority: 0, max_retries: 0 })
    assert.is(onDisk(world, 'pending').priority, 0)
    assert.is(onDisk(world, 'pending').max_retries, 0)
  }),
)

test(
  'the timeout is not written in: it counts what the configuration says when the job starts',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true' })
    assert.is(onDisk(world, 'pending').timeout, undefined)
  }),
)

test(
  'equal priorities stay in the order they came, within batches and across them',
  inWorld(async (world) => {
    const batch = (n: number): { command: string; id: string }[] =>
      Array.from({ length: 50 }, (_, m) => ({ command: 'true', id: `b${n}-${m}` }))
    await world.queue.enqueueAll(batch(1))
    await world.queue.enqueue({ command: 'true', id: 'between' })
    await world.queue.enqueueAll(batch(2))
    const wanted = [...batch(1).map(({ id }) => id), 'between', ...batch(2).map(({ id }) => id)]
    assert.equal(ids(world, 'pending'), wanted)
  }),
)

test(
  'a higher priority comes first, whatever came before',
  inWorld(async (world) => {
    for (const priority of [0, 999, -999, 1])
      await world.queue.enqueue({ command: 'true', id: `p${priority}`.replace('-', 'm'), priority })
    assert.equal(ids(world, 'pending'), ['p999', 'p1', 'p0', 'pm999'])
  }),
)

test(
  'a job keeps members that we do not know',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', ...others({ ticket: { n: [1] } }) })
    assert.equal((onDisk(world, 'pending') as { ticket?: unknown }).ticket, { n: [1] })
  }),
)

test(
  'members that only we write are dropped from what is enqueued',
  inWorld(async (world) => {
    const ours = { attempts: 9, runs: 9, history: [{}], state: 'dead', worker: 'me' }
    await world.queue.enqueue({ command: 'true', ...others(ours) })
    const { attempts, runs, history, state, worker } = onDisk(world, 'pending')
    assert.equal([attempts, runs, history, state, worker], [0, 0, [], 'pending', undefined])
  }),
)

test(
  'a batch reports a duplicate in its place and enqueues the others',
  inWorld(async (world) => {
    const results = await world.queue.enqueueAll([
      { command: 'true', id: 'a' },
      { command: 'true', id: 'a' },
      { command: 'true', id: 'b' },
    ])
    const told = results.map((one) => (one instanceof QueueError ? one.code : one.id))
    assert.equal(told, ['a', 'DUPLICATE_JOB', 'b'])
    assert.equal(ids(world, 'pending'), ['a', 'b'])
  }),
)

test(
  'a batch with one invalid request enqueues none of it',
  inWorld(async (world) => {
    const error = await queueErrorOf(() => world.queue.enqueueAll([{ command: 'true', id: 'a' }, { command: '' }]))
    assert.is(error.code, 'INVALID_JOB')
    assert.equal([list(world, 'pending'), list(world, 'tmp'), list(world, 'logs')], [[], [], []])
  }),
)

test(
  'a batch of nothing is nothing',
  inWorld(async (world) => {
    assert.equal(await world.queue.enqueueAll([]), [])
  }),
)

test.run()
