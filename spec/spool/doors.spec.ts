/** What keeps a job that others are about to wait for from being removed, and a child in other hands from being forgotten. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll, SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { utcDay } from '../../lib/job/time.ts'
import { nowMs } from '../../lib/clock.ts'
import { startPurge } from '../../lib/operator/purge.ts'
import { retryJob } from '../../lib/operator/retry.ts'
import { reviveChildren } from '../../lib/operator/revive.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import type { RunContext } from '../../lib/run/context.ts'
import { Signs } from '../../lib/spool/doors.ts'
import { takeAsOperator } from '../../lib/spool/holders.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { findExact } from '../../lib/spool/lookup.ts'
import { Doors } from '../../lib/worker/doors.ts'

const test = suite('doors')

test(
  'a job that ends while one that waits for it is being enqueued is not removed before that is there',
  inWorld(async (world) => {
    for (const id of ['a', 'b']) await add(world, 'true', { id })
    const home = openHome(world.home)
    const day = join(home.done, utcDay(nowMs()))
    mkdirSync(day, { recursive: true })
    const session = await startPurge(home, 'done')
    const { leave } = Signs.prototype
    const results: string[] = []
    // After the look at a, and before the child is there.
    Signs.prototype.leave = function (parent) {
      if (parent === 'b') {
        const file = findExact(home, 'a')
        assert.ok(file)
        const path = join(day, file.fileName)
        renameSync(file.path, path)
        results.push(session.purge({ ...file, path }))
      }
      leave.call(this, parent)
    }
    try {
      await add(world, 'true', { id: 'c', after: ['a', 'b'] })
    } finally {
      Signs.prototype.leave = leave
      session.close()
    }
    assert.equal(results, ['waited_for'])
    assert.equal(readdirSync(home.waiting), ['a'])
    await runAll(world)
    assert.is((await world.queue.get('c')).state, 'completed')
  }),
)

test(
  'a job that waits since a pruner chose what to remove is found once that has it in hand',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', run_at: '2099-01-01T00:00:00Z' })
    await runAll(world)
    const home = openHome(world.home)
    const session = await startPurge(home, 'done')
    const file = findExact(home, 'a')
    assert.ok(file)
    await add(world, 'true', { id: 'c', after: [{ job: 'b', when: 'success' }, 'a'] })
    assert.is(session.purge(file), 'waited_for')
    session.close()
    assert.ok(existsSync(file.path))
  }),
)

test(
  'the sign of a process that died is not obeyed, and a worker removes it',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await runAll(world)
    const door = join(world.home, 'waiting/a')
    mkdirSync(door, { recursive: true })
    const dead = JSON.stringify({ ...ownIdentity(), pid: 999_999 })
    writeFileSync(join(door, '.for.999999-0123abcd.sign'), dead)
    await runAll(world)
    assert.equal(readdirSync(join(world.home, 'waiting')), [])
    mkdirSync(door)
    writeFileSync(join(door, '.for.999999-0123abcd.sign'), dead)
    await world.cli(['prune', '--keep', '0'])
    assert.equal(await world.queue.select({}), [])
  }),
)

test(
  'a retry leaves the hint to a child that a worker has in hand to cancel it',
  inWorld(async (world) => {
    await add(world, 'exit 1', { id: 'a', max_retries: 1 })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await runAll(world)
    const home = openHome(world.home)
    const dead = readdirSync(home.dead).find((name) => name.includes('-b.')) ?? ''
    // As in the midst of the cancel.
    mkdirSync(join(home.waiting, 'a'), { recursive: true })
    renameSync(join(home.dead, dead), join(home.waiting, 'a', dead))
    const operator = takeAsOperator(home, 'waiting', join(home.waiting, 'a', dead), dead)
    assert.ok(operator)
    await retryJob(home, 'a')
    assert.equal(await reviveChildren(home, 'a', 'none'), [])
    renameSync(operator.path, join(home.dead, dead))
    operator.done()
    assert.equal(await reviveChildren(home, 'a', 'none'), ['b'])
  }),
)

test(
  'a child is not left dead because of an end that was noted before a retry',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'] })
    const home = openHome(world.home)
    const released: string[] = []
    const doors = new Doors(home, { contain: (_entry, _doing, act) => act(), released: (name) => released.push(name) })
    const ctx = { config: { durability: 'none' }, record: () => undefined } as unknown as RunContext
    await doors.open(ctx)
    assert.ok(doors.noteEnd('a', 'dead'))
    // It was retried and has completed since, by another worker.
    const file = findExact(home, 'a')
    assert.ok(file)
    const day = join(home.done, utcDay(nowMs()))
    mkdirSync(day, { recursive: true })
    renameSync(file.path, join(day, file.fileName))
    await until(
      async () => {
        await doors.open(ctx)
        return released.length === 1
      },
      SOON_MS,
      'it is released',
    )
    assert.is((await world.queue.get('b')).state, 'pending')
  }),
)

test.run()
