/** Cancelling a job in every state, and files that cannot be read. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { nowMs } from '../../lib/clock.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { claim, putBack } from '../../lib/spool/transitions.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'
import { jobIn, DIR_OF_STATE } from '../../fixtures/spool-home.ts'
import { cancelJob } from '../../lib/operator/cancel.ts'

const test = suite('cancelling a job that is not running')

const clean = ({ home }: World): void => {
  for (const place of ['processing', 'tmp', 'corrupt']) assert.equal(readdirSync(join(home, place)), [], place)
}

for (const state of ['pending', 'scheduled', 'failed', 'held'] as const)
  test(
    `a ${state} job is cancelled: dead, with the reason`,
    inWorld(async (world) => {
      await jobIn(world, DIR_OF_STATE[state])
      const job = await world.queue.cancel('job1', 'no longer wanted')
      assert.equal([job.state, job.cancelled?.reason], ['dead', 'no longer wanted'])
      assert.match(job.last_error ?? '', /cancelled: no longer wanted/)
      assert.equal(await world.queue.get('job1'), job)
      assert.equal([...assertHomeIntact(world.home)], [['job1', 'dead']])
      clean(world)
    }),
  )

for (const state of ['dead', 'completed'] as const)
  test(
    `a ${state} job cannot be cancelled`,
    inWorld(async (world) => {
      await jobIn(world, DIR_OF_STATE[state])
      const error = await queueErrorOf(() => world.queue.cancel('job1'))
      assert.equal([error.code, error.exitCode], ['WRONG_STATE', 3])
      assert.is(assertHomeIntact(world.home).get('job1'), state)
    }),
  )

test(
  'a job that a worker claimed and died with before it began is cancelled, though no worker is there',
  inWorld(async (world) => {
    await jobIn(world, 'processing/worker-1-abcdef')
    writeFileSync(join(world.home, 'processing/worker-1-abcdef/worker.json'), '')
    assert.is((await world.queue.cancel('job1', 'x', { waitMs: 0 })).state, 'dead')
  }),
)

test(
  'a job that was put into processing/ by hand is cancelled, though no worker is there',
  inWorld(async (world) => {
    await jobIn(world, 'processing')
    assert.is((await world.queue.cancel('job1', 'x', { waitMs: 0 })).state, 'dead')
    assert.equal([...assertHomeIntact(world.home)], [['job1', 'dead']])
  }),
)

test(
  'a cancel waits for a worker that has claimed the job and not yet begun with it',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const holder = joinWorkers(home, 1, nowMs())
    const [fileName = ''] = readdirSync(home.pending)
    const name = parseName(fileName)
    const held = name && claim(home, holder.dir, fileName, name)
    assert.ok(held)
    const cancelling = cancelJob(home, 'job1', 'x')
    assert.is(putBack(home, held), true)
    const job = await cancelling
    assert.is('state' in job && job.state, 'dead')
    holder.leave()
  }),
)

for (const [verb, place] of [
  ['retry', 'dead'],
  ['retry', 'done/2026-11-22'],
  ['cancel', 'pending'],
] as const)
  test(
    `a job in ${place}/ whose file cannot be read stays where it is at a ${verb}`,
    inWorld(async (world) => {
      const path = await jobIn(world, place)
      writeFileSync(path, '{"command":')
      const error = await queueErrorOf(() => world.queue[verb]('job1'))
      assert.is(error.code, 'FAILED')
      assert.ok(error.message.includes(path), error.message)
      assert.match(error.message, new RegExp(`cannot ${verb} job1`))
      assert.is(readFileSync(path, 'utf8'), '{"command":')
      clean(world)
    }),
  )

test(
  'a dead job whose file cannot be read can be purged',
  inWorld(async (world) => {
    const path = await jobIn(world, 'dead')
    writeFileSync(path, '{')
    assert.is(await world.queue.purge('job1'), 'job1')
  }),
)

test(
  'a dropped file is cancelled before any worker has seen it, and its id is its own from then on',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'pending/mine.json'), '{"command":"true","attempts":7}')
    const job = await world.queue.cancel('mine')
    assert.equal([job.id, job.state, job.attempts], ['mine', 'dead', 0])
    assert.is((await queueErrorOf(() => world.queue.enqueue({ command: 'true', id: 'mine' }))).code, 'DUPLICATE_JOB')
    assert.equal([...assertHomeIntact(world.home)], [['mine', 'dead']])
  }),
)

test(
  'a dropped file that asks for an id that is taken is not made a second job of that id by a cancel',
  inWorld(async (world) => {
    await jobIn(world, 'done/2026-11-22')
    const path = join(world.home, 'pending/mine.json')
    writeFileSync(path, '{"command":"true","id":"job1"}')
    assert.is((await queueErrorOf(() => world.queue.cancel('mine'))).code, 'DUPLICATE_JOB')
    assert.is(readFileSync(path, 'utf8'), '{"command":"true","id":"job1"}')
    clean(world)
  }),
)

test.run()
