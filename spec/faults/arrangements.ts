/** What is put under a fault of an operator's changes that leave a job in line, or near it: see operations.ts. */
import * as assert from 'uvu/assert'
import type { World } from '../../fixtures/world.ts'
import type { Job } from '../../lib/job/job.ts'
import { add, completedOnce, isKill, noted, type Operation, type Seen } from './operations.ts'

/** One job, pending. */
const pending = async (world: World): Promise<void> => void (await add(world, noted()))

/** The job runs once, whether the command succeeded or not; `as`: what must hold when it did. */
const ranOnce =
  (as: (job: Job) => boolean) =>
  async (seen: Seen): Promise<void> => {
    await completedOnce('job1')(seen)
    if (seen.ran.code === 0) assert.ok(as(await seen.world.queue.get('job1')), 'it is as it was told to be')
  }

export const ARRANGEMENTS: readonly Operation[] = [
  {
    name: 'hold a pending job',
    prepare: pending,
    args: ['hold', 'job1'],
    judge: async (seen) => {
      const state = seen.whole.get('job1')
      if (seen.ran.code === 0) assert.is(state, 'held')
      if (state === 'held') assert.is(seen.runs('job1'), 0)
      else await completedOnce('job1')(seen)
    },
  },
  {
    name: 'release a held job',
    prepare: async (world) => {
      await pending(world)
      await world.queue.hold('job1')
    },
    args: ['release', 'job1'],
    judge: async (seen) => {
      if (seen.ran.code !== 0 && seen.whole.get('job1') === 'held') assert.is(seen.runs('job1'), 0)
      else await completedOnce('job1')(seen)
    },
  },
  {
    name: 'change the priority of a job',
    prepare: pending,
    args: ['priority', 'job1', '7'],
    judge: ranOnce(({ priority }) => priority === 7),
  },
  {
    name: 'move a job to another queue',
    prepare: pending,
    args: ['move', 'job1', '--queue', 'slow'],
    judge: ranOnce(({ queue }) => queue === 'slow'),
  },
  {
    name: 'put a job on top',
    prepare: async (world) => void (await add(world, noted(), { run_at: '2099-01-01' })),
    args: ['top', 'job1'],
    judge: async (seen) => {
      if (seen.ran.code !== 0 && seen.whole.get('job1') === 'scheduled') assert.is(seen.runs('job1'), 0)
      else await completedOnce('job1')(seen)
    },
  },
  {
    name: 'edit a job',
    prepare: pending,
    args: ['edit', 'job1'],
    env: { EDITOR: `sed -i 's/"priority": 0/"priority": 7/'` },
    judge: async (seen) => {
      const job = await seen.world.queue.get('job1')
      if (seen.ran.code === 0) assert.is(job.priority, 7)
      // Killed while the editor was open: it stays held, for a person to release.
      if (job.state === 'held') assert.ok(isKill(seen.fault) && seen.ran.code !== 0)
      else await completedOnce('job1')(seen)
    },
  },
]
