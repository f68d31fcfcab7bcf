/**
 * When a job that waits will probably start. Pure.
 */

/** More jobs than this ahead are not gone through one by one: their average is all that counts. */
const MANY = 10_000

/**
 * Milliseconds until a job starts that has `ahead` jobs before it.
 * @param elapsed for each busy slot, how long its job has run
 * @param slots how many there are, busy or not
 * @param average how long a run takes
 */
export function waitBefore(ahead: number, elapsed: readonly number[], slots: number, average: number): number {
  // One that runs longer than usual is taken to run as long again.
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
