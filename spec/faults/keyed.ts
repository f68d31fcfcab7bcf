/** What is put under a fault: jobs that have a unique key. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { World } from '../../fixtures/world.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import { openHome } from '../../lib/spool/layout.ts'
import type { KeyedJob } from '../../lib/spool/not-unique.ts'
import { takeKey } from '../../lib/spool/unique.ts'
import { aJob } from '../../fixtures/job.ts'
import { add, BURST, completedOnce, noted, type Operation } from './operations.ts'

export const KEYED: readonly Operation[] = [
  {
    name: 'enqueue under a unique key',
    prepare: async (world) => void (await world.queue.count()),
    args: ['enqueue', '--unique', 'report', '-c', noted()],
    atOnce: async ({ world }) => {
      // What was cut off is typed again.
      const again = await world.cli(['enqueue', '--unique', 'report', '-c', noted()])
      assert.is(again.code, 0, again.stderr)
      assert.is((await world.queue.list()).length, 1, 'there is one job of the key')
    },
    judge: ({ whole, runs }) => {
      assert.equal([...whole.values()], ['completed'])
      for (const id of whole.keys()) assert.is(runs(id), 1)
    },
  },
  {
    name: 'retry a dead job that has a unique key',
    prepare: async (world) => {
      await add(world, noted(`sh -c '[ "$QUEUECTL_RUN" -ge 2 ]'`), { max_retries: 1, unique: 'report' })
      await world.cli(BURST)
    },
    args: ['retry', 'job1'],
    atOnce: async ({ world, ran }) => {
      if (ran.code !== 0) return
      const again = await world.queue.enqueue({ command: 'true', unique: 'report' })
      assert.equal([again.id, again.deduplicated], ['job1', true])
    },
    judge: async (seen) => {
      if (seen.ran.code !== 0 && seen.whole.get('job1') === 'dead') return
      await completedOnce('job1', 2)(seen)
    },
  },
]

/** Takes the key `report` for a job that is not published, without waiting. */
function take(world: World): void {
  const job: KeyedJob = { ...aJob({ id: 'next' }), unique: 'report' }
  takeKey(openHome(world.home), job, { durable: false, patienceMs: 0 }).giveUp()
}

/** A process that has taken the key for a job that is not there. */
function takenBy(world: World, taker: object): void {
  mkdirSync(join(world.home, 'unique/report'), { recursive: true })
  writeFileSync(join(world.home, 'unique/report/1'), JSON.stringify({ ...ownIdentity(), job: 'soon', ...taker }))
}

/** A job of a key keeps another of that key out. */
export async function keepsAnotherOut(world: World): Promise<void> {
  await add(world, 'true', { unique: 'report' })
  assert.throws(() => take(world), /job1 has it/)
}

/** A key is not free while a process is about to publish its job. */
export function comingIsWaitedFor(world: World): void {
  takenBy(world, {})
  assert.throws(() => take(world), /is enqueueing one/)
}

/** A key that a process died with before its job was there is free. */
export function deadKeyIsFree(world: World): void {
  takenBy(world, { start: '1' })
  take(world)
}
