/**
 * What is kept of finished jobs, and what goes: by age, by number, by the room they take. Pure.
 *
 * Each limit stands for itself: a job that is over any of them goes.
 */
import { parseDuration } from './time.ts'
import type { Prunable } from './state.ts'

/** What is absent does not limit. */
export interface RetentionLimits {
  /** Seconds since it was settled. */
  readonly olderThan?: number
  /** The newest so many stay. */
  readonly keep?: number
  /** The newest that fit into so many bytes stay: records and output. */
  readonly maxBytes?: number
}

/** A finished job as far as these rules look at it. */
export interface Finished {
  /** When it was settled, in microseconds. */
  readonly at: number
  /** What it takes on the disk; 0 where nobody asks. */
  readonly bytes: number
}

export const isUnlimited = ({ olderThan, keep, maxBytes }: RetentionLimits): boolean =>
  olderThan === undefined && keep === undefined && maxBytes === undefined

/** Those that go, oldest first, so that what is left after a crash is what is wanted most. `now` in milliseconds. */
export function surplus<T extends Finished>(all: readonly T[], limits: RetentionLimits, now: number): T[] {
  const { olderThan = Number.POSITIVE_INFINITY, keep = Number.POSITIVE_INFINITY, maxBytes } = limits
  const oldest = (now - olderThan * 1000) * 1000
  let room = maxBytes ?? Number.POSITIVE_INFINITY
  return all
    .toSorted((a, b) => b.at - a.at)
    .filter((one, i) => {
      room -= one.bytes
      return i >= keep || one.at < oldest || room < 0
    })
    .reverse()
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i

/** Bytes in `500`, `10k`, `1.5GB`, `2GiB` (`k` is 1000, `Ki` is 1024); undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = '', binary] = SIZE.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  return Math.floor(Number(amount) * (binary ? 1024 : 1000) ** ' kmgt'.indexOf(unit.toLowerCase() || ' '))
}

/** In settings: nothing goes by this limit. */
export const ALL = 'all'

const isLimit =
  (parse: (text: string) => number | undefined) =>
  (value: unknown): value is string | number =>
    value === ALL || ((typeof value === 'string' || typeof value === 'number') && parse(String(value)) !== undefined)

const parseCount = (text: string): number | undefined =>
  /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined

export const isAgeLimit = isLimit(parseDuration)
export const isCountLimit = isLimit(parseCount)
export const isSizeLimit = isLimit(parseSize)

/** The settings that say what is kept; `keep_journal` is of events. */
export interface KeepSettings {
  readonly keep_completed: string
  readonly keep_completed_count: string
  readonly keep_completed_bytes: string
  readonly keep_dead: string
  readonly keep_dead_count: string
  readonly keep_dead_bytes: string
}

/** What the settings say of a state. */
export function limitsOf(config: KeepSettings, state: Prunable): RetentionLimits {
  const olderThan = parseDuration(config[`keep_${state}`])
  const keep = parseCount(config[`keep_${state}_count`])
  const maxBytes = parseSize(config[`keep_${state}_bytes`])
  return {
    ...(olderThan === undefined ? {} : { olderThan }),
    ...(keep === undefined ? {} : { keep }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  }
}
