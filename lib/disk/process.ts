/** Identifies processes across pid reuse, and finds the processes of a run. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { bootSeconds } from '../clock.ts'
import { errno } from '../errors.ts'
import type { FileId } from './fifo.ts'

/** A process, unique for ever. A pid alone is reused. */
export interface Identity {
  readonly pid: number
  /** Start time in the kernel's ticks, as text; '' where the system does not report it. */
  readonly start: string
  readonly boot: string
  readonly machine: string
  /** The pid namespace of its pid, by inode; '' where there are no namespaces. */
  readonly ns: string
}

/** Start time of a living process (field 22 of /proc/pid/stat); undefined when there is none, or a zombie. */
export function startTimeOf(pid: number): string | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    // No such process, or a system without /proc: ask `ps`.
    if (process.platform === 'linux') return undefined
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return ps.stdout?.trim() || undefined
  }
}

/** The start time in a line of /proc/pid/stat; undefined for a zombie. The name may contain spaces and brackets. */
export function parseStartTime(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

export const isRunning = ({ pid, start }: Pick<Identity, 'pid' | 'start'>): boolean => {
  const found = startTimeOf(pid)
  return found !== undefined && (start === '' || found === start)
}

type Namespace = Pick<Identity, 'boot' | 'machine'> & Partial<Pick<Identity, 'ns'>>

/** Is it the same boot of the same kernel? By the boot id; where the system has none, by the machine. */
export const isSameBoot = (a: Namespace, b: Namespace): boolean =>
  a.boot === b.boot && (a.boot !== '' || a.machine === b.machine)

/** Do pids mean the same processes to both? A card of an older version does not name its namespace. */
export const isSameNamespace = (a: Namespace, b: Namespace): boolean =>
  isSameBoot(a, b) && (a.ns === undefined || b.ns === undefined || a.ns === b.ns)

let cachedIdentity: Identity | undefined

/** The identity of this process. */
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

/**
 * Has our boot id or pid namespace changed, as after a checkpoint was restored or a machine was cloned? After a yes
 * {@link ownIdentity} is the new one.
 */
export function hasIdentityChanged(): boolean {
  if (cachedIdentity === undefined) return false
  if (cachedIdentity.boot === bootId() && cachedIdentity.ns === pidNamespace()) return false
  cachedIdentity = undefined
  return true
}

const readProcFile = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // Not every system has the file; the caller has another source.
    return undefined
  }
}

/** A pid names the same process for two processes only if they share this and the boot id. */
const pidNamespace = (): string => /\d+/.exec(readProcLink('/proc/self/ns/pid') ?? '')?.[0] ?? ''

const bootId = (): string => readProcFile('/proc/sys/kernel/random/boot_id') ?? ''

/** Stays the same when the host name changes. A container without a machine id gets its kernel's boot id. */
const machineId = (): string =>
  readProcFile('/etc/machine-id') ?? readProcFile('/var/lib/dbus/machine-id') ?? (bootId() || hostname())

/** The process that leads a run's processes, as recorded in the start mark. */
export interface Leader extends Pick<Identity, 'pid' | 'start'> {
  /** When the run started, in seconds since boot; undefined when it started with its leader. */
  readonly since?: number
}

/** Start times are in ticks of 1/100 s on every Linux that Node runs on (sysconf _SC_CLK_TCK). */
export const TICKS_PER_SECOND = 100

/** Milliseconds since a run of this boot started, by a clock that never jumps; undefined when unknown. */
export function runAge({ start, since }: Leader): number | undefined {
  const startedAt = since ?? (/^\d+$/.test(start) ? Number(start) / TICKS_PER_SECOND : undefined)
  return startedAt === undefined ? undefined : Math.max(0, (bootSeconds() - startedAt) * 1000)
}

/**
 * The targets of a signal for a run, for kill(2): its process group or, when an earlier run of the same leader left
 * processes in that group, each process in it that started since.
 */
export function signalTargets(leader: Leader): number[] {
  if (leader.since === undefined) return [-leader.pid]
  const all = membersOf(leader.pid)
  const isOlder = ({ pid, start }: { pid: number; start: number }): boolean =>
    pid !== leader.pid && start < Math.floor((leader.since ?? 0) * TICKS_PER_SECOND)
  if (!all.some(isOlder)) return [-leader.pid]
  return all.filter((member) => !isOlder(member)).map(({ pid }) => pid)
}

/** The processes of a group and their start times in ticks. Empty where there is no /proc. */
function membersOf(group: number): { pid: number; start: number }[] {
  return listProc('/proc').flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? readProcFile(`/proc/${pid}/stat`) : undefined
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
    return fields[2] === String(group) ? [{ pid: Number(pid), start: Number(fields[19]) }] : []
  })
}

export interface HolderFilter {
  /** Ticks since boot. An older process that cannot be inspected does not make the search incomplete. */
  readonly since?: number
  /** Gets the name of an open file as /proc shows it: a path in the process's mounts, or one ending in ` (deleted)`. */
  readonly isWanted?: (name: string) => boolean
  /** Only the processes that may write to it. */
  readonly isWriting?: boolean
}

/** The result of a search through the processes of this machine. */
export interface HolderSearch {
  readonly pids: readonly number[]
  /** Was every process inspected that may hold the file? Only then does an empty `pids` mean that none holds it. */
  readonly isComplete: boolean
}

/**
 * The processes that have a file open, other than this one. A descriptor is compared by device and inode: its link in
 * /proc is a path in the mounts of that process.
 */
export function findHolders(
  file: FileId,
  { since = 0, isWanted = () => true, isWriting = false }: HolderFilter = {},
): HolderSearch {
  const pids: number[] = []
  // If /proc/1 is hidden (hidepid), other processes are too.
  let isComplete = existsSync('/proc/1/stat')
  for (const name of listProc('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const fds = listFds(name)
    if (fds === 'gone') continue
    if (fds === 'hidden') isComplete &&= isOlderOrOfKernel(name, since)
    else if (fds.some((fd) => isOpenAt(`/proc/${name}/fd/${fd}`, file, isWanted) && (!isWriting || mayWrite(name, fd))))
      pids.push(Number(name))
  }
  return { pids, isComplete }
}

/** The pids of other processes that have a FIFO open, as far as /proc shows them. */
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

/** Zombies and kernel threads (children of process 2) hold nothing. */
function isOlderOrOfKernel(pid: string, since: number): boolean {
  const stat = readProcFile(`/proc/${pid}/stat`)
  if (stat === undefined) return true
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[1] === '2' || pid === '2' || Number(fields[19]) < since
}

function isOpenAt(link: string, file: FileId, isWanted: (name: string) => boolean): boolean {
  const name = readProcLink(link)
  // Sockets and pipes have no path.
  if (name?.startsWith('/') !== true || !isWanted(name)) return false
  const stats = statOrNothing(link)
  return stats !== undefined && stats.ino === file.ino && stats.dev === file.dev
}

/** Was the descriptor opened for writing? The access mode is the last octal digit but for its high bit. */
const mayWrite = (pid: string, fd: string): boolean =>
  (Number(/^flags:\s*(\d+)/m.exec(readProcFile(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1]?.at(-1) ?? 0) & 3) !== 0

function statOrNothing(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    // Closed or removed meanwhile.
    return undefined
  }
}

function listProc(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    // It has ended, or is another user's and so not one of ours.
    return []
  }
}

function readProcLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // It was closed meanwhile.
    return undefined
  }
}
