/** Numbers and times as people read them. Pure: what the time is now is always given. */

const whole = new Intl.NumberFormat('en')

/** `1,234`. */
export const count = (n: number): string => whole.format(n)

/** `1,234`, and from a hundred thousand on `104k`, `1.2M`. */
export function short(n: number): string {
  if (n < 100_000) return count(n)
  if (n < 1_000_000) return `${Math.floor(n / 1000)}k`
  return `${(n / 1_000_000).toFixed(1)}M`
}

/** `3 jobs`, `1 job`. */
export const many = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`

/** How long something took: `7 ms`, `1.25 s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function took(ms: number): string {
  if (ms < 0) return '0 ms'
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  return span(ms)
}

const two = (n: number): string => String(n).padStart(2, '0')

/** A time without fractions, as for something that goes on: `12s`, `3m 05s`, `2h 10m`, `4d 3h`. */
export function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${two(Math.floor((s % 3600) / 60))}m`
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`
}

/** One unit, for narrow columns: `12s`, `3m`, `2h`, `4d`. */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m`
  if (s < 86_400) return `${Math.floor(s / 3600)}h`
  return `${Math.floor(s / 86_400)}d`
}

/** An instant against now: `3m ago`, `in 12s`. */
export function since(iso: string, now: number): string {
  const ms = now - Date.parse(iso)
  return ms >= 0 ? `${age(ms)} ago` : `in ${age(1000 - ms)}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** The clock for today, else day and clock, in the time zone of whoever looks. */
export function moment(iso: string, now: number): string {
  const at = new Date(iso)
  return at.toDateString() === new Date(now).toDateString() ? clock.format(at) : dayAndClock.format(at)
}

/** `812 B`, `1.2 MB`. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`
  for (const unit of ['kB', 'MB', 'GB']) {
    n /= 1000
    if (n < 1000) return `${n.toFixed(n < 10 ? 1 : 0)} ${unit}`
  }
  return `${(n / 1000).toFixed(1)} TB`
}
