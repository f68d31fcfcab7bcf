/** Reports what every slot of the live workers runs, and what CPU and memory that takes. */
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import type { Job } from '../job/job.ts'
import type { Home } from '../spool/layout.ts'
import { readTraces } from '../run/traces.ts'
import { type WorkerInfo, workersOf } from './workers.ts'
import { type ProcessTable, readProcessTable, usageOf } from '../disk/process-table.ts'
import { holdersOf, startTimeOf } from '../disk/process.ts'
import { runPaths } from '../run/paths.ts'

/** A slot; it is free if it has no job. */
export interface SlotInfo {
  readonly worker: string
  readonly slot: number
  readonly job?: {
    readonly id: string
    readonly run: number
    readonly command: Job['command']
    readonly started_at?: string
    readonly elapsed_ms?: number
    /** The leader of its process group; absent while the run is started or settled. */
    readonly pid?: number
    /** All processes of the run. */
    readonly pids: readonly number[]
    /** Measured over 200 ms; 100 is one busy core. */
    readonly cpu_percent: number
    /** Used by all its processes since it began. */
    readonly cpu_ms: number
    readonly memory_bytes: number
  }
}

/** How long CPU use is measured (ms). */
const SAMPLE_MS = 200

/** Every slot of the workers of this machine, in order. */
export async function slotsOf(home: Home): Promise<SlotInfo[]> {
  const workers = workersOf(home).filter(({ life }) => life === 'alive')
  const startedAt = monotonicMs()
  const before = readProcessTable()
  if (workers.some(({ running }) => running.length > 0)) await sleep(SAMPLE_MS)
  const sample = { before, after: readProcessTable(), ms: Math.max(1, monotonicMs() - startedAt) }
  return workers.flatMap((worker) => slotsOfWorker(home, worker, sample))
}

interface Sample {
  readonly before: ProcessTable
  readonly after: ProcessTable
  readonly ms: number
}

function slotsOfWorker(home: Home, worker: WorkerInfo, sample: Sample): SlotInfo[] {
  const { name } = worker
  const busy = worker.running.map((run, i) => ({
    worker: name,
    slot: run.slot ?? worker.slots + i + 1,
    job: jobInSlot(home, run, sample),
  }))
  const free = Array.from({ length: worker.slots }, (_, i) => i + 1)
    .filter((slot) => !busy.some((one) => one.slot === slot))
    // An adopted run has a slot number beyond the worker's own, and keeps one of those from being free.
    .slice(0, Math.max(0, worker.slots - busy.length))
    .map((slot) => ({ worker: name, slot }))
  return [...busy, ...free].sort((a, b) => a.slot - b.slot)
}

function jobInSlot(home: Home, run: WorkerInfo['running'][number], { before, after, ms }: Sample): SlotInfo['job'] {
  const paths = runPaths(home, run.id, run.run)
  const { leader } = readTraces(paths)
  const isSameProcess = leader !== undefined && startTimeOf(leader.pid) === leader.start
  const others = holdersOf(paths.fifo)
  const use = isSameProcess ? usageOf(after, leader.pid, others) : { pids: [], cpuMs: 0, memory: 0 }
  const earlier = isSameProcess ? usageOf(before, leader.pid, others).cpuMs : 0
  const started = Date.parse(run.started_at ?? '')
  return {
    id: run.id,
    run: run.run,
    command: run.command,
    ...(run.started_at === undefined ? {} : { started_at: run.started_at }),
    ...(Number.isNaN(started) ? {} : { elapsed_ms: Math.max(0, nowMs() - started) }),
    ...(isSameProcess ? { pid: leader.pid } : {}),
    pids: use.pids,
    cpu_percent: Math.round((Math.max(0, use.cpuMs - earlier) / ms) * 100),
    cpu_ms: use.cpuMs,
    memory_bytes: use.memory,
  }
}
