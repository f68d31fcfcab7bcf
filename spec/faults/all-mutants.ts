/** All mutants, several at a time, and the table of what caught them. */
import { isCaught, MUTANTS } from './mutants.ts'
import type { Plan } from './plan.ts'

export async function allMutants({ atOnce, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  const left = [...MUTANTS]
  const lane = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const { caught, words } = await isCaught(mutant)
      say(`mutants: ${caught ? 'caught  ' : 'SURVIVED'} | ${mutant.name} | ${mutant.caughtBy} | ${words}`)
      if (!caught) wrong.push(`${mutant.name} survived "${mutant.caughtBy}"`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  say(`mutants: ${MUTANTS.length - wrong.length} of ${MUTANTS.length} caught`)
  return wrong
}
