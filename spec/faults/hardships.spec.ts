/** Hardships in a small size; `npm run faults` has the large one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { sweep } from '../../lib/spool/leftovers.ts'
import { fewDescriptors, lostEvents, otherYears, randomBytes, starved } from './hardships.ts'

const test = suite('hardships')

test(
  'on a full disk enqueue is refused, nothing is lost, and work resumes',
  inWorld((world) => starved(world, 'bytes')),
)
test(
  'without inodes enqueue is refused, nothing is lost, and work resumes',
  inWorld((world) => starved(world, 'inodes')),
)
test(
  'with few descriptors no attempt is burnt',
  inWorld((world) => fewDescriptors(world, [26, 34])),
)
test(
  'workers in other years run nothing twice',
  inWorld((world) => otherYears(world, ['-10y', '+10y'])),
)
test(
  'a clock that is set ahead sweeps nothing away that a living worker has made ready',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await until(() => worker.stderr.includes(' started with '), SOON_MS, 'it is up')
    sweep(openHome(world.home), Date.now() + 315_360_000_000)
    assert.ok(existsSync(join(world.home, 'tmp', `${worker.info.name}.fifos`)))
    worker.kill()
    await worker.ended
  }),
)

test(
  'changes whose events were lost are found',
  inWorld((world) => lostEvents(world, 9000)),
)
test(
  'files of random bytes are set aside whole',
  inWorld((world) => randomBytes(world, 100, 1)),
)

test.run()
