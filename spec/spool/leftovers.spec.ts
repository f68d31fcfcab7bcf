/** Leftovers of dead processes, and when a sweep removes them. */
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { scratchPath } from '../../lib/disk/scratch.ts'
import { sweep } from '../../lib/spool/leftovers.ts'
import { runPaths, type RunPaths } from '../../lib/run/paths.ts'

const test = suite('sweeping leftovers')

const inHome = (body: (home: Home, paths: RunPaths) => void | Promise<void>): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => {
    const home = openHome(root)
    return body(home, runPaths(home, 'job1', 3))
  })

const HOUR = 3_600_000

/** A file that was last touched this long (ms) before NOON. */
function old(path: string, age: number): void {
  writeFileSync(path, '')
  utimesSync(path, (NOON - age) / 1000, (NOON - age) / 1000)
}

test(
  'scratch of ours that is an hour old is swept, younger scratch and what is not ours stays',
  inHome((home) => {
    for (const name of ['job1.1a2b3c4d.new', 'job1.3.1a2b3c4d.note', 'x.1a2b3c4d.reserved', 'worker-999999-abcdef'])
      old(join(home.tmp, name), HOUR + 1)
    old(join(home.tmp, 'young.1a2b3c4d.new'), HOUR - 1)
    old(join(home.tmp, 'mine.txt'), 100 * HOUR)
    sweep(home, NOON)
    assert.equal(readdirSync(home.tmp).toSorted(), ['mine.txt', 'young.1a2b3c4d.new'])
  }),
)

test(
  'a clock set ahead sweeps nothing of a living process',
  inHome((home) => {
    const path = scratchPath(home.tmp, 'job1', 'new')
    old(path, HOUR + 1)
    old(join(home.tmp, 'job2.999999-1a2b3c4d.new'), HOUR + 1)
    sweep(home, NOON)
    assert.equal(readdirSync(home.tmp), [basename(path)])
  }),
)

test(
  'a clock set back sweeps nothing',
  inHome((home) => {
    old(join(home.tmp, 'job1.1a2b3c4d.new'), -HOUR)
    sweep(home, NOON)
    assert.is(readdirSync(home.tmp).length, 1)
  }),
)

test.run()
