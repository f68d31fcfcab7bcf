/** Removing dead jobs for good. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'
import { jobIn, DIR_OF_STATE } from '../../fixtures/spool-home.ts'

const test = suite('purging dead jobs')

const clean = ({ home }: World): void => {
  for (const place of ['processing', 'tmp', 'corrupt']) assert.equal(readdirSync(join(home, place)), [], place)
}

test(
  'a dead job is purged with its logs, and its id is free',
  inWorld(async (world) => {
    await jobIn(world, 'dead')
    writeFileSync(join(world.home, 'logs/job1/1.out'), 'output')
    assert.is(await world.queue.purge('job1'), 'job1')
    assert.is(assertHomeIntact(world.home).size, 0)
    assert.not(existsSync(join(world.home, 'logs/job1')))
    assert.is((await world.queue.enqueue({ command: 'true', id: 'job1' })).id, 'job1')
    clean(world)
  }),
)

for (const state of ['pending', 'scheduled', 'failed', 'held', 'completed'] as const)
  test(
    `a ${state} job cannot be purged`,
    inWorld(async (world) => {
      await jobIn(world, DIR_OF_STATE[state])
      assert.is((await queueErrorOf(() => world.queue.purge('job1'))).code, 'WRONG_STATE')
      assert.is(assertHomeIntact(world.home).get('job1'), state)
      assert.ok(existsSync(join(world.home, 'logs/job1')))
    }),
  )

test.run()
