/** Leftovers of dead processes, and when a sweep removes them. */
import { closeSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import { sweep } from '../../lib/spool/leftovers.ts'
import { runPaths, type RunPaths } from '../../lib/run/paths.ts'

const test = suite('sweeping leftovers')

const inHome = (body: (home: Home, paths: RunPaths) => void | Promise<void>): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => {
    const home = openHome(root)
    return body(home, runPaths(home, 'job1', 3))
  })

const HOUR = 3_600_000

/** A file that was last touched so long (ms) before NOON. */
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
  'traces of a job that nobody holds are swept once they are a minute old',
  inHome((home, paths) => {
    for (const path of [paths.fifo, paths.mark, paths.note]) old(path, 60_001)
    old(runPaths(home, 'job2', 1).mark, 59_000)
    old(join(home.run, 'mine.txt'), HOUR)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job2.1.mark', 'mine.txt'])
  }),
)

test(
  'traces of a job that somebody holds stay, however old',
  inHome((home, paths) => {
    const holder = joinWorkers(home, 1, NOON)
    writeFileSync(join(holder.dir, '1000-20261122T101500.000000Z-job1.json'), '{}')
    old(paths.mark, HOUR)
    sweep(home, NOON)
    assert.ok(existsSync(paths.mark))
  }),
)

test(
  'traces of a run whose processes still live stay, for the next run to find',
  inHome((home, paths) => {
    makeFifos([paths.fifo])
    const fd = holdFifo(paths.fifo)
    old(paths.mark, HOUR)
    utimesSync(paths.fifo, 1, 1)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job1.3.fifo', 'job1.3.mark'])
    closeSync(fd)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run), [])
  }),
)

test(
  'a clock set back sweeps nothing',
  inHome((home, paths) => {
    old(paths.mark, -HOUR)
    old(join(home.tmp, 'job1.1a2b3c4d.new'), -HOUR)
    sweep(home, NOON)
    assert.is(readdirSync(home.run).length + readdirSync(home.tmp).length, 2)
  }),
)

test.run()
