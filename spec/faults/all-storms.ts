/** Storms one after the other, each with a seed of its own, until enough signals were sent. */
import type { Plan } from './plan.ts'
import { storm } from './chaos.ts'

/** Signals of one storm: its jobs are looked at before there are too many of them. */
const EACH = 500

export async function allStorms({ seed, rounds, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  const sent: Record<string, number> = {}
  let [acknowledged, repeated, poisoned] = [0, 0, 0]
  for (let n = 0, left = rounds; left > 0; n++, left -= EACH) {
    // Every other home lies below a symbolic link.
    const wreck = await storm({ seed: seed + n, faults: Math.min(EACH, left), isLinked: n % 2 === 1 })
    for (const text of wreck.wrong) wrong.push(`seed ${seed + n}: ${text}`)
    for (const [kind, count] of Object.entries(wreck.sent)) sent[kind] = (sent[kind] ?? 0) + count
    acknowledged += wreck.acknowledged
    repeated += wreck.repeated
    poisoned += wreck.poisoned
    for (const text of wreck.wrong) say(`chaos: FAILED ${text}`)
    say(`chaos: seed ${seed + n}: ${wreck.acknowledged} acknowledged, ${wreck.wrong.length} failures`)
  }
  for (const role of ['worker', 'shim', 'job', 'command'])
    if (!Object.keys(sent).some((kind) => kind.startsWith(role))) wrong.push(`no ${role} was sent any signal`)
  say(
    `chaos: ${rounds} signals (${Object.entries(sent)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')})`,
  )
  say(`chaos: ${acknowledged} jobs acknowledged, ${repeated} ran to their end more than once, ${poisoned} given up`)
  return wrong
}
