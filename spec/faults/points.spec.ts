/** A sample of the fault points of each operation; `npm run faults` tries them all. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { ALL_OPERATIONS } from './all-points.ts'
import { Chance } from './chance.ts'
import { library } from './library.ts'
import { Bench } from './points.ts'

const test = suite('fault points')

/** Another sample with each release would tell of another one's faults: this one stays. */
for (const [index, operation] of new Chance(7).sample(ALL_OPERATIONS, 4).entries())
  test(
    `whatever fails or dies, everything comes to its end: ${operation.name}`,
    skippable(async () => {
      library()
      const bench = new Bench(operation)
      try {
        // What runs side by side takes its steps in no fixed number: a point that is not reached gives way to another.
        let struck = 0
        for (const point of new Chance(index).sample(await bench.points(), 6))
          if (struck < 2 && (await bench.strike(point))) struck++
        assert.is(struck, 2)
      } finally {
        bench.close()
      }
    }),
  )

test.run()
