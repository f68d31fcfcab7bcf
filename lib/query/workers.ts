/** Lists the workers of a home and what each runs. */
import { join } from 'node:path'
import { nowMs } from '../clock.ts'
import { readTail } from '../disk/read.ts'
import { visible } from '../job/sanitize.ts'
import type { Job } from '../job/job.ts'
import { type Takes, takesOf } from '../job/takes.ts'
import { isoTime } from '../job/time.ts'
import { readJobFile, jobFiles } from '../spool/scan.ts'
import { heldBackBy } from '../spool/held-back.ts'
import { type Holder, holders, type WorkerLimits } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { isAnswering, silentSince } from '../spool/silence.ts'
import { leaseAge } from '../disk/lease.ts'

/** A worker of this home, alive or dead. */
export interface WorkerInfo extends Takes {
  readonly name: string
  readonly pid: number
  readonly life: Holder['life']
  readonly slots: number
  /** What it keeps to (`--max-load` and others). */
  readonly limits?: WorkerLimits
  /** Why it starts no job now, by its limits. */
  readonly held_back?: string
  readonly started_at: string
  readonly log: string
  /** A worker that is alive has not renewed its lease since then (ISO 8601): it is stopped, frozen or stuck. */
  readonly not_answering_since?: string
  /** Seconds since a worker of another machine (`elsewhere`) renewed its lease. */
  readonly lease_age?: number
  readonly running: readonly {
    readonly id: string
    readonly slot?: number
    readonly run: number
    readonly command: Job['command']
    readonly started_at?: string
  }[]
}

/** Slots and processes of the workers that answer, and how many do not, or are elsewhere. */
export const countWorkers = (workers: readonly WorkerInfo[]): Record<string, number> => {
  const answering = workers.filter(isAnswering)
  return {
    active_workers: answering.reduce((sum, { slots }) => sum + slots, 0),
    worker_processes: answering.length,
    not_answering: workers.filter(({ not_answering_since }) => not_answering_since !== undefined).length,
    elsewhere: workers.filter(({ life }) => life === 'elsewhere').length,
    held_back: answering.filter(({ held_back }) => held_back !== undefined).length,
  }
}

function silenceOf(holder: Holder): Pick<WorkerInfo, 'not_answering_since'> {
  const since = silentSince(holder)
  return since === undefined ? {} : { not_answering_since: isoTime(since) }
}

function limitsOf(holder: Holder): Pick<WorkerInfo, 'limits' | 'held_back'> {
  const limits = holder.card?.limits
  if (limits === undefined) return {}
  const why = heldBackBy(holder)
  return { limits, ...(why === undefined ? {} : { held_back: why }) }
}

/** All workers; a dead one until another has taken over its jobs. */
export function workersOf(home: Home): WorkerInfo[] {
  const running = [...jobFiles(home, ['processing'])]
  return holders(home)
    .filter((holder) => holder.kind === 'worker')
    .map((holder) => ({
      name: holder.name,
      pid: holder.card?.pid ?? 0,
      life: holder.life,
      slots: holder.card?.slots ?? 0,
      ...takesOf(holder.card ?? {}),
      ...limitsOf(holder),
      started_at: holder.card?.started_at ?? '',
      log: holder.card?.log ?? '',
      ...silenceOf(holder),
      ...(holder.life === 'elsewhere' ? { lease_age: Math.round((leaseAge(holder.dir, nowMs()) ?? 0) / 1000) } : {}),
      running: running
        .filter((file) => file.holder === holder.name)
        .flatMap((file) => {
          const job = readJobFile(file)?.job
          if (!job) return []
          return [
            {
              id: job.id,
              run: job.runs,
              command: job.command,
              ...(job.slot === undefined ? {} : { slot: job.slot }),
              ...(job.started_at === undefined ? {} : { started_at: job.started_at }),
            },
          ]
        }),
    }))
}

/** How much of the end of a log is read (bytes). */
const LOG_BYTES = 65_536

/** The last lines of the log of a worker; undefined when it has none in this home. */
export function workerLog(home: Home, name: string): string[] | undefined {
  const path = join(home.logs, `${name}.log`)
  // Only where the workers of this home write: a job may have changed what the card says.
  if (!holders(home).some((one) => one.name === name && one.kind === 'worker' && one.card?.log === path))
    return undefined
  const text = readTail(path, LOG_BYTES)
  const lines = text.split('\n').map((line) => visible(line))
  // The first line may have been cut.
  return lines.slice(Buffer.byteLength(text) >= LOG_BYTES ? 1 : 0, -1)
}
