/** Every fault point of every operation, several at a time. */
import type { Plan } from './plan.ts'
import { ARRANGEMENTS } from './arrangements.ts'
import { COMMANDS } from './operations.ts'
import { Bench } from './points.ts'
import { WAITING } from './waiting.ts'
import { LIMITED } from './limited.ts'
import { KEYED } from './keyed.ts'
import { SCHEDULED } from './scheduled.ts'
import { RECOVERIES } from './recoveries.ts'
import { REMOVALS } from './removals.ts'

/** Everything that is put under a fault. */
export const ALL_OPERATIONS = [
  ...COMMANDS,
  ...ARRANGEMENTS,
  ...REMOVALS,
  ...WAITING,
  ...LIMITED,
  ...KEYED,
  ...SCHEDULED,
  ...RECOVERIES,
]

export async function allPoints({ atOnce, match, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  let struck = 0
  let missed = 0
  for (const operation of ALL_OPERATIONS.filter(({ name }) => name.includes(match))) {
    const bench = new Bench(operation)
    try {
      const points = await bench.points()
      const count = points.length
      const before = wrong.length
      const lane = async (): Promise<void> => {
        for (let point = points.shift(); point; point = points.shift()) {
          try {
            if (await bench.strike(point)) struck++
            else missed++
          } catch (error) {
            wrong.push((error as Error).message)
            say(`points: FAILED ${(error as Error).message}`)
          }
        }
      }
      await Promise.all(Array.from({ length: atOnce }, lane))
      say(`points: ${operation.name}: ${count} points, ${wrong.length - before} failures`)
    } finally {
      bench.close()
    }
  }
  say(`points: ${struck + wrong.length} faults struck, ${missed} not reached`)
  if (struck === 0) wrong.push('no fault struck at all')
  // The last steps of a worker come in no fixed number; more than that means that faults are not where we think.
  if (missed > struck / 20) wrong.push(`${missed} faults did not strike`)
  return wrong
}
