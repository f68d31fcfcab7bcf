/** Who a process is: a pid and its start time, for a pid alone is used again; and which processes belong to a run. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { bootSeconds } from '../clock.ts'
import { errno } from '../errors.ts'
import type { FileId } from './fifo.ts'

/** Who a process is, for ever: a pid alone is used again. */
export interface Identity {
  readonly pid: number
  /** Start time in the kernel's own count, as text; '' where the system does not tell. */
  readonly start: string
  readonly boot: string
  readonly machine: string
  /** The pid namespace its pid belongs to, by inode; '' where there are none. */
  readonly ns: string
}

/** Start time of a living process (field 22 of /proc/pid/stat; a zombie is dead); undefined when there is none. */
export function startTimeOf(pid: number): string | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    // No such process, or a system without /proc; there, `ps` knows.
    if (process.platform === 'linux') return undefined
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return ps.stdout?.trim() || undefined
  }
}

/** The start time in a line of /proc/pid/stat; undefined for a zombie. The name may hold spaces and brackets. */
export function parseStartTime(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

export const isRunning = (who: Pick<Identity, 'pid' | 'start'>): boolean => {
  const start = startTimeOf(who.pid)
  return start !== undefined && (who.start === '' || start === who.start)
}

let cachedIdentity: Identity | undefined

/** Who this process is. */
export function ownIdentity(): Identity {
  cachedIdentity ??= {
    pid: process.pid,
    start: startTimeOf(process.pid) ?? '',
    boot: bootId(),
    machine: machineId(),
    ns: pidNamespace(),
  }
  return cachedIdentity
}

const readFact = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // Not every system has it; the caller has another source.
    return undefined
  }
}

/** Two processes can name each other by pid only when both this and the boot id are the same. */
const pidNamespace = (): string => /\d+/.exec(readProcLink('/proc/self/ns/pid') ?? '')?.[0] ?? ''

const bootId = (): string => readFact('/proc/sys/kernel/random/boot_id') ?? ''

/** The same machine has the same id, whatever its host name; a container without one shares its kernel's boot id. */
const machineId = (): string =>
  readFact('/etc/machine-id') ?? readFact('/var/lib/dbus/machine-id') ?? (bootId() || hostname())

/** The process that leads all that a run started, as its start mark tells. */
export interface Leader extends Pick<Identity, 'pid' | 'start'> {
  /** When the run began, in seconds since the boot; undefined: when its leader did. */
  readonly since?: number
}

/** The kernel counts start times in ticks of 1/100 s on every Linux that Node runs on (sysconf _SC_CLK_TCK). */
export const TICKS_PER_SECOND = 100

/** Milliseconds since a run of this boot began, by a clock that never jumps; undefined where not known. */
export function runAge({ start, since }: Leader): number | undefined {
  const begun = since ?? (/^\d+$/.test(start) ? Number(start) / TICKS_PER_SECOND : undefined)
  return begun === undefined ? undefined : Math.max(0, (bootSeconds() - begun) * 1000)
}

/**
 * Where a signal for a run goes: its process group or, when an earlier run of the same leader has left something in it,
 * each process in it that began since.
 */
export function signalTargets(leader: Leader): number[] {
  if (leader.since === undefined) return [-leader.pid]
  const all = membersOf(leader.pid)
  const isOlder = ({ pid, start }: { pid: number; start: number }): boolean =>
    pid !== leader.pid && start < Math.floor((leader.since ?? 0) * TICKS_PER_SECOND)
  if (!all.some(isOlder)) return [-leader.pid]
  return all.filter((member) => !isOlder(member)).map(({ pid }) => pid)
}

/** The processes of a group, and when they started. Empty where /proc does not tell. */
function membersOf(group: number): { pid: number; start: number }[] {
  return listProc('/proc').flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? readFact(`/proc/${pid}/stat`) : undefined
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
    return fields[2] === String(group) ? [{ pid: Number(pid), start: Number(fields[19]) }] : []
  })
}

export interface HolderFilter {
  /** Ticks since the boot. A process that could not be looked at and is older does not make the search incomplete. */
  readonly since?: number
  /** Told the name by which a process has the file open, as /proc shows it: a path in its mounts, or ` (deleted)`. */
  readonly isMeant?: (name: string) => boolean
}

/** What a search through the processes of this machine found. */
export interface HolderSearch {
  readonly pids: readonly number[]
  /** Could every process be looked at that might hold the file? Only then do no pids mean that nothing holds it. */
  readonly isComplete: boolean
}

/**
 * The processes that have a file open, other than this one. A descriptor is compared by device and inode: its link in
 * /proc is a path in the mounts of that process.
 */
export function findHolders(file: FileId, { since = 0, isMeant = () => true }: HolderFilter = {}): HolderSearch {
  const pids: number[] = []
  // Where /proc/1 is hidden (hidepid), so are others.
  let isComplete = existsSync('/proc/1/stat')
  for (const name of listProc('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const fds = listFds(name)
    if (fds === 'gone') continue
    if (fds === 'hidden') isComplete &&= isOlderOrOfKernel(name, since)
    else if (fds.some((fd) => isOpenAt(`/proc/${name}/fd/${fd}`, file, isMeant))) pids.push(Number(name))
  }
  return { pids, isComplete }
}

/** The processes that hold a FIFO, by pid, as far as /proc shows them. */
export function holdersOf(fifo: string): readonly number[] {
  const stats = statOrNothing(fifo)
  return stats?.isFIFO() ? findHolders(stats).pids : []
}

function listFds(pid: string): string[] | 'gone' | 'hidden' {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(errno(error) ?? '') ? 'gone' : 'hidden'
  }
}

/** A zombie holds nothing, and neither does a thread of the kernel (a child of process 2). */
function isOlderOrOfKernel(pid: string, since: number): boolean {
  const stat = readFact(`/proc/${pid}/stat`)
  if (stat === undefined) return true
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[1] === '2' || pid === '2' || Number(fields[19]) < since
}

function isOpenAt(link: string, file: FileId, isMeant: (name: string) => boolean): boolean {
  const name = readProcLink(link)
  // Sockets, pipes and the like have no path.
  if (name?.startsWith('/') !== true || !isMeant(name)) return false
  const stats = statOrNothing(link)
  return stats !== undefined && stats.ino === file.ino && stats.dev === file.dev
}

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    // Closed or removed since.
    return undefined
  }
}

function listProc(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    // Gone since, or another user's: not one of ours.
    return []
  }
}

function readProcLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // Closed since.
    return undefined
  }
}
