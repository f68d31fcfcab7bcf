/** The hardships in their large size. */
import { world as newWorld, type World } from '../../fixtures/world.ts'
import { fewDescriptors, lostEvents, otherYears, randomBytes, starved } from './hardships.ts'
import type { Plan } from './plan.ts'

export async function allHardships({ seed, match, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  const limits = Array.from({ length: 21 }, (_, n) => 20 + 4 * n)
  const tales: Record<string, (world: World) => Promise<void>> = {
    'a full disk': (world) => starved(world, 'bytes'),
    'no inodes': (world) => starved(world, 'inodes'),
    'ulimit -n 20 to 100': (world) => fewDescriptors(world, limits),
    'clocks years apart': (world) => otherYears(world, ['-10y', '-1h', '+1h', '+10y']),
    '30,000 lost creations': (world) => lostEvents(world, 30_000),
    '10,000 files of random bytes': (world) => randomBytes(world, 10_000, seed),
  }
  for (const [name, tale] of Object.entries(tales).filter(([one]) => one.includes(match))) {
    const world = newWorld()
    try {
      await tale(world)
      say(`hardships: ${name}: ok`)
    } catch (error) {
      const { name: kind, message } = error as Error
      say(`hardships: ${name}: ${kind === 'Skipped' ? `skipped (${message})` : `FAILED ${message}`}`)
      if (kind !== 'Skipped') wrong.push(`${name}: ${message}`)
    } finally {
      await world.close().catch((error: Error) => wrong.push(`${name}: ${error.message}`))
    }
  }
  return wrong
}
