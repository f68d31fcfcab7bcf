/** What a worker, or a command, finds of those that died before it: recovery under a fault. */
import { existsSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as assert from 'uvu/assert'
import { fileOf, isAlive, linesOf, SOON_MS } from '../../fixtures/jobs.ts'
import { signal } from '../../fixtures/processes.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { Trap } from './library.ts'
import { add, becomesDead, BURST, completedOnce, isKill, noted, type Operation } from './operations.ts'

/** A worker that dies while it runs a job; what the shim and the command do then is said by `then`. */
const workerDies =
  (then: 'ends' | 'dies') =>
  async (world: World): Promise<void> => {
    await add(
      world,
      noted(`sh -c 'while [ "$QUEUECTL_RUN" = 1 ] && [ ! -e "$QUEUECTL_HOME/../go" ]; do sleep 0.01; done'`),
    )
    const worker = await world.startWorker()
    const { home } = world
    const leader = await until(
      () => Number.parseInt(readFileSync(join(home, 'run/job1.1.mark'), 'utf8'), 10) || undefined,
      SOON_MS,
      'it runs',
    )
    await until(() => linesOf(join(world.dir, 'job1.runs')).length > 0, SOON_MS, 'its command runs')
    worker.kill('SIGKILL')
    await worker.ended
    if (then === 'dies') signal(-leader, 'SIGKILL')
    else writeFileSync(join(world.dir, 'go'), '')
    await until(() => !isAlive(leader), SOON_MS, 'it is over')
    assert.is(linesOf(join(home, 'run/job1.1.mark')).length, then === 'ends' ? 2 : 1)
  }

/** Runs a command that dies right after the first operation whose line contains `match`. */
async function diesAfter(world: World, args: readonly string[], match: string): Promise<void> {
  const trap = new Trap(world.dir, world.home, { at: 1, kind: 'kill-after', match })
  await world.cli(args, { env: trap.env })
  assert.ok(trap.struck(), `nothing contained ${match}`)
}

const OLD = new Date(2026, 0)

/** The output trees that were being removed when their process died. */
const removedTrees = (home: string): string[] =>
  readdirSync(join(home, 'tmp'))
    .filter((name) => name.endsWith('.logs'))
    .map((name) => join(home, 'tmp', name))

export const RECOVERIES: readonly Operation[] = [
  {
    name: 'cancel a run whose worker is dead',
    prepare: workerDies('ends'),
    args: ['cancel', 'job1'],
    judge: ({ ran, whole, runs }) => {
      assert.ok(['dead', 'completed'].includes(whole.get('job1') ?? ''), `it is ${whole.get('job1')}`)
      if (ran.code === 0 && /ancelled job1/.test(ran.stdout)) assert.is(whole.get('job1'), 'dead')
      assert.is(runs('job1'), 1)
    },
  },
  {
    name: 'recover a claim',
    prepare: async (world) => {
      await add(world, noted())
      await diesAfter(world, BURST, `rename ${world.home}/pending/`)
    },
    args: BURST,
    judge: completedOnce('job1'),
  },
  { name: 'recover a run that has ended', prepare: workerDies('ends'), args: BURST, judge: completedOnce('job1') },
  {
    name: 'recover a run that was cut off',
    prepare: workerDies('dies'),
    args: BURST,
    judge: async ({ whole, runs, world, fault }) => {
      assert.is(whole.get('job1'), 'completed')
      const job = await world.queue.get('job1')
      if (!isKill(fault)) assert.equal([job.interruptions, runs('job1')], [1, 2])
      if (!isKill(fault)) assert.is(job.attempts, 1)
    },
  },
  {
    name: 'recover a settled job that was not moved',
    prepare: async (world) => {
      await add(world, noted())
      await diesAfter(world, BURST, `mkdir ${world.home}/done/`)
    },
    args: BURST,
    judge: completedOnce('job1'),
  },
  {
    name: 'recover what an operator held',
    prepare: async (world) => {
      await becomesDead(world)
      await diesAfter(world, ['retry', 'job1'], `rename ${world.home}/dead/`)
    },
    args: BURST,
    judge: ({ whole, runs }) => {
      assert.equal([...whole], [['job1', 'dead']])
      assert.is(runs('job1'), 1)
    },
  },
  {
    name: 'recover what was being taken in',
    prepare: async (world) => {
      await world.queue.count()
      writeFileSync(join(world.home, 'pending/job1.json'), JSON.stringify({ command: noted(), cwd: '/' }))
      await diesAfter(world, BURST, `link ${world.home}/tmp/`)
    },
    args: BURST,
    judge: async (seen) => {
      assert.equal([...seen.whole.keys()], ['job1'])
      await completedOnce('job1')(seen)
    },
  },
  {
    name: 'recover a purge that died while it removed the output',
    prepare: async (world) => {
      await becomesDead(world)
      await diesAfter(world, ['dlq', 'purge', 'job1'], '.logs/1.')
      const [tree = ''] = removedTrees(world.home)
      assert.ok(existsSync(join(tree, '1.err')) !== existsSync(join(tree, '1.out')), 'half of the tree is removed')
      // The sweeper leaves what is younger than an hour to its owner.
      utimesSync(tree, OLD, OLD)
    },
    args: BURST,
    judge: ({ whole, runs, world: { home } }) => {
      assert.equal([...whole], [])
      assert.is(runs('job1'), 1)
      assert.not(existsSync(join(home, 'logs/job1')))
      // A sweeper that was cut off in the tree has changed it: it is young again, and goes an hour later.
      assert.equal(
        removedTrees(home).filter((tree) => statSync(tree).mtimeMs <= OLD.getTime()),
        [],
      )
    },
  },
  {
    name: 'take up a job that lies in processing/ itself',
    prepare: async (world) => {
      await add(world, noted())
      const path = await fileOf(world.queue, 'job1')
      renameSync(path, join(world.home, 'processing', basename(path)))
    },
    args: BURST,
    judge: completedOnce('job1'),
  },
]
