/** A sample of the fault points of each operation; `npm run faults` tries them all. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { Chance } from './chance.ts'
import { library } from './library.ts'
import { COMMANDS } from './operations.ts'
import { RECOVERIES } from './recoveries.ts'
import { REMOVALS } from './removals.ts'
import { Bench } from './points.ts'

const test = suite('fault points')

/** Another sample with each release would tell of another one's faults: this one stays. */
for (const [index, operation] of new Chance(7).sample([...COMMANDS, ...RECOVERIES, ...REMOVALS], 6).entries())
  test(
    `whatever fails or dies, everything comes to its end: ${operation.name}`,
    skippable(async () => {
      library()
      const bench = new Bench(operation)
      try {
        const points = await bench.points()
        for (const point of new Chance(index).sample(points, 2))
          assert.ok(await bench.strike(point), `struck: ${point.step}`)
      } finally {
        bench.close()
      }
    }),
  )

test.run()
