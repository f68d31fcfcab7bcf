/** Storms of schedules one after the other, each with a seed of its own, until enough signals were sent. */
import { clockStorm } from './clocks.ts'
import type { Plan } from './plan.ts'

/** Signals and jumps of one storm. */
const [SIGNALS, JUMPS] = [50, 60]
/** What is done of the signals of the long version: each storm fires more than a thousand jobs. */
const PART = 5

export async function allClocks({ seed, rounds, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  const storms = Math.ceil(rounds / PART / SIGNALS)
  let [fired, exact, signals, forward, back, farBack] = [0, 0, 0, 0, 0, 0]
  for (let n = 0; n < storms; n++) {
    const wreck = await clockStorm({ seed: seed + n, signals: SIGNALS, jumps: JUMPS })
    for (const text of wreck.wrong) {
      wrong.push(`seed ${seed + n}: ${text}`)
      say(`clocks: FAILED ${text}`)
    }
    fired += wreck.fired
    exact += wreck.exact
    signals += SIGNALS
    forward += wreck.jumped[0]
    back += wreck.jumped[1]
    farBack += wreck.jumped[2]
    say(`clocks: seed ${seed + n}: ${wreck.fired} fired, ${wreck.wrong.length} failures`)
  }
  say(`clocks: ${signals} signals; ${forward} jumps forward, ${back} back by less than an hour, ${farBack} by more`)
  say(`clocks: ${fired} times fired, ${exact} of them of schedules that miss none`)
  return wrong
}
