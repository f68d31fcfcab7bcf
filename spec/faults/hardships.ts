/**
 * Hardships that no single fault makes: a full disk, no inodes, few descriptors, a clock in another year, events that
 * got lost, files of random bytes. Each in the size it is asked for.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add, configure, linesOf, program, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { cleanEnv, PROGRAM, type Ran, start } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { Queue } from '../../lib/queue.ts'
import { Chance } from './chance.ts'

const PATIENCE_MS = 45_000

const noted = (world: World): string => `${program('alone.sh')} "${world.dir}/$QUEUECTL_JOB_ID" true`

/** Every job completed, with one attempt and one run. */
async function allDoneOnce(world: World, ids: readonly string[]): Promise<void> {
  const whole = assertHomeIntact(world.home)
  for (const id of ids) {
    assert.is(whole.get(id), 'completed', `${id} is ${whole.get(id)}`)
    assert.is((await world.queue.get(id)).attempts, 1)
    assert.is(linesOf(join(world.dir, `${id}.runs`)).length, 1, `${id} ran once`)
  }
}

/** A file system of its own with room for little, or with few inodes; used up, and given back. */
export async function starved(world: World, of: 'bytes' | 'inodes'): Promise<void> {
  if (process.getuid?.() !== 0) skip('only root can mount a file system')
  const size = of === 'bytes' ? 'size=3m' : 'size=16m,nr_inodes=400'
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `${size},mode=700`, 'tmpfs', world.home], {
    encoding: 'utf8',
  })
  if (mounted.status !== 0) skip(`nothing can be mounted here: ${mounted.stderr.trim()}`)
  try {
    const queue = Queue.open({ home: world.home })
    const first = fill(world.home, of)
    const refused = await world.cli(['enqueue', '-c', 'true'])
    assert.is(refused.code, 1, `enqueued into nothing: ${refused.stdout}`)
    assert.match(refused.stderr, /no space left/)
    assert.is(assertHomeIntact(world.home).size, 0, 'what was refused is not there')
    for (const path of first) rmSync(path)
    const worker = await world.startWorker({ count: 2 })
    await until(() => worker.stderr.includes(' started with '), SOON_MS, 'it is up')
    const jobs = await queue.enqueueAll(Array.from({ length: 10 }, () => ({ command: noted(world), cwd: '/' })))
    const second = fill(world.home, of)
    const isTold = (): boolean => /no space left/i.test(worker.stderr)
    await until(
      async () => isTold() || (await queue.count()).completed === 10,
      SOON_MS,
      () => worker.stdout,
    )
    for (const path of second) rmSync(path)
    const ids = jobs.map((job) => ('id' in job ? job.id : ''))
    for (const id of ids)
      await settles(world.queue, id, 'completed', PATIENCE_MS).catch((error: Error) => {
        throw new Error(`${error.message}\n${worker.stdout}${worker.stderr}`)
      })
    await allDoneOnce(world, ids)
    worker.kill()
    await worker.ended
  } finally {
    spawnSync('umount', ['-l', world.home])
  }
}

/** Takes what is left, in large pieces and then in small ones; the names of the files that took it. */
function fill(home: string, of: 'bytes' | 'inodes'): string[] {
  const paths: string[] = []
  for (const bytes of of === 'bytes' ? [65_536, 4096, 1] : [0]) {
    try {
      for (;;) {
        paths.push(join(home, `filler.${paths.length}`))
        writeFileSync(paths.at(-1) ?? '', Buffer.alloc(bytes))
      }
    } catch {
      // No room for a piece of this size; the file itself may be there.
    }
  }
  return paths.filter((path) => existsSync(path))
}

