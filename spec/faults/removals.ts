/** Removing jobs, by command and as a worker's duty, and telling that nothing is left: under a fault. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { linesOf } from '../../fixtures/jobs.ts'
import { add, becomesDead, BURST, completedOnce, noted, type Operation, type Seen } from './operations.ts'
import type { State } from '../../lib/job/state.ts'

/** A job that is being removed is whole, with its output, or gone, with all of it. */
const wholeOrGone =
  (state: State) =>
  ({ ran, whole, runs, world: { home } }: Seen): void => {
    assert.is(runs('job1'), 1)
    const left = whole.get('job1')
    if (ran.code === 0) assert.is(left, undefined)
    assert.ok([undefined, state].includes(left), `it is ${left}`)
    for (const name of ['1.out', '1.err'])
      assert.is(existsSync(join(home, 'logs/job1', name)), left !== undefined, `it is ${left ?? 'gone'}: ${name}`)
    assert.equal(readdirSync(join(home, 'run')), [])
  }

const OLD_EVENT = JSON.stringify({ at: '2026-01-01T12:00:00.000Z', event: 'retried', job: 'old' })
const OLD = 3

export const REMOVALS: readonly Operation[] = [
  {
    name: 'purge a dead job',
    prepare: becomesDead,
    args: ['dlq', 'purge', 'job1'],
    judge: wholeOrGone('dead'),
  },
  {
    name: 'prune a completed job',
    prepare: async (world) => {
      await add(world, noted())
      await world.cli(BURST)
    },
    args: ['prune', '--keep', '0'],
    judge: wholeOrGone('completed'),
  },
  {
    name: 'prune and fold, as workers do',
    prepare: async (world) => {
      await add(world, noted())
      await world.cli(BURST)
      await world.queue.setConfig('keep_completed_count', '0')
      writeFileSync(join(world.home, 'journal', '2026-01-01.ndjson'), `${OLD_EVENT}\n`.repeat(OLD))
    },
    args: BURST,
    judge: async (seen) => {
      wholeOrGone('completed')(seen)
      const { home, queue } = seen.world
      assert.is(seen.whole.get('job1'), undefined)
      assert.equal((await queue.metrics()).events.retried, OLD)
      // A process that dies while folding keeps others from it for a moment.
      const isLocked = existsSync(join(home, 'journal', 'totals.json.lock'))
      assert.ok(isLocked || !existsSync(join(home, 'journal', '2026-01-01.ndjson')), 'the day was not folded')
    },
  },
  {
    name: 'tell a hook that nothing is left to do',
    prepare: async (world) => {
      await world.queue.setConfig('on_drained', 'echo >> ../drained')
      await add(world, noted())
    },
    args: BURST,
    judge: async (seen) => {
      await completedOnce('job1')(seen)
      const told = linesOf(join(seen.world.dir, 'drained')).length
      assert.ok(told <= 1, `it was told ${told} times`)
    },
  },
]
