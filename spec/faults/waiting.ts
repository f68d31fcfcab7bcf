/** What is put under a fault: jobs that wait for others, and paused queues. */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add as here, isUp, letGo, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { signal } from '../../fixtures/processes.ts'
import { until } from '../../fixtures/until.ts'
import type { Job } from '../../lib/job/job.ts'
import type { World } from '../../fixtures/world.ts'
import { add, becomesDead, BURST, isKill, noted, type Operation, type Seen } from './operations.ts'

const child = (world: World, more: Partial<Job> = {}): Promise<string> =>
  add(world, noted(), { id: 'child', after: ['job1'], ...more })

/** The child ran once its parent had completed, and not before: it says so itself. */
const AFTER_JOB1 = noted(`sh -c 'grep -q completed "$QUEUECTL_HOME"/done/*/*-job1.json'`)

/** Both ran to their end, in order. */
async function ranInOrder({ whole, runs, fault, world, isElsewhere }: Seen): Promise<void> {
  assert.equal([whole.size, whole.get('child'), whole.get('job1')], [2, 'completed', 'completed'])
  if (isKill(fault) && isElsewhere) return
  // An attempt before its parent's end would have failed.
  assert.is((await world.queue.get('child')).attempts, 1)
  if (!isKill(fault)) assert.is(runs('child'), 1)
}

export const WAITING: readonly Operation[] = [
  {
    name: 'enqueue a job that waits for another',
    prepare: async (world) => void (await add(world, noted())),
    args: ['enqueue', '-i', 'child', '--after', 'job1', '--max-retries', '9', '-c', AFTER_JOB1],
    judge: async (seen) => {
      const { ran, whole, runs } = seen
      assert.is(whole.get('job1'), 'completed')
      if (ran.code === 0) assert.ok(whole.has('child'), 'it was acknowledged and is not there')
      if (!whole.has('child')) assert.is(runs('child'), 0)
      else await ranInOrder(seen)
    },
  },
  {
    name: 'let a job go on whose parent has completed',
    prepare: async (world) => {
      await add(world, noted())
      await add(world, AFTER_JOB1, { id: 'child', after: ['job1'] })
    },
    args: BURST,
    judge: ranInOrder,
  },
  {
    name: 'let a job go on that has waited for two',
    prepare: async (world) => {
      await add(world, noted())
      await add(world, noted(), { id: 'job2' })
      await add(world, noted(), { id: 'child', after: ['job1', 'job2'] })
    },
    args: BURST,
    judge: ({ whole }) => {
      assert.equal([...whole.values()], ['completed', 'completed', 'completed'])
    },
  },
  {
    name: 'cancel what waits for a job that is dead',
    prepare: async (world) => {
      await add(world, noted('false'), { max_retries: 1 })
      await child(world)
    },
    args: BURST,
    judge: async ({ whole, runs, world }) => {
      assert.equal([whole.get('job1'), whole.get('child'), runs('child')], ['dead', 'dead', 0])
      assert.is((await world.queue.get('child')).cancelled?.because, 'job1')
    },
  },
  {
    name: 'retry a job because of which another was cancelled',
    prepare: async (world) => {
      await becomesDead(world)
      await world.queue.retry('job1')
      await child(world)
      await world.cli(['cancel', 'job1'])
      await world.cli(BURST)
      assert.is((await world.queue.get('child')).state, 'dead')
    },
    args: ['retry', 'job1'],
    judge: async ({ ran, whole, runs, world }) => {
      if (whole.get('child') === 'completed') assert.is(whole.get('job1'), 'completed')
      // Left dead by a death in between: it says why, and comes back by the next retry.
      else assert.is((await world.queue.get('child')).cancelled?.because, 'job1')
      if (ran.code === 0) assert.is(whole.get('child'), 'completed')
      if (whole.get('child') === 'completed') assert.ok(runs('child') >= 1)
    },
  },
  {
    name: 'pause a queue',
    prepare: async (world) => void (await add(world, noted(), { queue: 'mail' })),
    args: ['queue', 'pause', 'mail'],
    atOnce: async ({ world, ran }) => {
      if (ran.code === 0) assert.ok((await world.queue.pauses()).has('mail'))
      await world.queue.resumeQueue('mail')
    },
    judge: ({ whole, runs }) => {
      assert.equal([whole.get('job1'), runs('job1')], ['completed', 1])
    },
  },
]

/** A job that waits for two runs before neither. */
export async function waitsForBoth(world: World): Promise<void> {
  await here(world, 'true', { id: 'a' })
  await here(world, untilLetGo('b'), { id: 'b' })
  await here(world, 'true', { id: 'child', after: ['a', 'b'] })
  await world.startWorker({ count: 2 })
  await isUp(world, 'b')
  await until(async () => !existsSync(join(world.home, 'waiting/a')), SOON_MS, 'the door of a was opened')
  assert.equal(readdirSync(join(world.home, 'waiting/b')).length, 1)
  letGo(world, 'b')
  await settles(world.queue, 'child')
}

/** The end of a job that no worker recorded is found all the same. */
export async function endIsLookedFor(world: World): Promise<void> {
  await here(world, 'true', { id: 'a', run_at: '2199-01-01T00:00:00Z' })
  await here(world, 'true', { id: 'child', after: ['a'] })
  await world.startWorker()
  const [file = ''] = readdirSync(join(world.home, 'scheduled'))
  mkdirSync(join(world.home, 'done/2026-11-22'), { recursive: true })
  renameSync(join(world.home, 'scheduled', file), join(world.home, 'done/2026-11-22', file))
  await settles(world.queue, 'child')
}

/** Who pauses a queue is told which workers may claim all the same. */
export async function pauseIsWaitedFor(world: World): Promise<void> {
  const worker = await world.startWorker()
  signal(worker.pid, 'SIGSTOP')
  const { not_obeying } = await world.queue.pauseQueue('mail')
  signal(worker.pid, 'SIGCONT')
  assert.equal(not_obeying, [worker.info.name])
}
