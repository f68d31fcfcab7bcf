/**
 * Parses and formats instants and durations, as people write them and as files hold them. Pure.
 *
 * Our own duration parser, because packages accept invalid text (`parse-duration` takes `-5m` and `1h 30`) or do not
 * know `1h30m` (`@lukeed/ms`). Our own date parser for ISO 8601 alone, because `chrono-node` silently drops an IANA
 * zone.
 */

const UNITS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds: a thousand years. What is longer would lead out of the years that dates have. */
const LONGEST = 3.1e10

/** Seconds in `90`, `90s`, `1h30m`, `500ms`, `2d`; undefined when the text is not a duration, or is one of a thousand years. */
export function parseDuration(text: string): number | undefined {
  const seconds = secondsIn(text)
  return seconds !== undefined && seconds < LONGEST ? seconds : undefined
}

function secondsIn(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return undefined
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g))
    seconds += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return seconds
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i

/**
 * Milliseconds since the epoch of an ISO 8601 date or date-time; without a zone it is local time.
 * Undefined when the text is no such thing or names a day or hour that does not exist.
 */
export function parseInstant(text: string): number | undefined {
  const match = ISO.exec(text.trim())
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone] = match
  const parts = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number]
  const [y, mo, d, h, mi, s] = parts
  const asUtc = new Date(Date.UTC(y, mo - 1, d, h, mi, s))
  const exists =
    asUtc.getUTCFullYear() === y &&
    asUtc.getUTCMonth() === mo - 1 &&
    asUtc.getUTCDate() === d &&
    asUtc.getUTCHours() === h &&
    asUtc.getUTCMinutes() === mi &&
    asUtc.getUTCSeconds() === s
  if (!exists) return undefined
  const ms = Math.floor(Number(`0.${fraction}`) * 1000)
  if (!zone) return ifFourDigits(new Date(y, mo - 1, d, h, mi, s, ms).getTime())
  if (zone.toUpperCase() === 'Z') return asUtc.getTime() + ms
  const offset = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  if (offset > 14 * 60 || Number(zone.slice(-2)) > 59) return undefined
  return ifFourDigits(asUtc.getTime() + ms - (zone.startsWith('-') ? -offset : offset) * 60_000)
}

/**
 * Milliseconds of an instant as people say it: ISO 8601, `now`, `+5s`, `in 2h`, `23:30` (the next one), `tomorrow 9:00`.
 * @param now ms
 */
export function parseWhen(text: string, now: number): number | undefined {
  const words = text.trim().toLowerCase()
  if (words === 'now') return now
  const [, ahead] = /^(?:\+\s*|in\s+)(.+)$/.exec(words) ?? []
  const seconds = ahead === undefined ? undefined : parseDuration(ahead.replaceAll(/\s+/g, ''))
  if (seconds !== undefined) return seconds < MOST_AHEAD ? now + seconds * 1000 : undefined
  const [, day, hour, minute, second = '0'] =
    /^(?:(today|tomorrow)\s+(?:at\s+)?)?(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(words) ?? []
  if (hour === undefined || minute === undefined) return parseInstant(text)
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  const today = new Date(now)
  const at = (days: number): number =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + days, h, m, s).getTime()
  if (day === 'tomorrow') return at(1)
  return day === 'today' || at(0) > now ? at(0) : at(1)
}

/** Seconds: two hundred years. */
const MOST_AHEAD = 6.4e9

/** A zone may move a date out of the years 0000 to 9999, the only ones that file names can hold. */
const ifFourDigits = (ms: number): number | undefined => (/^\d{4}-/.test(isoTime(ms)) ? ms : undefined)

/** An instant as files hold it: ISO 8601 in UTC, with `Z`. */
export const isoTime = (ms: number): string => new Date(ms).toISOString()

/** Microseconds since the epoch as in a file name: `20261122T101500.123456Z`, which sorts as text. */
export function formatDue(micros: number): string {
  const rest = micros % 1000
  // Rounded, not floored: after the year 2255 a number cannot hold every microsecond, and x.9999 must not become x + 1.
  const iso = new Date(Math.round((micros - rest) / 1000)).toISOString()
  const sub = String(rest).padStart(3, '0')
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 23)}${sub}Z`
}

/** The reverse of {@link formatDue}; undefined when the text is not a real instant in that form. */
export function parseDue(text: string): number | undefined {
  const m = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})\.(\d{3})(\d{3})Z$/.exec(text)
  if (!m) return undefined
  const iso = `${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}.${m[7]}Z`
  const ms = Date.parse(iso)
  // Date.parse accepts February 30 (as March 2) and 24:00 (as the next day): not real instants.
  return !Number.isNaN(ms) && isoTime(ms) === iso ? ms * 1000 + Number(m[8]) : undefined
}

/** The UTC day of an instant, `2026-11-22`: the sub-directory of `done/` and the name of a journal file. */
export const utcDay = (ms: number): string => isoTime(ms).slice(0, 10)
