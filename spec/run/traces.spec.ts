/** The files of a run: what is read of its traces, and what of them is believed. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { tracedRuns, isCounted, readTraces, removeTraces, writeNote } from '../../lib/run/traces.ts'
import { type RunPaths, runPaths } from '../../lib/run/paths.ts'
import { createOutput, openInput } from '../../lib/run/output.ts'
import { lastErrorLine, runNumbers } from '../../lib/run/output-reader.ts'

const test = suite('traces of a run')

const STAT = '4321 (sh) S 1 4321 4321 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 2400000 300 18446744073709551615\n'

const inHome = (body: (home: Home, paths: RunPaths) => void | Promise<void>): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => {
    const home = openHome(root)
    return body(home, runPaths(home, 'job1', 3))
  })

test(
  'a run’s output files are made once, for the owner alone; an earlier run is reported',
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
  'run numbers are sorted as numbers, and other files among the logs are ignored',
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

test(
  'a run without traces has none',
  inHome((_home, paths) => {
    const nothing = { life: 'over', mark: 'none', leader: undefined, exit: undefined, note: undefined, any: false }
    assert.equal(readTraces(paths), nothing)
  }),
)

test(
  'a start mark has the leader and its start time',
  inHome((_home, paths) => {
    writeFileSync(paths.mark, STAT)
    assert.equal(readTraces(paths).leader, { pid: 4321, start: '98765' })
  }),
)

for (const text of ['', '\n', STAT.slice(0, -1), STAT.slice(0, 8)])
  test(
    `a start mark of ${text.length} bytes without its end is none`,
    inHome((_home, paths) => {
      writeFileSync(paths.mark, text)
      assert.is(readTraces(paths).leader, undefined)
    }),
  )

test(
  'an exit record has the code and when it was written',
  inHome((_home, paths) => {
    writeFileSync(paths.mark, `${STAT}137\n`)
    utimesSync(paths.mark, NOON / 1000, NOON / 1000)
    assert.equal(readTraces(paths).exit, { code: 137, at: NOON })
  }),
)

test(
  'an exit record that is written just before the FIFO is released is read',
  inHome((_home, paths) => {
    makeFifos([paths.fifo])
    writeFileSync(paths.mark, STAT)
    const racing: RunPaths = {
      ...paths,
      // The run ends at the moment its FIFO is looked at.
      get fifo() {
        writeFileSync(paths.mark, `${STAT}7\n`)
        return paths.fifo
      },
    }
    const { life, exit } = readTraces(racing)
    assert.equal([life, exit?.code], ['over', 7])
  }),
)

for (const text of ['', '0', '\n', '\0\0', '1 2\n', '-1\n', 'x\n', '\n0\n', '0\n0\n'])
  test(
    `an exit record ${JSON.stringify(text)} is none`,
    inHome((_home, paths) => {
      writeFileSync(paths.mark, `${STAT}${text}`)
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
  'the first note stays when others are written after it, and nothing is left in tmp/',
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
    for (const name of ['job1.1.mark', 'job1.2.fifo', 'job1.2.mark', 'job1.5.mark', 'job1.1.4.mark', 'job10.4.mark'])
      writeFileSync(join(home.run, name), '')
    assert.equal(tracedRuns(home, 'job1'), [1, 2, 5])
    assert.equal(tracedRuns(home, 'job1.1'), [4])
  }),
)

test(
  'a run is counted when history has it while traces of it are there',
  inHome((_home, paths) => {
    const history = [{ run: 3, outcome: 'failed', finished_at: '2026-11-22T10:15:00.000Z' }] as const
    writeFileSync(paths.mark, `${STAT}1\n`)
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
    writeFileSync(paths.mark, `${STAT}0\n`)
    writeFileSync(paths.note, '')
    removeTraces(paths, true)
    assert.equal(readdirSync(home.run).toSorted(), ['job1.3.fifo', 'job1.3.mark'])
    assert.is(readFileSync(paths.mark, 'utf8'), STAT)
    removeTraces(paths, false)
    assert.equal(readdirSync(home.run), [])
  }),
)

test.run()
