/**
 * Decides which finished jobs are pruned: by age, by number and by size. Pure.
 *
 * The limits are independent: a job that is over any of them is pruned.
 */
import { parseDuration } from './time.ts'
import type { Prunable } from './state.ts'

/** An absent limit does not apply. */
export interface RetentionLimits {
  /** Seconds since it was settled. */
  readonly olderThan?: number
  /** How many jobs to keep, newest first. */
  readonly keep?: number
  /** Bytes that records and output of the kept jobs may take, newest first. */
  readonly maxBytes?: number
}

/** What the limits look at in a finished job. */
export interface Finished {
  /** When it was settled, in microseconds. */
  readonly at: number
  /** Disk space of record and output; 0 when there is no size limit. */
  readonly bytes: number
}

export const isUnlimited = ({ olderThan, keep, maxBytes }: RetentionLimits): boolean =>
  olderThan === undefined && keep === undefined && maxBytes === undefined

/** The jobs to prune, oldest first, so that a crash in between leaves the newest. `now` in milliseconds. */
export function surplus<T extends Finished>(all: readonly T[], limits: RetentionLimits, now: number): T[] {
  const { olderThan = Number.POSITIVE_INFINITY, keep = Number.POSITIVE_INFINITY, maxBytes } = limits
  const oldest = (now - olderThan * 1000) * 1000
  let bytesLeft = maxBytes ?? Number.POSITIVE_INFINITY
  return all
    .toSorted((a, b) => b.at - a.at)
    .filter((one, i) => {
      bytesLeft -= one.bytes
      return i >= keep || one.at < oldest || bytesLeft < 0
    })
    .reverse()
}

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i

/** Bytes in `500`, `10k`, `1.5GB`, `2GiB` (`k` is 1000, `Ki` is 1024); undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = '', binary] = SIZE.exec(text.trim()) ?? []
  if (amount === undefined) return undefined
  return Math.floor(Number(amount) * (binary ? 1024 : 1000) ** ' kmgt'.indexOf(unit.toLowerCase() || ' '))
}

/** The value of a setting that does not limit. */
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

/** The settings for finished jobs. */
export interface KeepSettings {
  readonly keep_completed: string
  readonly keep_completed_count: string
  readonly keep_completed_bytes: string
  readonly keep_dead: string
  readonly keep_dead_count: string
  readonly keep_dead_bytes: string
}

/** The limits that the settings set for a state. */
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
