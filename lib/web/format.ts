/** Formats numbers and times for people. The current time is a parameter; the time zone is set once for all. */

const grouped = new Intl.NumberFormat('en')

/** `1,234`. */
export const count = (n: number): string => grouped.format(n)

/** `1,234`; from a hundred thousand `104k`, `1.2M`. */
export function shortCount(n: number): string {
  if (n < 100_000) return count(n)
  if (n < 1_000_000) return `${Math.floor(n / 1000)}k`
  return `${(n / 1_000_000).toFixed(1)}M`
}

/** `3 jobs`, `1 job`. */
export const countNoun = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`

/** How long something took: `7 ms`, `1.25 s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function duration(ms: number): string {
  if (ms < 0) return '0 ms'
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  return elapsed(ms)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `640 B`, `12 MB`, `1.4 GB`. */
export function bytes(n: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, n)) / 3)))
  const scaled = n / 1000 ** power
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${UNITS[power]}`
}

const twoDigits = (n: number): string => String(n).padStart(2, '0')

/** A duration in whole seconds, for something still running: `12s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m ${twoDigits(s % 60)}s`
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${twoDigits(Math.floor((s % 3600) / 60))}m`
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`
}

/** A duration in one unit, for narrow columns: `12s`, `3m`, `2h`, `4d`. */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m`
  if (s < 86_400) return `${Math.floor(s / 3600)}h`
  return `${Math.floor(s / 86_400)}d`
}

/** A time relative to now: `3m ago`, `in 12s`. */
export function relativeTime(iso: string, now: number): string {
  const ms = now - Date.parse(iso)
  return ms >= 0 ? `${age(ms)} ago` : `in ${age(1000 - ms)}`
}

const clockFormat = { hour: '2-digit', minute: '2-digit' } as const
const formats = (timeZone: string | undefined) => ({
  minute: new Intl.DateTimeFormat('en-GB', { ...clockFormat, timeZone }),
  clock: new Intl.DateTimeFormat('en-GB', { ...clockFormat, second: '2-digit', timeZone }),
  day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone }),
})
let inZone = formats(undefined)

/** Of all times from here on; undefined for that of the browser. */
export function setTimeZone(timeZone: string | undefined): void {
  inZone = formats(timeZone)
}

/** The hour and minute of a time (ms). */
export const hourMinute = (at: number): string => inZone.minute.format(at)

/** The time of day, with the date unless it is today, in the chosen time zone. */
export function clockTime(iso: string, now: number): string {
  const at = new Date(iso)
  const day = inZone.day.format(at)
  const time = inZone.clock.format(at)
  return day === inZone.day.format(now) && Math.abs(now - at.getTime()) < 86_400_000 ? time : `${day}, ${time}`
}

/** The time on the clocks of a zone, with its short name: `Fri 27 Nov, 02:30 CET`. */
export const timeIn = (timeZone: string, iso: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...clockFormat,
    timeZone,
    timeZoneName: 'short',
  }).format(new Date(iso))

/** How far the clocks of a zone are from UTC at a time: `GMT+01:00`. */
export const offsetIn = (timeZone: string, iso: string): string =>
  new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(new Date(iso)).at(-1)?.value ??
  ''

/** A time as a field of the type `datetime-local` has it, in the zone of the browser; empty for none. */
export function localInput(iso: string): string {
  if (iso === '') return ''
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** And back. */
export const fromLocalInput = (value: string): string => (value === '' ? '' : new Date(value).toISOString())
