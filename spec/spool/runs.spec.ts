/** The files of a run: what is read of its traces, what of them is believed, and when they go. */
import { closeSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/home.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { hold, isHeld, makeFifos } from '../../lib/spool/liveness.ts'
import {
  createOutput,
  discardFifos,
  earlierTraces,
  FifoPool,
  isCounted,
  lastErrorLine,
  openInput,
  readTraces,
  removeTraces,
  runNumbers,
  type RunPaths,
  runPaths,
  writeNote,
} from '../../lib/spool/runs.ts'
import { sweep } from '../../lib/spool/sweep.ts'

const test = suite('runs')

const STAT = '4321 (sh) S 1 4321 4321 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 2400000 300 18446744073709551615\n'

const inHome = (body: (home: Home, paths: RunPaths) => void | Promise<void>): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => {
    const home = openHome(root)
    return body(home, runPaths(home, 'job1', 3))
  })

// --- output -------------------------------------------------------------------------------------------------------

test(
  'a run’s output files are made once, for the owner alone; a run that has been is told',
  inHome((home, paths) => {
    const output = createOutput(home, 'job1', 3)
    assert.ok(output)
    closeSync(output.out)
    closeSync(output.err)
    assert.is(statSync(paths.out).mode & 0o777, 0o600)
    assert.is(createOutput(home, 'job1', 3), undefined)
    assert.equal(runNumbers(home, 'job1'), [3])
  }),
)

test(
  'a run of which only the error output is there has been, too',
  inHome((home, paths) => {
    mkdirSync(join(home.logs, 'job1'))
    writeFileSync(paths.err, 'precious')
    assert.is(createOutput(home, 'job1', 3), undefined)
    assert.is(readFileSync(paths.err, 'utf8'), 'precious')
  }),
)

test(
  'run numbers are in the order of numbers, and strangers among the logs are none',
  inHome((home) => {
    mkdirSync(join(home.logs, 'job1'))
    for (const name of ['10.out', '9.out', '9.err', 'x.out', '.reserved.1', '2.out.gz'])
      writeFileSync(join(home.logs, 'job1', name), '')
    assert.equal(runNumbers(home, 'job1'), [9, 10])
    assert.equal(runNumbers(home, 'none'), [])
  }),
)

test(
  'standard input is a file without a name',
  inHome((_home, paths) => {
    const fd = openInput(paths, 'grüß\n')
    assert.is(readFileSync(fd, 'utf8'), 'grüß\n')
    closeSync(fd)
    assert.not(existsSync(paths.stdin))
  }),
)

for (const [what, text, line] of [
  ['nothing', '', undefined],
  ['blank lines', ' \n\n', undefined],
  ['several lines', 'one\ntwo\n\n', 'two'],
  ['a line without an end', 'one\r\n two ', 'two'],
  ['a very long line', `x${'y'.repeat(10_000)}`, 'y'.repeat(300)],
] as const)
  test(
    `the last error line of ${what} is ${line === undefined ? 'none' : JSON.stringify(line.slice(0, 10))}`,
    inHome((home, paths) => {
      mkdirSync(join(home.logs, 'job1'))
      writeFileSync(paths.err, text)
      assert.is(lastErrorLine(paths), line)
    }),
  )

// --- traces -------------------------------------------------------------------------------------------------------

test(
  'a run without traces has none',
  inHome((_home, paths) => {
    const nothing = { held: false, leader: undefined, exit: undefined, note: undefined, any: false }
    assert.equal(readTraces(paths), nothing)
  }),
)

test(
  'a start mark tells the leader and its start time',
  inHome((_home, paths) => {
    writeFileSync(paths.start, STAT)
    assert.equal(readTraces(paths).leader, { pid: 4321, start: '98765' })
  }),
)

for (const text of ['', '\n', STAT.slice(0, -1), STAT.slice(0, 8)])
  test(
    `a start mark of ${text.length} bytes without its end is none`,
    inHome((_home, paths) => {
      writeFileSync(paths.start, text)
      assert.is(readTraces(paths).leader, undefined)
    }),
  )

test(
  'an exit record tells the code and when it was written',
  inHome((_home, paths) => {
    writeFileSync(paths.exit, '137\n')
    utimesSync(paths.exit, NOON / 1000, NOON / 1000)
    assert.equal(readTraces(paths).exit, { code: 137, at: NOON })
  }),
)

for (const text of ['', '0', '\n', '\0\0', '1 2\n', '-1\n', 'x\n', '0\n0\n'])
  test(
    `an exit record ${JSON.stringify(text)} is none`,
    inHome((_home, paths) => {
      writeFileSync(paths.exit, text)
      assert.is(readTraces(paths).exit, undefined)
    }),
  )

for (const text of ['', '{"why":', 'null', '5', '[]', '{"why":"of course"}'])
  test(
    `a note ${JSON.stringify(text)} ends nothing`,
    inHome((_home, paths) => {
      writeFileSync(paths.note, text)
      assert.is(readTraces(paths).note, undefined)
    }),
  )

