/**
 * Output that grows beyond `max_log_bytes`: its head and its end are kept. While the run goes on the middle is punched
 * out of the file, where the system can (fallocate(1)); once it has ended the file is rewritten as head, a clear line, end.
 * Whoever writes is never waited for, slowed or told.
 *
 *   run/<id>.<n>.gap  what is punched out of which file, on disk before it is: readers pass it over
 *
 * Crash: after the gap is written, at worst bytes are passed over that are still there; after the rewriting, the gap
 * speaks of a file that is gone (its inode is named), and means nothing.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, read as readAt, write } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { randomHex } from '../clock.ts'
import { createNew, exists, lstat, move, readText, remove, replaceFile } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import type { RunPaths } from './paths.ts'

export type OutputFile = 'out' | 'err'

/** What was punched out of a file: bytes `from` to `to`. */
export interface Gap {
  readonly ino: number
  readonly from: number
  readonly to: number
}

/** The unit in which file systems give room back. */
const PAGE = 4096
const BLOCK = 1_048_576

const up = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE
const down = (bytes: number): number => Math.floor(bytes / PAGE) * PAGE

/** The line that stands for what is left out. */
export const gapLine = (bytes: number): string => `\n--- queuectl: ${bytes} bytes left out here (max-log-bytes) ---\n`

/** What is punched out of these streams. */
export function gapsOf(path: string): Partial<Record<OutputFile, Gap>> {
  try {
    return JSON.parse(readText(path) ?? '{}') as Partial<Record<OutputFile, Gap>>
  } catch {
    // Torn by a power cut: what it told of a running file is of no use any more.
    return {}
  }
}

/** Can this system punch holes? Not asked again after the first failure. */
let canPunch = true

/** Punches out of a run's files what lies between the halves that are kept. Returns at once. */
export function punchHole(home: Home, paths: RunPaths, most: number): void {
  if (!canPunch) return
  for (const stream of ['out', 'err'] as const) {
    const stats = lstat(paths[stream])
    // Not for every little: each time costs a process.
    if (!stats || stats.blocks * 512 < most + Math.max(most / 4, 2 * PAGE)) continue
    const gaps = gapsOf(paths.gap)
    const known = gaps[stream]
    const from = known?.from ?? up(most / 2)
    const to = down(stats.size - most / 2)
    const begin = known?.ino === stats.ino ? Math.max(from, known.to) : from
    if (to - begin < PAGE) continue
    const aside = join(home.tmp, `gap.${randomHex(8)}.new`)
    // If we die after this: readers pass over bytes that are still there.
    replaceFile(aside, paths.gap, JSON.stringify({ ...gaps, [stream]: { ino: stats.ino, from, to } }), false)
    const args = ['--punch-hole', '--offset', String(begin), '--length', String(to - begin), '--', paths[stream]]
    const child = spawn('fallocate', args, { stdio: 'ignore' })
    child.once('error', () => (canPunch = false))
    child.once('exit', (code) => (canPunch &&= code === 0))
    child.unref()
  }
}

/**
 * Rewrites the files of a run that has ended, if they are too long: head, a clear line, end. Never fails: a file for
 * whose rewriting there is no room stays as it is, with zeros where it was punched.
 */
export async function truncateMiddle(paths: RunPaths, most: number): Promise<void> {
  const gaps = exists(paths.gap) ? gapsOf(paths.gap) : {}
  for (const stream of ['out', 'err'] as const) {
    const stats = lstat(paths[stream])
    const gap = gaps[stream]
    const isPunched = gap !== undefined && gap.ino === stats?.ino
    if (!stats?.isFile() || (stats.size <= most && !isPunched)) continue
    const head = isPunched ? gap.from : Math.floor(most / 2)
    const end = Math.max(isPunched ? gap.to : 0, stats.size - Math.floor(most / 2), head)
    try {
      await rewrite(paths[stream], head, end, stats.size)
    } catch {
      // No room, or no right to: that must not keep a job from being settled.
    }
  }
}

const readSome = promisify(readAt)
const writeSome = promisify(write)

async function rewrite(path: string, head: number, end: number, size: number): Promise<void> {
  const aside = join(dirname(path), `.${path.slice(dirname(path).length + 1)}.new`)
  // Left by one who died here before us.
  remove(aside)
  const to = createNew(aside)
  if (to === undefined) return
  const from = openSync(path, 'r')
  try {
    await copy(from, to, 0, head)
    await writeSome(to, gapLine(end - head))
    await copy(from, to, end, size)
    // If we die before this: the long file, and a dotfile beside it that the next one to shorten it removes.
    move(aside, path)
  } catch (error) {
    remove(aside)
    throw error
  } finally {
    closeSync(from)
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
