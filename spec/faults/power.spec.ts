/** One power cut on each file system; `npm run faults` has many. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { Chance } from './chance.ts'
import { Disk, FILE_SYSTEMS, powerCut } from './power.ts'

const test = suite('power cuts')

for (const kind of FILE_SYSTEMS)
  test(
    `what was acknowledged before a power cut is there after it, whole, and completes: ${kind}`,
    skippable(async () => {
      const disk = new Disk(kind)
      try {
        const cut = await powerCut(disk, new Chance(1))
        assert.equal(cut.wrong, [])
        assert.ok(cut.acknowledged > 0)
      } finally {
        disk.remove()
      }
    }),
  )

test.run()
