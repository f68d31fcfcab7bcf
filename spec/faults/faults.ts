/**
 * The long version of the fault tests: `npm run faults -- [--seed S] [--rounds N] [--only points,chaos]`.
 *
 * Prints the seed first and a line of figures for each kind of trial; exits non-zero when anything was lost, run twice
 * at a time, stuck or not whole, or when a mutant was not caught.
 */
import { parseArgs } from 'node:util'
import { nowMs } from '../../lib/clock.ts'
import { allClocks } from './all-clocks.ts'
import { allHardships } from './all-hardships.ts'
import { allModels } from './all-models.ts'
import { allMutants } from './all-mutants.ts'
import { allPoints } from './all-points.ts'
import { allPower } from './all-power.ts'
import { allStorms } from './all-storms.ts'
import { asOrdinaryUser } from './as-user.ts'
import type { Plan } from './plan.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(nowMs() % 1_000_000) },
    rounds: { type: 'string', default: '3000' },
    cuts: { type: 'string', default: '60' },
    only: { type: 'string' },
    match: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '2' },
  },
})

/** Each returns what went wrong, one text for each failure. */
const TRIALS: Record<string, (plan: Plan) => Promise<readonly string[]>> = {
  points: allPoints,
  chaos: allStorms,
  clocks: allClocks,
  user: asOrdinaryUser,
  power: allPower,
  mutants: allMutants,
  model: allModels,
  hardships: allHardships,
}

async function main(): Promise<void> {
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  const plan: Plan = {
    seed: Number(values.seed),
    rounds: Number(values.rounds),
    cuts: Number(values.cuts),
    atOnce: Number(values['at-once']),
    match: values.match,
    say,
  }
  const chosen = values.only?.split(',') ?? Object.keys(TRIALS)
  say(`npm run faults -- --seed ${plan.seed} --rounds ${plan.rounds}`)
  let failed = 0
  for (const name of chosen) {
    const trial = TRIALS[name]
    if (!trial) throw new Error(`no trial is called ${name}: there are ${Object.keys(TRIALS).join(', ')}`)
    const begun = nowMs()
    const wrong = await trial(plan).catch((error: Error) => {
      if (error.name !== 'Skipped') throw error
      say(`${name}: skipped (${error.message})`)
      return []
    })
    for (const text of wrong) say(`FAILED ${name}: ${text}`)
    say(`${name}: ${wrong.length} failures (${((nowMs() - begun) / 1000).toFixed(1)} s)`)
    failed += wrong.length
  }
  process.exitCode = failed > 0 ? 1 : 0
}

await main()
