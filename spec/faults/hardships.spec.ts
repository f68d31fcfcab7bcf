/** Hardships in a small size; `npm run faults` has the large one. */
import { suite } from 'uvu'
import { inWorld } from '../../fixtures/world.ts'
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
  'what lost events would have told is found',
  inWorld((world) => lostEvents(world, 9000)),
)
test(
  'files of random bytes are set aside whole',
  inWorld((world) => randomBytes(world, 100, 1)),
)

test.run()
