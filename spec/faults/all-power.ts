/** Power cuts on each file system, one after the other. */
import { Chance } from './chance.ts'
import { Disk, FILE_SYSTEMS, powerCut } from './power.ts'
import type { Plan } from './plan.ts'

export async function allPower({ seed, cuts, say }: Plan): Promise<readonly string[]> {
  const wrong: string[] = []
  for (const kind of FILE_SYSTEMS) {
    const disk = new Disk(kind)
    const chance = new Chance(seed)
    let acknowledged = 0
    try {
      for (let n = 0; n < cuts; n++) {
        const cut = await powerCut(disk, chance)
        acknowledged += cut.acknowledged
        for (const text of cut.wrong) wrong.push(`${kind}, cut ${n}: ${text}`)
      }
      say(`power: ${kind}: ${cuts} cuts, ${acknowledged} jobs acknowledged, ${wrong.length} failures`)
    } finally {
      disk.remove()
    }
  }
  return wrong
}
