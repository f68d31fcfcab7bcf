/** Leftovers of dead processes, and when a sweep removes them. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inHomeWithRun, oldFile } from '../../fixtures/old-file.ts'
import { scratchPath } from '../../lib/disk/scratch.ts'
import { sweep } from '../../lib/spool/leftovers.ts'

const test = suite('sweeping leftovers')

const HOUR = 3_600_000

test(
  'scratch of ours that is an hour old is swept, younger scratch and what is not ours stays',
  inHomeWithRun((home) => {
    for (const name of ['job1.1a2b3c4d.new', 'job1.3.1a2b3c4d.note', 'x.1a2b3c4d.reserved', 'worker-999999-abcdef'])
      oldFile(join(home.tmp, name), HOUR + 1)
    oldFile(join(home.tmp, 'young.1a2b3c4d.new'), HOUR - 1)
    oldFile(join(home.tmp, 'mine.txt'), 100 * HOUR)
    sweep(home, NOON)
    assert.equal(readdirSync(home.tmp).toSorted(), ['mine.txt', 'young.1a2b3c4d.new'])
  }),
)

test(
  'a clock set ahead sweeps nothing of a living process',
  inHomeWithRun((home) => {
    const path = scratchPath(home.tmp, 'job1', 'new')
    oldFile(path, HOUR + 1)
    oldFile(join(home.tmp, 'job2.999999-1a2b3c4d.new'), HOUR + 1)
    sweep(home, NOON)
    assert.equal(readdirSync(home.tmp), [basename(path)])
  }),
)

test(
  'a clock set back sweeps nothing',
  inHomeWithRun((home) => {
    oldFile(join(home.tmp, 'job1.1a2b3c4d.new'), -HOUR)
    sweep(home, NOON)
    assert.is(readdirSync(home.tmp).length, 1)
  }),
)

test.run()
