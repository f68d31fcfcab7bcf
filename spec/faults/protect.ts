/** Runs one test of `protections.ts` on the program beside it; exits with 0 when it passes, 1 when it fails. */
import { world as newWorld } from '../../fixtures/world.ts'
import { PROTECTIONS, type Protection } from './protections.ts'

const tale = PROTECTIONS[process.argv[2] as Protection]
const world = newWorld()
try {
  await tale(world)
} catch (error) {
  process.stdout.write(`${(error as Error).message.split('\n')[0]}\n`)
  process.exitCode = 1
} finally {
  await world.close().catch(() => {})
}
