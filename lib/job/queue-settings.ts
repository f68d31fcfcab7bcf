/** The settings of a queue, as its file `queues/<queue>.json` says them, and its limits. Pure. */
import * as t from 'typanion'
import type { JobLine } from './file-name.ts'
import type { Job } from './job.ts'
import { ALL_QUEUES } from './pause.ts'
import { parseDuration } from './time.ts'
import { LIMITS, whole } from './value-limits.ts'

/** What a job's own member overrides, and the configuration gives where neither is set. */
type JobDefaults = Partial<Pick<Job, 'timeout' | 'max_retries' | 'backoff_base' | 'max_backoff'>>

export interface QueueSettings extends JobDefaults {
  /** For people: what the queue is for. */
  readonly description?: string
  /** How many of its commands run at the same time, over all workers. */
  readonly limit?: number
  /** How many commands of its jobs with the same key run at the same time, over all workers. Default: 1. */
  readonly key_limit?: number
  /** How many of its jobs start in any window, over all workers: `10/m`, `5/10s`. */
  readonly rate?: string
  /** It is paused after this many of its jobs in a row went dead. */
  readonly halt_after?: number
}

/** A file that cannot be obeyed. Then no job of the queue starts: never run when in doubt. */
export interface BadSettings {
  readonly unreadable: string
}

/** By queue, and by {@link ALL_QUEUES} those of all. */
export type AllSettings = ReadonlyMap<string, QueueSettings | BadSettings>

/** More would cost a directory each, and no machine runs as many. */
const MAX_LIMIT = 1000

/** Undefined: it is no rate. */
export function parseRate(text: string): Pick<Rate, 'count' | 'seconds'> | undefined {
  const [, n = '', time = ''] = /^(\d{1,4})\/(\d*(?:\.\d+)?[a-z]+)$/.exec(text) ?? []
  const seconds = parseDuration(/^\d/.test(time) ? time : `1${time}`)
  const count = Number(n)
  if (seconds === undefined || seconds < 1 || seconds > MAX_WINDOW || count < 1 || count > MAX_LIMIT) return undefined
  return { count, seconds }
}

/** Seconds. */
const MAX_WINDOW = 30 * 86_400

interface Member {
  readonly isValid: (value: unknown, test: { errors: string[] }) => boolean
  readonly expected: string
  readonly meaning: string
  /** Only a single queue has it, not all together. */
  readonly isOfOne?: true
}

const seconds = 'seconds, from 0 (no limit) to 31536000'

/** Every member of the file, in the order of the documentation. */
export const QUEUE_MEMBERS: Record<keyof QueueSettings, Member> = {
  limit: {
    isValid: whole(1, MAX_LIMIT),
    expected: `a whole number from 1 to ${MAX_LIMIT}`,
    meaning: 'how many of its commands run at the same time, over all workers',
  },
  key_limit: {
    isValid: whole(1, MAX_LIMIT),
    expected: `a whole number from 1 to ${MAX_LIMIT}`,
    meaning: 'how many commands of one key run at the same time (1)',
  },
  rate: {
    isValid: (value) => typeof value === 'string' && parseRate(value) !== undefined,
    expected: `a number from 1 to ${MAX_LIMIT} and a time from 1s to 30d, such as "10/m", "5/10s" or "100/h"`,
    meaning: 'how many of its jobs start in any such time, over all workers',
  },
  halt_after: {
    isValid: whole(1, MAX_LIMIT),
    expected: `a whole number from 1 to ${MAX_LIMIT}`,
    meaning: 'it is paused after this many of its jobs in a row went dead',
    isOfOne: true,
  },
  timeout: {
    isValid: LIMITS.timeout,
    expected: seconds,
    meaning: 'seconds an attempt may take, for jobs that do not say',
    isOfOne: true,
  },
  max_retries: {
    isValid: LIMITS.max_retries,
    expected: 'a whole number from 0 to 1000',
    meaning: 'how many attempts a job has, for jobs enqueued from then on that do not say',
    isOfOne: true,
  },
  backoff_base: {
    isValid: LIMITS.backoff_base,
    expected: 'a number from 1 to 1000',
    meaning: 'the wait after failed attempt n is this ^ n seconds, for jobs that do not say',
    isOfOne: true,
  },
  max_backoff: {
    isValid: LIMITS.max_backoff,
    expected: 'seconds, from 1 to 31536000',
    meaning: 'longest wait before a retry, for jobs that do not say',
    isOfOne: true,
  },
  description: {
    isValid: t.cascade(t.isString(), [t.hasMaxLength(1000)]),
    expected: 'a text of at most 1000 characters',
    meaning: 'what the queue is for',
  },
}

export type QueueMember = keyof QueueSettings
const NAMES = Object.keys(QUEUE_MEMBERS) as QueueMember[]

export const isUnreadable = (settings: QueueSettings | BadSettings | undefined): settings is BadSettings =>
  settings !== undefined && 'unreadable' in settings

