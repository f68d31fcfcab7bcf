/** Many random sequences against the model. */
import { join } from 'node:path'
import { world as newWorld } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { check } from './model.ts'
import type { Plan } from './plan.ts'

export async function allModels({ seed, rounds, say }: Plan): Promise<readonly string[]> {
  const world = newWorld()
  let made = 0
  try {
    await check(() => openHome(join(world.dir, `home${made++}`)), rounds, seed)
    say(`model: ${made} sequences agree with the crash table`)
    return []
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { message?: string; details?: string } }
    return [`${message}\n${cause?.message ?? ''}\n${cause?.details ?? ''}`]
  } finally {
    await world.close()
  }
}
