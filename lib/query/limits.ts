/** Lists the limits of a home: how many numbers each has, and whose they are. */
import { DEFAULT_QUEUE, type JobLine, parseName } from '../job/file-name.ts'
import { ALL_QUEUES } from '../job/pause.ts'
import {
  type AllSettings,
  keyLimitOf,
  keyOfLimit,
  type Limit,
  limitOfQueue,
  limitsOfLine,
  queueOfLimit,
} from '../job/queue-settings.ts'
import type { Home } from '../spool/layout.ts'
import { limitNames, type NumberEntry, takenNumbers } from '../spool/limits.ts'
import { readQueueSettings } from '../spool/queue-files.ts'

/** Who has a number. */
export interface NumberInfo {
  readonly number: number
  /** Undefined: it was taken by hand. */
  readonly job?: string
  readonly worker?: string
}

export interface LimitInfo {
  /** `all`, `q.<queue>`, or `k.<slug of a key>`. */
  readonly limit: string
  /** The queue whose commands it counts; `_all`: those of all; of a key: the queue whose jobs have it. */
  readonly queue: string
  /** How many may run; null: none is set any more, and numbers of an earlier one are still in use. */
  readonly cap: number | null
  readonly taken: readonly NumberInfo[]
}

/** Sorted by name. */
export function limitInfos(home: Home, settings: AllSettings = readQueueSettings(home)): LimitInfo[] {
  const caps = new Map<string, number>()
  for (const queue of settings.keys())
    for (const { name, cap } of limitsOfLine(settings, { queue })) if (name === limitOfQueue(queue)) caps.set(name, cap)
  const names = new Set([...caps.keys(), ...limitNames(home)])
  return [...names]
    .sort()
    .map((limit) => infoOf(home, settings, limit, caps.get(limit)))
    .filter(({ cap, taken }) => cap !== null || taken.length > 0)
}

function infoOf(home: Home, settings: AllSettings, limit: string, cap: number | undefined): LimitInfo {
  const numbers = takenNumbers(home, limit)
  const taken = numbers.map(numberInfo)
  if (keyOfLimit(limit) === undefined)
    return { limit, queue: queueOfLimit(limit) ?? ALL_QUEUES, cap: cap ?? null, taken }
  const whose = numbers.map(({ claim }) => claim && parseName(claim.fileName)?.queue).find((one) => one !== undefined)
  const queue = whose ?? DEFAULT_QUEUE
  return { limit, queue, cap: taken.length > 0 ? keyLimitOf(settings, queue) : null, taken }
}

/** Who has the numbers of a limit. */
export const takenOf = (home: Home, limit: string): NumberInfo[] => takenNumbers(home, limit).map(numberInfo)

function numberInfo({ number, claim }: NumberEntry): NumberInfo {
  const id = claim && parseName(claim.fileName)?.id
  return { number, ...(id === undefined ? {} : { job: id }), ...(claim ? { worker: claim.worker } : {}) }
}

/** The limits that keep a job of this line from starting: no number is free. */
export const fullLimits = (
  home: Home,
  settings: AllSettings,
  line: JobLine,
): (Limit & { readonly taken: readonly NumberInfo[] })[] =>
  limitsOfLine(settings, line)
    .map((limit) => ({ ...limit, taken: takenOf(home, limit.name) }))
    .filter(({ cap, taken }) => taken.length >= cap)
