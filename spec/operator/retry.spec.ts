/** Sending a job back by hand, from every state. */
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { Job } from '../../lib/job/job.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'
import { jobIn, DIR_OF_STATE } from '../../fixtures/spool-home.ts'

const test = suite('retrying a job')

const clean = ({ home }: World): void => {
  for (const place of ['processing', 'tmp', 'corrupt']) assert.equal(readdirSync(join(home, place)), [], place)
}

const USED: Partial<Job> = {
  attempts: 3,
  runs: 5,
  interruptions: 2,
  retry_laters: 4,
  exit_code: 1,
  last_error: 'exit code 1',
  finished_at: '2026-11-22T10:15:00.000Z',
  history: [{ run: 5, outcome: 'failed', finished_at: '2026-11-22T10:15:00.000Z' }],
}

for (const state of ['failed', 'dead', 'completed'] as const)
  test(
    `a ${state} job is retried: pending, counted from zero, history and runs kept`,
    inWorld(async (world) => {
      await jobIn(world, DIR_OF_STATE[state], USED)
      const job = await world.queue.retry('job1')
      assert.equal([job.state, job.attempts, job.interruptions, job.retry_laters], ['pending', 0, 0, 0])
      assert.equal([job.runs, job.history.length, job.last_error, job.exit_code], [5, 1, undefined, undefined])
      assert.equal(await world.queue.get('job1'), job)
      assert.equal([...assertHomeIntact(world.home)], [['job1', 'pending']])
      clean(world)
    }),
  )

for (const state of ['pending', 'scheduled', 'held'] as const)
  test(
    `a ${state} job cannot be retried`,
    inWorld(async (world) => {
      const path = await jobIn(world, DIR_OF_STATE[state])
      const error = await queueErrorOf(() => world.queue.retry('job1'))
      assert.equal([error.code, error.exitCode], ['WRONG_STATE', 3])
      assert.ok(existsSync(path))
      clean(world)
    }),
  )

test(
  'a retry of the dead letter queue leaves what only failed',
  inWorld(async (world) => {
    await jobIn(world, 'failed')
    assert.is((await queueErrorOf(() => world.queue.retry('job1', { onlyDead: true }))).code, 'WRONG_STATE')
    assert.is(assertHomeIntact(world.home).get('job1'), 'failed')
  }),
)

test(
  'a retried job stands behind what came before it',
  inWorld(async (world) => {
    await jobIn(world, 'dead')
    await world.queue.enqueue({ command: 'true', id: 'fresh' })
    // A retry's place has the precision of the wall clock, and enqueue may be two milliseconds ahead of that.
    const enqueued = Date.now()
    await until(() => Date.now() > enqueued + 2, 1000, 'the clock has moved on')
    await world.queue.retry('job1')
    const order = readdirSync(join(world.home, 'pending')).toSorted()
    assert.equal(
      order.map((name) => parseName(name)?.id),
      ['fresh', 'job1'],
    )
  }),
)

test(
  'mv dead/X pending/ is a retry by hand, and the job keeps its name',
  inWorld(async (world) => {
    const path = await jobIn(world, 'dead', USED)
    renameSync(path, path.replace('/dead/', '/pending/'))
    assert.is((await world.queue.get('job1')).state, 'pending')
    assert.is(assertHomeIntact(world.home).get('job1'), 'pending')
  }),
)

test.run()
