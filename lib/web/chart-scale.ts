/** Where the lines and labels of a chart are. Pure. */

const MAX_LINES = 5

/** Round values from 0 to `max`. */
export function linearTicks(max: number): number[] {
  const power = 10 ** Math.floor(Math.log10(max / MAX_LINES))
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => max / one <= MAX_LINES) ?? max
  const whole = Math.max(1, step)
  return Array.from({ length: Math.floor(max / whole) + 1 }, (_, n) => n * whole)
}

export const LOG_TICKS = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360]
const LABEL_PX = 64

/** The indexes of the points that get a label: those at round times that have room. @param slot the width of a point (px) */
export function timeTicks(points: readonly { readonly at: string }[], step: number, slot: number): number[] {
  const minutes = MINUTES.find((one) => one * 60 >= step && ((one * 60) / step) * slot >= LABEL_PX)
  if (minutes === undefined) return points.length > 0 ? [0] : []
  return points.flatMap(({ at }, i) => {
    const into = (Date.parse(at) / 1000) % (minutes * 60)
    // A step may begin a little after the round time.
    return into < step ? [i] : []
  })
}
