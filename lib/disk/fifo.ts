/**
 * Dead or alive, told by the kernel and never by a clock.
 *
 * A FIFO is held (its write end is open) as long as any process that inherited it lives, and free at the instant the
 * last one ends: immune to SIGSTOP, pid reuse, clock jumps and stalls. Where there is no FIFO, a process is known by
 * its pid and start time.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { hostname } from 'node:os'
import { bootSeconds } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'

/** Who a process is, for ever: a pid alone is used again. */
export interface Identity {
  readonly pid: number
  /** Start time in the kernel's own count, as text; '' where the system does not tell. */
  readonly start: string
  readonly boot: string
  readonly machine: string
}

/** Makes FIFOs in one call of mkfifo(1), which costs as much as making one. Their names must be free. */
export function makeFifos(paths: readonly string[]): void {
  const made = spawnSync('mkfifo', ['-m', '600', '--', ...paths], { stdio: ['ignore', 'ignore', 'pipe'] })
  if (made.error) throw made.error
  if (made.status !== 0) throw new QueueError('FAILED', `cannot make a FIFO: ${made.stderr.toString().trim()}`)
}

/** Holds a FIFO until the descriptor is closed or this process ends. */
export const hold = (path: string): number => openSync(path, constants.O_RDWR | constants.O_NONBLOCK)

/** A FIFO's read end, which holds nothing. */
export const listen = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)

/** The same; undefined when there is no such FIFO (any more). */
export function listenIfThere(path: string): number | undefined {
  try {
    return listen(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '')) return undefined
    throw error
  }
}

/** The write end for a child to inherit; somebody must be listening. */
export const writeEnd = (path: string): number => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)

/** Does any process hold the FIFO whose read end this is? What was written into it is thrown away. */
export function isHeldAt(fd: number): boolean {
  const buffer = Buffer.alloc(64)
  try {
    while (readSync(fd, buffer) > 0);
    return false
  } catch (error) {
    if (errno(error) === 'EAGAIN') return true
    throw error
  }
}

/**
 * Calls `ended`, perhaps twice, once nobody holds the FIFO whose read end this is; the result stops that. Also when the
 * last one was gone before we listened: of that the kernel tells nobody.
 */
export function hearEnd(fd: number, ended: () => void): Socket {
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.on('end', ended).on('error', ended)
  // Nothing is ever written; reading is what makes the end heard.
  socket.resume()
  if (!isHeldAt(fd)) setImmediate(ended)
  return socket
}

/** Does any process hold this FIFO? Undefined: there is none of that name. */
export function isHeld(path: string): boolean | undefined {
  const fd = listenIfThere(path)
  if (fd === undefined) return undefined
  try {
    return isHeldAt(fd)
  } finally {
    closeSync(fd)
  }
}

/** Start time of a living process (field 22 of /proc/pid/stat; a zombie is dead); undefined when there is none. */
export function startOf(pid: number): string | undefined {
  try {
    return startIn(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    // No such process, or a system without /proc; there, `ps` knows.
    if (process.platform === 'linux') return undefined
    const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
    return ps.stdout?.trim() || undefined
  }
}

/** The start time in a line of /proc/pid/stat; undefined for a zombie. The name may hold spaces and brackets. */
export function startIn(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

export const isRunning = (who: Pick<Identity, 'pid' | 'start'>): boolean => {
  const start = startOf(who.pid)
  return start !== undefined && (who.start === '' || start === who.start)
}

let ours: Identity | undefined

/** Who this process is. */
export function self(): Identity {
  ours ??= { pid: process.pid, start: startOf(process.pid) ?? '', boot: bootId(), machine: machineId() }
  return ours
}

const fact = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // Not every system has it; the caller has another source.
    return undefined
  }
}

const bootId = (): string => fact('/proc/sys/kernel/random/boot_id') ?? ''

/** The same machine has the same id, whatever its host name; a container without one shares its kernel's boot id. */
const machineId = (): string => fact('/etc/machine-id') ?? fact('/var/lib/dbus/machine-id') ?? (bootId() || hostname())

/** The process that leads all that a run started, as its start mark tells. */
export interface Leader extends Pick<Identity, 'pid' | 'start'> {
  /** When the run began, in seconds since the boot; undefined: when its leader did. */
  readonly since?: number
}

/** The kernel counts start times in ticks of 1/100 s on every Linux that Node runs on (sysconf _SC_CLK_TCK). */
const TICKS = 100

/** Milliseconds since a run of this boot began, by a clock that never jumps; undefined where not known. */
export function ageOf({ start, since }: Leader): number | undefined {
  const begun = since ?? (/^\d+$/.test(start) ? Number(start) / TICKS : undefined)
  return begun === undefined ? undefined : Math.max(0, (bootSeconds() - begun) * 1000)
}

/**
 * Where a signal for a run goes: its process group or, when an earlier run of the same leader has left something in it,
 * each process in it that began since.
 */
export function targetsOf(leader: Leader): number[] {
  if (leader.since === undefined) return [-leader.pid]
  const all = membersOf(leader.pid)
  const isOlder = ({ pid, start }: { pid: number; start: number }): boolean =>
    pid !== leader.pid && start < Math.floor((leader.since ?? 0) * TICKS)
  if (!all.some(isOlder)) return [-leader.pid]
  return all.filter((member) => !isOlder(member)).map(({ pid }) => pid)
}

/** The processes of a group, and when they started. Empty where /proc does not tell. */
function membersOf(group: number): { pid: number; start: number }[] {
  return list('/proc').flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? fact(`/proc/${pid}/stat`) : undefined
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
    return fields[2] === String(group) ? [{ pid: Number(pid), start: Number(fields[19]) }] : []
  })
}

/** The processes that hold a FIFO, by pid: found by their open descriptors. Empty where /proc does not tell. */
export function holdersOf(fifo: string): number[] {
  const found: number[] = []
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    for (const fd of list(`/proc/${pid}/fd`)) {
      if (linkOf(`/proc/${pid}/fd/${fd}`) !== fifo) continue
      found.push(Number(pid))
      break
    }
  }
  return found
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    // Gone since, or another user's: not one of ours.
    return []
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    // Closed since.
    return undefined
  }
}
