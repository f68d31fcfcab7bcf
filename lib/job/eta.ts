/** Estimates when a waiting job will start. Pure. */

/** With more jobs than this ahead, only their average duration is used. */
const MANY = 10_000

/**
 * Milliseconds until a job starts that has `ahead` jobs before it; infinite without a slot.
 * @param elapsed for each busy slot, how long its job has run (ms)
 * @param slots their number, busy or not
 * @param average duration of a run (ms)
 */
export function waitBefore(ahead: number, elapsed: readonly number[], slots: number, average: number): number {
  // A run that takes longer than the average is expected to take as long again.
  const free: number[] = Array.from({ length: Math.max(0, slots - elapsed.length) }, () => 0)
  const times = [...elapsed.map((ms) => (ms < average ? average - ms : ms)), ...free]
    .sort((a, b) => a - b)
    .slice(0, slots)
  if (times.length === 0) return Number.POSITIVE_INFINITY
  if (ahead > MANY) return (ahead * average) / times.length
  for (let n = 0; n < ahead; n++) {
    times[0] = (times[0] ?? 0) + average
    times.sort((a, b) => a - b)
  }
  return times[0] ?? 0
}