/** The settings of a queue, or of all; undefined: it has none, or they cannot be obeyed. */
export function readableSettings(settings: AllSettings, queue: string): QueueSettings | undefined {
  const own = settings.get(queue)
  return isUnreadable(own) ? undefined : own
}

/** Why this names no setting; undefined when it does. */
export const whyNotMember = (name: string): string | undefined =>
  NAMES.includes(name as QueueMember)
    ? undefined
    : `there is no setting ${JSON.stringify(name)}; there are ${NAMES.join(', ')}`

/** Why a value does not fit; undefined when it does. @param queue the queue, or {@link ALL_QUEUES} */
export function whyNotSetting(queue: string, name: string, value: unknown): string | undefined {
  const unknown = whyNotMember(name)
  if (unknown) return unknown
  const member = QUEUE_MEMBERS[name as QueueMember]
  if (member.isOfOne && queue === ALL_QUEUES) return `${name} is a setting of a single queue; for all: queuectl config`
  if (name === 'limit' && value === 0) return 'limit: 0 would stop the queue; pause it instead: queuectl queue pause'
  return member.isValid(value, { errors: [] })
    ? undefined
    : `${name}: expected ${member.expected}, not ${JSON.stringify(value)}`
}

/** Reads a file of settings. @param text undefined: there is something that cannot be read */
export function parseSettings(queue: string, text: string | undefined): QueueSettings | BadSettings {
  if (text === undefined) return { unreadable: 'it cannot be read' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { unreadable: `it is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { unreadable: 'it is no JSON object' }
  for (const [name, one] of Object.entries(value)) {
    const why = whyNotSetting(queue, name, one)
    if (why) return { unreadable: why }
  }
  return value
}

/** In one line for people: `limit 2, timeout 300`. */
export const settingsWords = (settings: QueueSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ') || 'nothing'

/** A limit that a job must have a number of before its command starts. */
export interface Limit {
  /** Its directory below `limits/`: `k.<slug of the key>`, `q.<queue>`, or `all`. */
  readonly name: string
  /** How many numbers there are. */
  readonly cap: number
}

/** At most so many jobs start in any window of this time. */
export interface Rate {
  /** Its directory below `rates/`, called as a limit. */
  readonly name: string
  readonly count: number
  readonly seconds: number
}

const ALL_LIMIT = 'all'

/** The name of a queue's limit, and the other way round. */
export const limitOfQueue = (queue: string): string => (queue === ALL_QUEUES ? ALL_LIMIT : `q.${queue}`)
export const queueOfLimit = (limit: string): string | undefined =>
  limit === ALL_LIMIT ? ALL_QUEUES : limit.startsWith('q.') ? limit.slice(2) : undefined

const limitOfKey = (slug: string): string => `k.${slug}`
export const keyOfLimit = (limit: string): string | undefined => (limit.startsWith('k.') ? limit.slice(2) : undefined)

/** How many commands of one key run at the same time, of the jobs of this queue. */
export function keyLimitOf(settings: AllSettings, queue: string): number {
  const [own, all] = [queue, ALL_QUEUES].map((one) => readableSettings(settings, one)?.key_limit)
  return own ?? all ?? 1
}

/** The limits of a line's jobs, the narrowest first: that of all is not kept busy by a job that may not start. */
export function limitsOfLine(settings: AllSettings, { queue, slug }: JobLine): Limit[] {
  const ofKey = slug === undefined ? [] : [{ name: limitOfKey(slug), cap: keyLimitOf(settings, queue) }]
  const ofQueues = [queue, ALL_QUEUES].flatMap((one) => {
    const cap = readableSettings(settings, one)?.limit
    return cap === undefined ? [] : [{ name: limitOfQueue(one), cap }]
  })
  return [...ofKey, ...ofQueues]
}

/** The rates of a queue's jobs. */
export const ratesForQueue = (settings: AllSettings, queue: string): Rate[] =>
  [queue, ALL_QUEUES].flatMap((one) => {
    const rate = parseRate(readableSettings(settings, one)?.rate ?? '')
    return rate ? [{ name: limitOfQueue(one), ...rate }] : []
  })

/** Which queue's settings cannot be obeyed, so that the jobs of this one must wait; undefined: none. */
export const unreadableOf = (settings: AllSettings, queue: string): string | undefined =>
  [queue, ALL_QUEUES].find((one) => isUnreadable(settings.get(one)))

/** The configuration as it is for the jobs of a queue. */
export function withDefaults<C extends object>(config: C, settings: AllSettings, queue: string): C {
  const own = readableSettings(settings, queue)
  if (!own) return config
  const { description: _1, limit: _2, key_limit: _3, rate: _4, halt_after: _5, ...defaults } = own
  return Object.keys(defaults).length === 0 ? config : { ...config, ...defaults }
}
