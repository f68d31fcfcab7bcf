/** Operators against workers and against each other: nothing is lost, nothing is doubled. */
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { race, racer } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { nowMs } from '../../lib/clock.ts'
import type { QueueError } from '../../lib/errors.ts'
import { take } from '../../lib/operator/take.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { promote } from '../../lib/spool/transitions.ts'
import { cancelJob } from '../../lib/operator/cancel.ts'
import { findExact } from '../../lib/spool/lookup.ts'

const test = suite('operators taking jobs')

test(
  'two hundred cancels race against two workers that claim and put back: each job is cancelled once, none is lost',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const requests = Array.from({ length: 200 }, (_, n) => ({ command: 'true', id: `j${n}` }))
    await world.queue.enqueueAll(requests)
    const workers = await Promise.all([1, 2].map(() => racer(world.home, 'claimAndPutBack', 100_000)))
    const rounds = workers.map((one) => one.go().catch(() => 0))
    for (const { id } of requests) {
      const job = await cancelJob(home, id, 'race')
      assert.is('state' in job && job.state, 'dead', id)
    }
    await Promise.all(workers.map((one) => one.end()))
    await Promise.all(rounds)
    const whole = assertHomeIntact(world.home)
    assert.is(whole.size, 200)
    assert.is([...whole.values()].filter((state) => state === 'dead').length, 200)
    assert.is(readdirSync(home.corrupt).length, 0)
  }),
)

test(
  'two hundred retries race against promotion of the same jobs: none is lost, none is there twice',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const ids = Array.from({ length: 200 }, (_, n) => `j${n}`)
    await world.queue.enqueueAll(ids.map((id) => ({ command: 'true', id })))
    for (const name of readdirSync(home.pending)) renameSync(join(home.pending, name), join(home.failed, name))
    const promoter = await racer(world.home, 'promote', 1_000_000)
    promoter.go().catch(() => {})
    let retried = 0
    for (const id of ids)
      await world.queue.retry(id).then(
        () => retried++,
        (error: unknown) => assert.is((error as QueueError).code, 'WRONG_STATE'),
      )
    await promoter.end()
    promote(home, nowMs(), 3600)
    const whole = assertHomeIntact(world.home)
    assert.is(whole.size, 200)
    assert.is([...whole.values()].filter((state) => state === 'pending').length, 200, `${retried} were retried`)
    assert.is(readdirSync(home.corrupt).length, 0)
  }),
)

test(
  'of many processes that retry the same dead jobs each job comes back once',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const ids = Array.from({ length: 60 }, (_, n) => `j${n}`)
    await world.queue.enqueueAll(ids.map((id) => ({ command: 'true', id })))
    for (const name of readdirSync(home.pending)) renameSync(join(home.pending, name), join(home.dead, name))
    const told = await race(world.home, 'retry', [ids, ids, ids])
    for (const [n, id] of ids.entries()) assert.is(told.filter((one) => one[n] === 'pending').length, 1, id)
    assert.equal(
      [...assertHomeIntact(world.home).values()],
      Array.from({ length: 60 }, () => 'pending'),
    )
  }),
)

test(
  'a job that a living command has in hand is not taken from it: its stamp would make two of one',
  inWorld(async (world) => {
    const home = openHome(world.home)
    await world.queue.enqueue({ command: 'true', id: 'job1' })
    const operator = await racer(world.home, 'operate', 'job1')
    const seen = findExact(home, 'job1')
    assert.is(seen && (await take(home, seen)), undefined)
    assert.ok(existsSync(seen?.path ?? ''))
    await operator.end()
    const taken = seen && (await take(home, seen))
    assert.ok(taken)
    assert.not(existsSync(seen?.path ?? ''))
  }),
)

test(
  'an operator that is killed while it cancels leaves the job whole',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'job1' })
    const operator = await racer(world.home, 'operate', 'job1')
    await operator.end()
    // Its directory has no owner now; the job keeps its state, and can be cancelled from there.
    await until(async () => (await world.queue.get('job1')).state === 'pending', 5000, 'the job is pending')
    assert.is((await world.queue.cancel('job1')).state, 'dead')
    assert.is([...assertHomeIntact(world.home).keys()].length, 1)
  }),
)

test.run()
