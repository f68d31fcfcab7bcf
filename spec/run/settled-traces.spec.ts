/** The traces of settled runs, and when they are removed. */
import { ownIdentity } from '../../lib/disk/process.ts'
import { closeSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inHomeWithRun, oldFile } from '../../fixtures/old-file.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import { sweepTraces } from '../../lib/run/settled-traces.ts'
import { runPaths } from '../../lib/run/paths.ts'

const test = suite('traces of settled runs')

const HOUR = 3_600_000

test(
  'traces of a job that no holder has are swept once they are a minute old',
  inHomeWithRun((home, paths) => {
    makeFifos([paths.fifo])
    utimesSync(paths.fifo, 1, 1)
    for (const path of [paths.mark, paths.note]) oldFile(path, 60_001)
    oldFile(runPaths(home, 'job2', 1).mark, 59_000)
    oldFile(join(home.run, 'mine.txt'), HOUR)
    sweepTraces(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job2.1.mark', 'mine.txt'])
  }),
)

test(
  'traces of a held job stay, however old',
  inHomeWithRun((home, paths) => {
    const holder = joinWorkers(home, 1, NOON)
    writeFileSync(join(holder.dir, '1000-20261122T101500.000000Z-job1.json'), '{}')
    oldFile(paths.mark, HOUR)
    sweepTraces(home, NOON)
    assert.ok(existsSync(paths.mark))
  }),
)

test(
  'traces of a run whose processes still live stay, for the next run to find',
  inHomeWithRun((home, paths) => {
    makeFifos([paths.fifo])
    const fd = holdFifo(paths.fifo)
    oldFile(paths.mark, HOUR)
    utimesSync(paths.fifo, 1, 1)
    sweepTraces(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job1.3.fifo', 'job1.3.mark'])
    closeSync(fd)
    sweepTraces(home, NOON)
    assert.equal(readdirSync(home.run), [])
  }),
)

test(
  'traces of a run whose FIFO is gone stay until its kernel is gone',
  inHomeWithRun((home, paths) => {
    writeFileSync(paths.mark, `${process.pid} (sh) S boot=${ownIdentity().boot} ns=${ownIdentity().ns}\n`)
    utimesSync(paths.mark, 1, 1)
    sweepTraces(home, NOON)
    assert.equal(readdirSync(home.run), ['job1.3.mark'])
    writeFileSync(paths.mark, '7 (sh) S boot=another ns=1\n')
    utimesSync(paths.mark, 1, 1)
    sweepTraces(home, NOON)
    assert.equal(readdirSync(home.run), [])
  }),
)

test.run()
