/** Tales of reads that fail: each failure costs one job or holder, and nothing good is quarantined. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add, settles, SOON_MS } from '../../fixtures/jobs.ts'
import type { Running } from '../../fixtures/program.ts'
import { fakeHolder } from '../../fixtures/recover-once.ts'
import { put } from '../../fixtures/spool-home.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { type Fault, Trap } from './library.ts'

/** A worker whose reads meet the fault, and what is done with it. */
export async function withFault(
  world: World,
  fault: Fault,
  use: (worker: Running, trap: Trap) => Promise<void>,
): Promise<void> {
  const trap = new Trap(world.dir, world.home, fault)
  const worker = world.begin(['worker', 'start', '--foreground'], { env: trap.env })
  try {
    await use(worker, trap)
  } finally {
    worker.kill()
    await worker.ended
  }
}

export const quarantinedIn = (world: World): string[] => readdirSync(join(world.home, 'corrupt'))

/** The line of `status` about an entry. */
export const toldByStatus = async (world: World, entry: RegExp): Promise<boolean> =>
  entry.test((await world.cli(['status'])).stdout)

export async function badHolderCostsNothing(world: World): Promise<void> {
  const home = openHome(world.home)
  fakeHolder(home, 'worker-1-bad', {}, true)
  fakeHolder(home, 'worker-2-good', {}, true)
  put(home, 'processing/worker-2-good', { id: 'held', command: 'true', cwd: world.dir })
  await add(world, 'true', { id: 'waits' })
  const match = `open ${world.home}/processing/worker-1-bad/worker.json`
  await withFault(world, { at: 1, span: 100_000, kind: 'EIO', match }, async () => {
    await settles(world.queue, 'held')
    await settles(world.queue, 'waits')
    await until(() => toldByStatus(world, /^ {2}processing\/worker-1-bad: EIO/m), SOON_MS, 'status tells of it')
  })
  assert.ok(readdirSync(home.processing).includes('worker-1-bad'))
}

export async function badDoorCostsNothing(world: World): Promise<void> {
  await add(world, 'true', { id: 'parent' })
  await add(world, 'true', { id: 'child', after: ['parent'] })
  mkdirSync(join(world.home, 'waiting/bad'))
  await withFault(world, { at: 1, span: 100_000, kind: 'EIO', match: `rmdir ${world.home}/waiting/bad` }, async () => {
    await settles(world.queue, 'child')
    await until(() => toldByStatus(world, /^ {2}waiting\/bad\/\.: EIO/m), SOON_MS, 'status tells of it')
  })
}

export async function badLimitCostsNothing(world: World): Promise<void> {
  await world.cli(['queue', 'set', 'mail', '--limit', '2'])
  await add(world, 'true', { id: 'limited', queue: 'mail' })
  await add(world, 'true', { id: 'good', priority: -5 })
  const match = `rename ${world.home}/tmp/*/limits/q.mail/*`
  await withFault(world, { at: 1, span: 2, kind: 'EACCES', match }, async (worker) => {
    await settles(world.queue, 'good')
    assert.not.match(worker.stderr, /not claiming jobs/)
    assert.is((await settles(world.queue, 'limited')).attempts, 1)
  })
}

export async function unreadableJobStays(world: World): Promise<void> {
  await add(world, 'true', { id: 'bad' })
  await add(world, 'true', { id: 'good', priority: -5 })
  const match = `open ${world.home}/processing/*-bad.json`
  await withFault(world, { at: 1, span: 2, kind: 'EIO', match }, async (worker) => {
    await settles(world.queue, 'good')
    await until(() => worker.stderr.includes('left alone for 1 s'), SOON_MS, 'it is left alone')
    const job = await settles(world.queue, 'bad')
    assert.equal([job.runs, job.attempts], [1, 1])
  })
  assert.equal(quarantinedIn(world), [])
}
