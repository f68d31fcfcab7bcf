/** Tales of holders that cannot be seen from here: of another boot, machine or pid namespace, or stopped. */
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add, runAll, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { fakeHolder } from '../../fixtures/recover-once.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import { openHome } from '../../lib/spool/layout.ts'

/** How often leases are renewed here (ms). */
const RENEW_MS = 250
const FAST = { QUEUECTL_RENEW_MS: String(RENEW_MS) }

/** A job in the hands of a worker of our machine id and another boot. */
async function heldByClone(world: World): Promise<string> {
  await add(world, 'true', { id: 'job1' })
  const [fileName = ''] = readdirSync(join(world.home, 'pending'))
  const card = { boot: 'another', device: 1, renews: RENEW_MS / 1000 }
  const dir = fakeHolder(openHome(world.home), 'worker-1-abcdef', card, true)
  renameSync(join(world.home, 'pending', fileName), join(dir, fileName))
  return join(dir, 'worker.json')
}

/** A clone that renews keeps its job; once it does not, it has died with its boot, and the job runs. */
export async function clonesKeepTheirJobs(world: World): Promise<void> {
  const lease = await heldByClone(world)
  let renewals = 0
  const renewing = setInterval(() => {
    renewals++
    if (existsSync(lease)) utimesSync(lease, new Date(), new Date())
  }, RENEW_MS / 2)
  const worker = await world.startWorker({ env: FAST })
  try {
    const first = renewals
    await until(() => renewals > first + 10, SOON_MS, 'the worker has watched it for more than three renewals')
    assert.ok(existsSync(lease), 'it was not taken over')
  } finally {
    clearInterval(renewing)
  }
  await settles(world.queue, 'job1')
  worker.kill()
  await worker.ended
}

/** An id is refused while a process of another pid namespace may publish its job. */
export async function reservedBeyond(world: World): Promise<void> {
  await world.queue.count()
  const file = 'tmp/job1.1a2b3c4d.new'
  mkdirSync(join(world.home, 'logs/job1'))
  writeFileSync(join(world.home, file), '')
  const owner = { ...ownIdentity(), pid: 4_194_300, ns: '1', file }
  writeFileSync(join(world.home, 'logs/job1/.reserved.1'), JSON.stringify(owner))
  assert.is((await world.cli(['enqueue', '--id', 'job1', 'true'])).code, 1)
}

/** A job stays that a process of another pid namespace may be about to make another wait for, by a pid that does not run here. */
export async function signedBeyond(world: World): Promise<void> {
  await add(world, 'true', { id: 'parent' })
  await runAll(world)
  const door = join(world.home, 'waiting/parent')
  mkdirSync(door, { recursive: true })
  const sign = join(door, '.for.4194300-0123abcd.sign')
  writeFileSync(sign, JSON.stringify({ ...ownIdentity(), pid: 4_194_300, ns: '1' }))
  await runAll(world)
  await world.cli(['prune', '--keep', '0'])
  assert.is((await world.queue.get('parent')).state, 'completed')
  assert.ok(existsSync(sign))
}

/** A stopped worker is alive, and not healthy. */
export async function stoppedIsNotHealthy(world: World): Promise<void> {
  const worker = await world.startWorker({ env: FAST })
  worker.kill('SIGSTOP')
  try {
    await until(async () => (await world.cli(['worker', 'health'])).code === 5, 5000, 'it is not healthy')
  } finally {
    worker.kill('SIGCONT')
    worker.kill()
    await worker.ended
  }
}

/** A worker that is told to stop by a message stops. */
export async function stopsByMessage(world: World): Promise<void> {
  const worker = await world.startWorker({ env: FAST })
  assert.is((await world.cli(['worker', 'stop', '--timeout', '5'])).code, 0)
  assert.is((await worker.ended).code, 0)
}

/** A worker that renews its lease is not forgotten. */
export async function renewingIsNotForgotten(world: World): Promise<void> {
  const lease = await heldByClone(world)
  const renewing = setInterval(() => utimesSync(lease, new Date(), new Date()), RENEW_MS / 2)
  try {
    assert.is((await world.cli(['worker', 'forget', 'worker-1-abcdef'])).code, 3)
  } finally {
    clearInterval(renewing)
  }
}
