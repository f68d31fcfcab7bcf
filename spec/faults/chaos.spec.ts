/** A short storm; `npm run faults` has the long one. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { storm } from './chaos.ts'

const test = suite('chaos')

test(
  'under random signals to all processes nothing is lost, nothing overlaps, nothing is stuck',
  skippable(async () => {
    const wreck = await storm({ seed: 1, faults: 40 })
    assert.equal(wreck.wrong, [])
    assert.ok(wreck.acknowledged > 0, 'jobs were acknowledged')
  }),
)

test.run()
