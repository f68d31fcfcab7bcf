/** Lists the limits of a home: how many numbers each has, and whose they are. */
import { parseName } from '../job/file-name.ts'
import { ALL_QUEUES } from '../job/pause.ts'
import { type AllSettings, type Limit, limitOfQueue, limitsForQueue, queueOfLimit } from '../job/queue-settings.ts'
import type { Home } from '../spool/layout.ts'
import { limitNames, takenNumbers } from '../spool/limits.ts'
import { readQueueSettings } from '../spool/queue-files.ts'

/** Who has a number. */
export interface NumberInfo {
  readonly number: number
  /** Undefined: it was taken by hand. */
  readonly job?: string
  readonly worker?: string
}

export interface LimitInfo {
  /** `all`, or `q.<queue>`. */
  readonly limit: string
  /** The queue whose commands it counts; `_all`: those of all. */
  readonly queue: string
  /** How many may run; null: none is set any more, and numbers of an earlier one are still in use. */
  readonly cap: number | null
  readonly taken: readonly NumberInfo[]
}

/** Sorted by name. */
export function limitInfos(home: Home, settings: AllSettings = readQueueSettings(home)): LimitInfo[] {
  const caps = new Map<string, number>()
  for (const queue of settings.keys())
    for (const { name, cap } of limitsForQueue(settings, queue)) if (name === limitOfQueue(queue)) caps.set(name, cap)
  const names = new Set([...caps.keys(), ...limitNames(home)])
  return [...names]
    .sort()
    .map((limit) => ({
      limit,
      queue: queueOfLimit(limit) ?? ALL_QUEUES,
      cap: caps.get(limit) ?? null,
      taken: takenOf(home, limit),
    }))
    .filter(({ cap, taken }) => cap !== null || taken.length > 0)
}

/** Who has the numbers of a limit. */
export const takenOf = (home: Home, limit: string): NumberInfo[] =>
  takenNumbers(home, limit).map(({ number, claim }) => {
    const id = claim && parseName(claim.fileName)?.id
    return { number, ...(id === undefined ? {} : { job: id }), ...(claim ? { worker: claim.worker } : {}) }
  })

/** The limits that keep a job of this queue from starting: no number is free. */
export const fullLimits = (
  home: Home,
  settings: AllSettings,
  queue: string,
): (Limit & { readonly taken: readonly NumberInfo[] })[] =>
  limitsForQueue(settings, queue)
    .map((limit) => ({ ...limit, taken: takenOf(home, limit.name) }))
    .filter(({ cap, taken }) => taken.length >= cap)
