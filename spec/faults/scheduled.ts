/** What is put under a fault: schedules. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { World } from '../../fixtures/world.ts'
import { aJob, NOON } from '../../fixtures/job.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { printJob } from '../../lib/job/print.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { generationsOf, lastGeneration, makeGeneration } from '../../lib/spool/schedules.ts'
import { BURST, isKill, noted, type Operation } from './operations.ts'

/** A schedule that has begun an hour and a half ago: one of its times is due. */
async function oneIsDue(world: World, members: object = {}): Promise<void> {
  await world.queue.addSchedule('x', { every: '1h', job: { command: noted(), cwd: '/', max_retries: 9 }, ...members })
  const dir = join(world.home, 'fired/x/1')
  const [stamp = ''] = readdirSync(dir)
  const then = new Date(Date.now() - 5_400_000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  renameSync(join(dir, stamp), join(dir, stamp.replace(/^[^~]+/, then)))
}

export const SCHEDULED: readonly Operation[] = [
  {
    name: 'fire a schedule',
    prepare: oneIsDue,
    args: BURST,
    judge: ({ whole, runs, fault, world }) => {
      const ids = [...whole.keys()]
      assert.is(ids.length, 1, `${ids.length} jobs: ${ids.join(', ')}`)
      const [id = ''] = ids
      assert.is(whole.get(id), 'completed')
      if (!isKill(fault)) assert.is(runs(id), 1)
      assert.equal(
        generationsOf(openHome(world.home), 'x').map(({ deed, unpublished }) => [deed, unpublished]),
        [
          ['fired', undefined],
          ['began', undefined],
        ],
      )
    },
  },
  {
    name: 'fire a schedule for each of the times that were missed',
    prepare: async (world) => oneIsDue(world, { every: '30m', missed: 'all', overlap: 'allow' }),
    args: BURST,
    judge: ({ whole }) => {
      assert.equal([...whole.values()], ['completed', 'completed', 'completed'])
    },
  },
  {
    name: 'add a schedule',
    prepare: async (world) => void (await world.queue.count()),
    args: ['schedule', 'add', 'x', '--every', '1h', '--', 'true'],
    judge: async ({ ran, whole, world }) => {
      assert.is(whole.size, 0)
      const info = await world.queue.schedule('x')
      if (ran.code === 0) assert.is(info?.state, 'on')
      if (info) assert.is(info.state, 'on')
    },
  },
]

/** What was made is published by any worker, whoever made it. */
export async function anyWorkerPublishes(world: World): Promise<void> {
  const home = openHome(world.home)
  const job = aJob({ id: 'x-20261122T120000Z-1' })
  const next = { number: 1, at: NOON, hash: '00000000', runs: 1, deed: 'fired' } as const
  makeGeneration(home, 'x', next, { fileName: formatName({ ...job, due: NOON * 1000 }), text: printJob(job) })
  await world.cli(BURST)
  assert.is((await world.queue.get(job.id)).state, 'completed')
}

/** Of two that make a generation of the same number one does. */
export function oneMakes(world: World): void {
  const home = openHome(world.home)
  const next = { number: 1, at: NOON, hash: '00000000', runs: 0, deed: 'began' } as const
  assert.ok(makeGeneration(home, 'x', next, undefined))
  assert.not.ok(makeGeneration(home, 'x', { ...next, hash: '11111111' }, undefined))
  assert.is(lastGeneration(home, 'x')?.hash, '00000000')
}

/** An edit fires nothing. */
export async function editFiresNothing(world: World): Promise<void> {
  await oneIsDue(world)
  writeFileSync(join(world.home, 'schedules/x.json'), '{"every":"30m","job":{"command":"true"}}')
  await world.cli(BURST)
  assert.is((await world.queue.count()).completed, 0)
}

/** A time that has fired is not fired again, though its job has gone. */
export async function firedOnce(world: World): Promise<void> {
  await oneIsDue(world)
  await world.cli(BURST)
  rmSync(join(world.home, 'done'), { recursive: true })
  mkdirSync(join(world.home, 'done'))
  await world.cli(BURST)
  assert.is((await world.queue.count()).completed, 0)
}
