/** Words times and durations for people. Pure. */

/** A duration in ms, rounded down to one unit: `3s`, `5m`, `2h`, `4d`. */
export function roughDuration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** How far ahead `iso` is, from `now` (ms): `in 5m`, `due`. */
export function timeUntil(iso: string, now: number): string {
  const ms = Date.parse(iso) - now
  if (ms <= 0) return 'due'
  // Rounded up a little: a moment after asking for `1h` it still says `in 1h`, not `in 59m`.
  return `in ${roughDuration(Math.max(1000, ms + Math.min(ms * 0.02, 60_000)))}`
}

/** An instant in local time, `2026-11-22 10:15:00`. */
export function localTime(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso.replaceAll(/[^ -~]/g, '?')
  const two = (n: number): string => String(n).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
