/**
 * Defines the errors that are reported to people.
 *
 * A QueueError is caused by the user or the system: it is printed as one line without a stack, and its code decides the
 * exit status. Any other error is a bug of ours and is printed with its stack.
 */

import { constants } from 'node:os'

/** Stable names for refusals; `queuectl help scripts` lists them with the exit status each one gives. */
export type ErrorCode =
  | 'FAILED'
  | 'DUPLICATE_JOB'
  | 'NOT_WRITABLE'
  | 'UNSAFE_HOME'
  | 'DISK_FULL'
  | 'USAGE'
  | 'INVALID_JOB'
  | 'BAD_CONFIG'
  | 'BROKEN_CONFIG'
  | 'WRONG_STATE'
  | 'NOT_FOUND'
  | 'NO_WORKER'
  | 'PARTLY_DONE'
  | 'STILL_HELD'
  | 'STILL_RUNNING'

/** The exit status of a command that fails for this reason. */
export const EXIT_STATUS: Readonly<Record<ErrorCode, number>> = {
  FAILED: 1,
  DUPLICATE_JOB: 1,
  NOT_WRITABLE: 1,
  UNSAFE_HOME: 1,
  DISK_FULL: 1,
  USAGE: 2,
  INVALID_JOB: 2,
  BAD_CONFIG: 2,
  BROKEN_CONFIG: 1,
  WRONG_STATE: 3,
  NOT_FOUND: 4,
  NO_WORKER: 5,
  PARTLY_DONE: 6,
  STILL_HELD: 6,
  STILL_RUNNING: 75,
}

export class QueueError extends Error {
  override readonly name = 'QueueError'
  readonly code: ErrorCode
  /** What to do next, as one sentence without a full stop. */
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = hint
  }

  /** The exit status a command ends with when it fails for this reason. */
  get exitCode(): number {
    return EXIT_STATUS[this.code]
  }
}

/** The errno name of a system error (`ENOENT` …), or undefined for anything else. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined
  if (!/^unknown/i.test(error.code)) return error.code
  // Node has no name for some, such as EDQUOT: it says `UNKNOWN` or `Unknown system error -122`. The number is right.
  const number = 'errno' in error ? Math.abs(Number(error.errno)) : Number.NaN
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? error.code
}

/** A system error as a QueueError with the message `cannot <doing>: <reason>` and a hint; other errors as they are. */
export function explained(error: unknown, doing: string): unknown {
  const code = errno(error)
  if (error instanceof QueueError || code === undefined) return error
  const why: Record<string, [string, string?]> = {
    EACCES: ['permission denied', 'check who owns the directory and its mode'],
    EPERM: ['not permitted'],
    EROFS: ['the file system is read-only'],
    ENOSPC: ['no space left on the device', 'free some space; nothing was lost'],
    EDQUOT: ['disk quota exceeded', 'free some space; nothing was lost'],
    ENOENT: ['a file or directory is missing'],
    ENOTDIR: ['part of the path is not a directory'],
    EMFILE: ['too many open files', 'raise the limit with ulimit -n'],
    EFBIG: ['the file would be larger than this process may write', 'raise the limit with ulimit -f'],
    ENAMETOOLONG: ['the name is too long'],
    ELOOP: ['a symbolic link is in the place of a file'],
    EISDIR: ['a directory is in the place of a file'],
    EIO: ['the disk failed', 'see the system log'],
  }
  const [reason, hint] = why[code] ?? [code]
  const kind =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'DISK_FULL'
      : ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code)
        ? 'NOT_WRITABLE'
        : 'FAILED'
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined
  const where = path === undefined || kind === 'DISK_FULL' || doing.includes(path) ? '' : ` (${path})`
  return new QueueError(kind, `cannot ${doing}: ${reason}${where}`, hint, { cause: error })
}

/** The word of `known` nearest to what was typed; undefined when none is near enough. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const reach = Math.max(1, Math.floor(typed.length / 3))
  let best: string | undefined
  let least = reach + 1
  for (const word of known) {
    const d = word.startsWith(typed) && typed.length > 2 ? 1 : distance(typed, word)
    if (d < least) [best, least] = [word, d]
  }
  return best
}

/** Levenshtein distance with adjacent swaps counted as one. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let d = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, at(i - 2, j - 2) + 1)
      row.push(d)
    }
  }
  return at(a.length, b.length)
}
