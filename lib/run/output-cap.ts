/**
 * Caps output that grows beyond `max_log_bytes`, keeping its head and its end. While the run goes on, the middle is
 * punched out of the file where the file system can do that (fallocate(1)); once it has ended, the file is rewritten as
 * head, a line that says what is missing, end. The job that writes the output does not notice.
 *
 *   run/<id>.<n>.gap  which bytes of which file are punched out, written before they are; readers skip them
 *
 * Crash: after the gap is written, readers may skip bytes that are still there. After the file is rewritten, the gap
 * names the inode of a file that is gone and is ignored.
 */
import { spawn } from 'node:child_process'
import { closeSync, read as readAt, write } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { createNew, exists, isRealDir, lstat, move, readText, remove, replaceFile } from '../disk/files.ts'
import { openIfThere } from '../disk/read.ts'
import { QueueError } from '../errors.ts'
import type { Home } from '../spool/layout.ts'
import type { RunPaths } from './paths.ts'
import { scratchPath } from '../disk/scratch.ts'

export type OutputFile = 'out' | 'err'

/** The bytes punched out of a file: `from` up to, not including, `to`. */
export interface Gap {
  readonly ino: number
  readonly from: number
  readonly to: number
}

/** File systems free whole pages only. */
const PAGE = 4096
const BLOCK = 1_048_576

const roundUp = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE
const roundDown = (bytes: number): number => Math.floor(bytes / PAGE) * PAGE

/** The line that stands for the bytes left out. */
export const gapLine = (bytes: number): string => `\n--- queuectl: ${bytes} bytes left out here (max-log-bytes) ---\n`

const isGap = (gap: Partial<Gap> | null): boolean =>
  [gap?.ino, gap?.from, gap?.to].every((value) => Number.isSafeInteger(value))

/** The gaps recorded in a run's gap file. */
export function gapsOf(path: string): Partial<Record<OutputFile, Gap>> {
  try {
    const gaps = JSON.parse(readText(path) ?? '{}') as Partial<Record<OutputFile, Gap>> | null
    return Object.values(gaps ?? {}).every(isGap) ? (gaps ?? {}) : {}
  } catch {
    // Torn by a power cut, whose run is gone too; or the job put something else there.
    return {}
  }
}

/** Can this system punch holes? Not tried again after the first failure. */
let canPunch = true

/** Punches out of a run's output files what lies between the two halves of `limit` bytes. Returns at once. */
export function punchHole(home: Home, paths: RunPaths, limit: number): void {
  if (!canPunch) return
  for (const stream of ['out', 'err'] as const) {
    const stats = lstat(paths[stream])
    // Each punch costs a process: only once a quarter more than the limit is on the disk.
    if (!stats?.isFile() || stats.blocks * 512 < limit + Math.max(limit / 4, 2 * PAGE)) continue
    const gaps = gapsOf(paths.gap)
    const known = gaps[stream]
    const from = known?.from ?? roundUp(limit / 2)
    const to = roundDown(stats.size - limit / 2)
    const begin = known?.ino === stats.ino ? Math.max(from, known.to) : from
    if (to - begin < PAGE) continue
    const aside = scratchPath(home.tmp, 'gap', 'new')
    // If we die after this: readers skip bytes that are still there.
    replaceFile(aside, paths.gap, JSON.stringify({ ...gaps, [stream]: { ino: stats.ino, from, to } }), false)
    const args = ['--punch-hole', '--offset', String(begin), '--length', String(to - begin), '--', paths[stream]]
    const child = spawn('fallocate', args, { stdio: 'ignore' })
    child.once('error', () => (canPunch = false))
    child.once('exit', (code) => (canPunch &&= code === 0))
    child.unref()
  }
}

/**
 * Rewrites the output files of a run that has ended, if they are longer than `limit` bytes. Best effort: a file that
 * cannot be rewritten stays as it is, with zeros where it was punched.
 */
export async function truncateMiddle(paths: RunPaths, limit: number): Promise<void> {
  const gaps = exists(paths.gap) ? gapsOf(paths.gap) : {}
  for (const stream of ['out', 'err'] as const) {
    const stats = lstat(paths[stream])
    const gap = gaps[stream]
    const isPunched = gap !== undefined && gap.ino === stats?.ino
    if (!stats?.isFile() || (stats.size <= limit && !isPunched) || !isRealDir(dirname(paths[stream]))) continue
    const head = isPunched ? gap.from : Math.floor(limit / 2)
    const end = Math.max(isPunched ? gap.to : 0, stats.size - Math.floor(limit / 2), head)
    try {
      await rewrite(paths[stream], head, end, stats.size)
    } catch {
      // Disk full, or not allowed: that must not keep the job from being settled.
    }
  }
}

const readSome = promisify(readAt)
const writeSome = promisify(write)

async function rewrite(path: string, head: number, end: number, size: number): Promise<void> {
  const aside = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.new`)
  // A worker that died here left it.
  remove(aside)
  // If we die from here on: the long file, and beside it a dotfile that the next rewrite removes.
  const to = createNew(aside)
  if (to === undefined) return
  const from = openIfThere(path)
  try {
    if (from === undefined) throw new QueueError('FAILED', `${path} is gone`)
    await copy(from, to, 0, head)
    await writeSome(to, gapLine(end - head))
    await copy(from, to, end, size)
    // If we die after this: the short file; the gap names an inode that is gone.
    move(aside, path)
  } catch (error) {
    remove(aside)
    throw error
  } finally {
    if (from !== undefined) closeSync(from)
    closeSync(to)
  }
}

async function copy(from: number, to: number, begin: number, end: number): Promise<void> {
  const block = Buffer.alloc(BLOCK)
  for (let at = begin; at < end; ) {
    const { bytesRead } = await readSome(from, block, 0, Math.min(BLOCK, end - at), at)
    if (bytesRead === 0) return
    for (let done = 0; done < bytesRead; )
      done += (await writeSome(to, block, done, bytesRead - done, null)).bytesWritten
    at += bytesRead
  }
}
