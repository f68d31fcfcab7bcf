/**
 * Power cuts: the home lies on a file system of its own in a file, and the ioctl that a file system offers for this
 * takes its journal away at a random moment. What was acknowledged before must be there when it is mounted again, be
 * whole, and come to its end.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sleep } from '../../lib/clock.ts'
import { Queue } from '../../lib/queue.ts'
import { cleanEnv, start } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { world as newWorld, type World } from '../../fixtures/world.ts'
import type { Chance } from './chance.ts'

export const FILE_SYSTEMS = ['ext4', 'xfs'] as const
export type FileSystem = (typeof FILE_SYSTEMS)[number]

const ENQUEUER = fileURLToPath(new URL('enqueuer.js', import.meta.url))
/** The smallest that mkfs.xfs makes; the file has holes. */
const BYTES = 320 * 1024 * 1024
const UP_MS = 10_000

function run(command: string, ...args: string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  if (done.error) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`)
}

const has = (command: string): boolean => spawnSync(command, ['-V'], { stdio: 'ignore' }).error === undefined

/** A file system in a file. Ends the test as skipped where there cannot be one. */
export class Disk {
  readonly #dir = mkdtempSync(join(tmpdir(), 'queuectl-disk-'))
  readonly #image = join(this.#dir, 'image')

  constructor(kind: FileSystem) {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) skip('only root on Linux can mount a file system')
    for (const command of ['xfs_io', `mkfs.${kind}`]) if (!has(command)) skip(`there is no ${command} (xfsprogs)`)
    writeFileSync(this.#image, '')
    truncateSync(this.#image, BYTES)
    run(`mkfs.${kind}`, '-q', this.#image)
  }

  mount(at: string): void {
    const done = spawnSync('mount', ['-o', 'loop', this.#image, at], { encoding: 'utf8' })
    if (done.status !== 0) skip(`nothing can be mounted here: ${done.stderr.trim()}`)
  }

  cut(at: string): void {
    run('xfs_io', '-x', '-c', 'shutdown', at)
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

/** Unmounts as soon as no process uses it any more. */
const unmount = (at: string): Promise<unknown> =>
  until(() => spawnSync('umount', [at]).status === 0, UP_MS, `${at} is unmounted`)

export interface Cut {
  readonly acknowledged: number
  readonly wrong: readonly string[]
}

/** One power cut under load. */
export async function powerCut(disk: Disk, chance: Chance): Promise<Cut> {
  const world = newWorld()
  try {
    disk.mount(world.home)
    const acknowledged = await untilCut(disk, world, chance)
    disk.mount(world.home)
    return await judge(world, acknowledged)
  } finally {
    // Unmounted already when something went wrong between the two.
    spawnSync('umount', ['-l', world.home])
    await world.close()
  }
}

async function untilCut(disk: Disk, world: World, chance: Chance): Promise<string[]> {
  Queue.open({ home: world.home })
  const worker = world.begin(['worker', 'start', '--foreground', '--count', '2'])
  const enqueuer = start(process.execPath, [ENQUEUER, world.home], { cwd: world.dir, env: cleanEnv() })
  await until(
    () => enqueuer.stdout.includes('\n'),
    UP_MS,
    () => `a job is acknowledged: ${enqueuer.stderr}`,
  )
  await sleep(chance.below(200))
  // Only what was acknowledged before the cut counts: unlike a real one it lets processes run on, and on a file system
  // that was shut down in this way the flush of a directory has been seen to succeed (XFS) with nothing behind it.
  const acknowledged = enqueuer.stdout.split('\n').slice(0, -1)
  disk.cut(world.home)
  for (const child of [enqueuer, worker]) child.kill('SIGKILL')
  await Promise.all([enqueuer.ended, worker.ended])
  // Jobs that were running end by themselves: they are `true`.
  await unmount(world.home)
  return acknowledged
}

async function judge(world: World, acknowledged: readonly string[]): Promise<Cut> {
  const wrong: string[] = []
  const queue = Queue.open({ home: world.home })
  const there = new Map((await queue.list()).map((job) => [job.id, job]))
  for (const id of acknowledged) {
    const job = there.get(id)
    if (!job) wrong.push(`lost: ${id}`)
    else if (readFileSync(job.path).length === 0) wrong.push(`empty: ${job.path}`)
  }
  const healthy = await world.cli(['worker', 'start', '--foreground', '--burst', '--count', '8'])
  if (healthy.code !== 0) wrong.push(`a healthy worker ended with ${healthy.code ?? healthy.signal}: ${healthy.stderr}`)
  try {
    const whole = assertHomeIntact(world.home)
    for (const id of acknowledged) if (whole.get(id) !== 'completed') wrong.push(`${id} is ${whole.get(id)}`)
  } catch (error) {
    wrong.push((error as Error).message)
  }
  const counts = await queue.count()
  if (counts.corrupt > 0)
    wrong.push(`${counts.corrupt} files were set aside: ${(await queue.corrupt()).map(({ reason }) => reason).join()}`)
  await unmount(world.home)
  return { acknowledged: acknowledged.length, wrong }
}
