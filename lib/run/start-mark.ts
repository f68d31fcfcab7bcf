/**
 * The start mark: the first line of `run/<id>.<n>.mark`, written by the shell just before the command. It holds the
 * shell's line of /proc/pid/stat, and after it what the worker knew: when the run began, and by which kernel, pid
 * namespace and FIFO it can be recognised.
 */
import { type Leader, ownIdentity, parseStartTime } from '../disk/process.ts'

export interface StartMark {
  /** Undefined: the mark has no start time, and a pid alone names no process. */
  readonly leader: Leader | undefined
  /** Seconds since the boot at which the run began, of a resident shell. */
  readonly since: number | undefined
  /** Of the kernel and pid namespace it ran under; undefined in a mark of an older version. */
  readonly boot: string | undefined
  readonly ns: string | undefined
  /** The inode of the run's FIFO. */
  readonly fifo: number | undefined
  /** Its shell started the command without a sub-shell: signal-word.ts. */
  readonly hasNoSubShell: boolean
}

/** What a shell appends to its line of /proc/pid/stat. @param since left out where the shell starts this run alone */
export function markSuffix(fifo: number, since?: number, hasNoSubShell = false): string {
  const { boot, ns } = ownIdentity()
  return `${since === undefined ? '' : `since=${since} `}boot=${boot} ns=${ns} fifo=${fifo}${hasNoSubShell ? ' by=vfork' : ''}`
}

export function parseMark(line: string): StartMark {
  const value = (name: string): string | undefined =>
    new RegExp(` ${name}=(\\S+)`).exec(line.slice(line.lastIndexOf(')') + 1))?.[1]
  const number = (name: string): number | undefined => {
    const text = value(name)
    return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  }
  const since = number('since')
  const start = line.includes(')') ? parseStartTime(line) : undefined
  const leader = { pid: Number.parseInt(line, 10), start: start ?? '' }
  return {
    leader: start ? { ...leader, ...(since === undefined ? {} : { since }) } : undefined,
    since,
    boot: value('boot'),
    ns: value('ns'),
    fifo: number('fifo'),
    hasNoSubShell: value('by') === 'vfork',
  }
}