/** A worker that may open only a few files does what it can, and uses no attempt. */
export async function fewDescriptors(world: World, limits: readonly number[]): Promise<void> {
  for (const limit of limits) {
    const ids: string[] = []
    for (let n = 0; n < 6; n++) ids.push((await add(world, noted(world))).id)
    const line = `ulimit -n ${limit}; exec "$0" "$1" worker start --foreground --burst --count 6`
    const poor = start('/bin/sh', ['-c', line, process.execPath, PROGRAM], {
      cwd: world.dir,
      env: { ...cleanEnv(), HOME: world.dir, QUEUECTL_HOME: world.home },
    })
    const isOver = async (): Promise<boolean> => !poor.isRunning || (await world.queue.count()).completed >= ids.length
    await until(isOver, 3000, 'it is done').catch(() => poor.kill('SIGKILL'))
    await poor.ended
    const rich = await world.cli(['worker', 'start', '--foreground', '--burst', '--count', '6'])
    assert.is(rich.code, 0, rich.stderr)
    await allDoneOnce(world, ids)
  }
}

/** Workers whose clocks are years apart share the work and run nothing twice. */
export async function otherYears(world: World, shifts: readonly string[]): Promise<void> {
  if (spawnSync('faketime', ['--version'], { stdio: 'ignore' }).error) skip('there is no faketime')
  // Years ahead everything is older than it is kept; that is another promise.
  configure(world, { keep_completed: 'all' })
  const ids: string[] = []
  for (let n = 0; n < 12; n++) ids.push((await add(world, noted(world))).id)
  const workers = ['+0', ...shifts].map((shift) =>
    start('faketime', ['-f', shift, process.execPath, PROGRAM, 'worker', 'start', '--foreground', '--burst'], {
      cwd: world.dir,
      env: { ...cleanEnv(), HOME: world.dir, QUEUECTL_HOME: world.home },
    }),
  )
  const ran: Ran[] = await Promise.all(workers.map(({ ended }) => ended))
  for (const { code, stderr } of ran) assert.is(code, 0, stderr)
  await allDoneOnce(world, ids)
}

/** More events than the kernel queues for a stopped worker: the changes are found all the same. */
export async function lostEvents(world: World, files: number): Promise<void> {
  const worker = await world.startWorker()
  worker.kill('SIGSTOP')
  for (let n = 0; n < files; n++) {
    const path = join(world.home, `pending/${n}.tmp`)
    writeFileSync(path, '')
    unlinkSync(path)
  }
  const job = await add(world, noted(world))
  writeFileSync(join(world.dir, 'drop'), JSON.stringify({ command: noted(world) }))
  renameSync(join(world.dir, 'drop'), join(world.home, 'pending/dropped.json'))
  worker.kill('SIGCONT')
  for (const id of [job.id, 'dropped']) await settles(world.queue, id, 'completed', PATIENCE_MS)
  await allDoneOnce(world, [job.id, 'dropped'])
  worker.kill()
}

/** Files of random bytes are set aside with every byte they had, and nothing else suffers. */
export async function randomBytes(world: World, files: number, seed: number): Promise<void> {
  const chance = new Chance(seed)
  const sent = new Map<string, string>()
  await world.queue.count()
  for (let n = 0; n < files; n++) {
    // A byte that no UTF-8 text has, so that intake does not wait for the rest.
    const bytes = Buffer.from(
      Array.from({ length: 1 + chance.below(200) }, (_, at) => (at === 0 ? 0xff : chance.below(256))),
    )
    sent.set(`r${n}.json`, bytes.toString('hex'))
    writeFileSync(join(world.home, 'pending', `r${n}.json`), bytes)
  }
  const worker = await world.startWorker()
  const { id } = await add(world, noted(world))
  await settles(world.queue, id, 'completed', SOON_MS)
  const corrupt = (): string[] => readdirSync(join(world.home, 'corrupt')).filter((name) => !name.endsWith('.reason'))
  await until(
    () => corrupt().length >= files,
    PATIENCE_MS,
    () => `${corrupt().length} of ${files} are set aside`,
  )
  for (const name of corrupt())
    assert.is(readFileSync(join(world.home, 'corrupt', name)).toString('hex'), sent.get(name.replace(/^\w+-/, '')))
  worker.kill()
  await worker.ended
  await allDoneOnce(world, [id])
}
