/**
 * What every slot of every living worker is doing, and what that costs.
 */
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import type { Job } from '../job/job.ts'
import type { Home } from '../spool/layout.ts'
import { readTraces } from '../run/traces.ts'
import { type WorkerInfo, workersOf } from './workers.ts'
import { type ProcessTable, readProcessTable, usageOf } from '../disk/process-table.ts'
import { holdersOf, startTimeOf } from '../disk/process.ts'
import { runPaths } from '../run/paths.ts'

/** A slot; without a job it is free. */
export interface SlotInfo {
  readonly worker: string
  readonly slot: number
  readonly job?: {
    readonly id: string
    readonly run: number
    readonly command: Job['command']
    readonly started_at?: string
    readonly elapsed_ms?: number
    /** The leader of its process group; absent while it is being started or settled. */
    readonly pid?: number
    /** All processes of its tree. */
    readonly pids: readonly number[]
    /** Of one core, over the last moment: 200 is two cores busy. */
    readonly cpu_percent: number
    /** Used since it began, by all processes. */
    readonly cpu_ms: number
    readonly memory_bytes: number
  }
}

/** The time over which CPU use is measured (ms). */
const SAMPLE = 200

/** Every slot of the workers of this machine, in order. */
export async function slotsOf(home: Home): Promise<SlotInfo[]> {
  const workers = workersOf(home).filter(({ life }) => life === 'alive')
  const begun = monotonicMs()
  const before = readProcessTable()
  if (workers.some(({ running }) => running.length > 0)) await sleep(SAMPLE)
  const sample = { before, after: readProcessTable(), ms: Math.max(1, monotonicMs() - begun) }
  return workers.flatMap((worker) => slotsOfOne(home, worker, sample))
}

interface Sample {
  readonly before: ProcessTable
  readonly after: ProcessTable
  readonly ms: number
}

function slotsOfOne(home: Home, worker: WorkerInfo, sample: Sample): SlotInfo[] {
  const { name } = worker
  const busy = worker.running.map((run, i) => ({
    worker: name,
    slot: run.slot ?? worker.slots + i + 1,
    job: inSlot(home, run, sample),
  }))
  const free = Array.from({ length: worker.slots }, (_, i) => i + 1)
    .filter((slot) => !busy.some((one) => one.slot === slot))
    // Adopted runs take slots beyond the worker's own; as many of its own are then not free.
    .slice(0, Math.max(0, worker.slots - busy.length))
    .map((slot) => ({ worker: name, slot }))
  return [...busy, ...free].sort((a, b) => a.slot - b.slot)
}

function inSlot(home: Home, run: WorkerInfo['running'][number], { before, after, ms }: Sample): SlotInfo['job'] {
  const paths = runPaths(home, run.id, run.run)
  const { leader } = readTraces(paths)
  const isItself = leader !== undefined && startTimeOf(leader.pid) === leader.start
  const others = holdersOf(paths.fifo)
  const use = isItself ? usageOf(after, leader.pid, others) : { pids: [], cpuMs: 0, memory: 0 }
  const earlier = isItself ? usageOf(before, leader.pid, others).cpuMs : 0
  const started = Date.parse(run.started_at ?? '')
  return {
    id: run.id,
    run: run.run,
    command: run.command,
    ...(run.started_at === undefined ? {} : { started_at: run.started_at }),
    ...(Number.isNaN(started) ? {} : { elapsed_ms: Math.max(0, nowMs() - started) }),
    ...(isItself ? { pid: leader.pid } : {}),
    pids: use.pids,
    cpu_percent: Math.round((Math.max(0, use.cpuMs - earlier) / ms) * 100),
    cpu_ms: use.cpuMs,
    memory_bytes: use.memory,
  }
}