test(
  'the first note stays, whoever writes after it, and nothing is left in tmp/',
  inHome((home, paths) => {
    assert.equal(writeNote(home, 'job1', 3, { why: 'timeout', seconds: 5 }), { why: 'timeout', seconds: 5 })
    const second = writeNote(home, 'job1', 3, { why: 'cancel', reason: 'late' })
    assert.equal(second, { why: 'timeout', seconds: 5 })
    assert.equal(readTraces(paths).note, { why: 'timeout', seconds: 5 })
    assert.equal(readdirSync(home.tmp), [])
  }),
)

test(
  'the earlier traces of a job are its own, and not those of one whose id begins like it',
  inHome((home) => {
    for (const name of ['job1.1.start', 'job1.2.fifo', 'job1.2.start', 'job1.5.exit', 'job1.1.4.exit', 'job10.4.exit'])
      writeFileSync(join(home.run, name), '')
    assert.equal(earlierTraces(home, 'job1', 5).toSorted(), [1, 2])
    assert.equal(earlierTraces(home, 'job1.1', 5), [4])
  }),
)

test(
  'a run is counted when history has it while traces of it are there',
  inHome((_home, paths) => {
    const history = [{ run: 3, outcome: 'failed', finished_at: '2026-11-22T10:15:00.000Z' }] as const
    writeFileSync(paths.exit, '1\n')
    const traces = readTraces(paths)
    assert.is(isCounted(aJob({ runs: 3, history }), traces), true)
    assert.is(isCounted(aJob({ runs: 4, history }), traces), false)
    removeTraces(paths, false)
    assert.is(isCounted(aJob({ runs: 3, history }), readTraces(paths)), false)
  }),
)

test(
  'the traces of a run that left processes running keep the FIFO and the start mark',
  inHome((home, paths) => {
    makeFifos([paths.fifo])
    for (const path of [paths.start, paths.exit, paths.note]) writeFileSync(path, '')
    removeTraces(paths, true)
    assert.equal(readdirSync(home.run).toSorted(), ['job1.3.fifo', 'job1.3.start'])
    removeTraces(paths, false)
    assert.equal(readdirSync(home.run), [])
  }),
)

// --- FIFOs made ahead ---------------------------------------------------------------------------------------------

test(
  'FIFOs made ahead are put where they are wanted, each once',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    const paths = Array.from({ length: 70 }, (_, n) => runPaths(home, `j${n}`, 1).fifo)
    for (const path of paths) pool.take(path)
    for (const path of paths) assert.is(isHeld(path), false)
    assert.is(readdirSync(home.run).length, 70)
    discardFifos(home, 'worker-1')
    assert.equal(readdirSync(home.tmp), [])
  }),
)

test(
  'FIFOs made ahead are made anew when they were swept away',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(join(home.tmp, 'worker-1.fifos'), { recursive: true })
    pool.take(runPaths(home, 'job1', 1).fifo)
    assert.is(isHeld(runPaths(home, 'job1', 1).fifo), false)
  }),
)

test(
  'a FIFO is put into run/ though that was removed, without a spin',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(home.run, { recursive: true })
    pool.take(runPaths(home, 'job1', 1).fifo)
    assert.is(isHeld(runPaths(home, 'job1', 1).fifo), false)
  }),
)

test(
  'a FIFO of a home that was removed is an error, and does not bring it back',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(home.root, { recursive: true })
    assert.throws(() => pool.take(runPaths(home, 'job1', 1).fifo))
    assert.not(existsSync(home.root))
  }),
)

// --- sweeping -----------------------------------------------------------------------------------------------------

const HOUR = 3_600_000

/** A file that was last touched so long (ms) before NOON. */
function old(path: string, age: number): void {
  writeFileSync(path, '')
  utimesSync(path, (NOON - age) / 1000, (NOON - age) / 1000)
}

test(
  'scratch of ours that is an hour old is swept, younger scratch and what is not ours stays',
  inHome((home) => {
    for (const name of ['job1.1a2b3c4d.new', 'job1.3.1a2b3c4d.note', 'x.1a2b3c4d.reserved', 'worker-1-abcdef'])
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
    for (const path of [paths.start, paths.exit, paths.note]) old(path, 60_001)
    old(runPaths(home, 'job2', 1).exit, 59_000)
    old(join(home.run, 'mine.txt'), HOUR)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job2.1.exit', 'mine.txt'])
  }),
)

test(
  'traces of a job that somebody holds stay, however old',
  inHome((home, paths) => {
    const holder = joinWorkers(home, 1, NOON)
    writeFileSync(join(holder.dir, '1000-20261122T101500.000000Z-job1.json'), '{}')
    old(paths.start, HOUR)
    sweep(home, NOON)
    assert.ok(existsSync(paths.start))
  }),
)

test(
  'traces of a run whose processes still live stay, for the next run to find',
  inHome((home, paths) => {
    makeFifos([paths.fifo])
    const fd = hold(paths.fifo)
    old(paths.start, HOUR)
    utimesSync(paths.fifo, 1, 1)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run).toSorted(), ['job1.3.fifo', 'job1.3.start'])
    closeSync(fd)
    sweep(home, NOON)
    assert.equal(readdirSync(home.run), [])
  }),
)

test(
  'a clock set back sweeps nothing',
  inHome((home, paths) => {
    old(paths.exit, -HOUR)
    old(join(home.tmp, 'job1.1a2b3c4d.new'), -HOUR)
    sweep(home, NOON)
    assert.is(readdirSync(home.run).length + readdirSync(home.tmp).length, 2)
  }),
)

test.run()
