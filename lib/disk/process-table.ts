/**
 * Measures what a run uses: CPU and memory of all its processes, from /proc, or from ps(1) where there is no /proc.
 *
 * Reading /proc takes a millisecond for all processes of a machine. The package for it (pidusage) reads one process at
 * a time and knows no trees.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** One process in the kernel's process table. */
interface ProcessRow {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly session: number
  /** CPU time used so far, ms. */
  readonly cpuMs: number
  /** Resident memory, bytes. */
  readonly memory: number
}

export type ProcessTable = ReadonlyMap<number, ProcessRow>

/** What a tree of processes uses: CPU time in ms, memory in bytes. */
export interface ProcessUsage {
  readonly pids: readonly number[]
  readonly cpuMs: number
  readonly memory: number
}

// Linux reports ticks of 1/100 s and pages of 4 KiB on nearly every machine that Node runs on.
const TICK_MS = 10
const PAGE = 4096

/** All processes of this machine. */
export function readProcessTable(): ProcessTable {
  return new Map((fromProc() ?? fromPs()).map((row) => [row.pid, row]))
}

function fromProc(): ProcessRow[] | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/proc').flatMap((name) => (/^\d/.test(name) ? (fromStat(name) ?? []) : []))
}

function fromStat(pid: string): ProcessRow | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    // It has ended since.
    return undefined
  }
  // The name may contain spaces and brackets: count the fields after it; the first of them is the state.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0, group = 0, session = 0] = fields
  // Its own CPU time and that of its ended children, in user and system mode.
  const cpuMs = fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) * TICK_MS
  return { pid: Number(pid), parent, group, session, cpuMs, memory: (fields[21] ?? 0) * PAGE }
}

function fromPs(): ProcessRow[] {
  const ps = spawnSync('ps', ['-axo', 'pid=,ppid=,pgid=,rss=,time='], { encoding: 'utf8' })
  return (ps.stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent = 0, group = 0, kilobytes = 0] = line.trim().split(/\s+/).map(Number)
    if (!pid) return []
    const cpuMs = psTime(line.trim().split(/\s+/)[4] ?? '') * 1000
    return [{ pid, parent, group, session: group, cpuMs, memory: kilobytes * 1024 }]
  })
}

/** Seconds in `[[dd-]hh:]mm:ss.cc`. */
const psTime = (text: string): number =>
  text
    .replace('-', ':')
    .split(':')
    .reduce((sum, part, i, all) => sum * (i === all.length - 3 && i === 0 ? 24 : 60) + (Number(part) || 0), 0)

/** A process, its session and group, these others, and the descendants of all of them. */
export function usageOf(all: ProcessTable, leader: number, others: readonly number[] = []): ProcessUsage {
  const members = new Set<number>([leader, ...others])
  let before = 0
  while (members.size > before) {
    before = members.size
    for (const row of all.values())
      if (members.has(row.parent) || row.session === leader || row.group === leader) members.add(row.pid)
  }
  const living = [...members].flatMap((pid) => all.get(pid) ?? [])
  return {
    pids: living.map(({ pid }) => pid).sort((a, b) => a - b),
    // The leader is a shell that is used again: its time includes earlier runs.
    cpuMs: living.reduce((sum, { pid, cpuMs }) => sum + (pid === leader ? 0 : cpuMs), 0),
    memory: living.reduce((sum, { memory }) => sum + memory, 0),
  }
}
