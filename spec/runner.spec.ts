/** The runner itself, fed with small spec files that uvu alone would call green (and some that it would not). */
import { readdirSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { processesOf } from '../fixtures/processes.ts'
import { type Ran, ROOT, start } from '../fixtures/program.ts'
import { inWorld } from '../fixtures/world.ts'

const test = suite('test runner')

/** Runs the runner on `fixtures/specs/<name>`. */
const runner = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  start(process.execPath, [`${ROOT}dist/spec/run.js`, '--under', 'dist/fixtures/specs', ...args], {
    cwd: dir,
    env: { ...process.env, ...env },
  }).ended

const lastLine = (ran: Ran): string => ran.stdout.trimEnd().split('\n').at(-1) ?? ''

/** Each fixture that must fail: what the runner says of it, and its last line. */
const RED: Record<string, readonly [says: RegExp, last: string]> = {
  red: [/red\.spec: 1 of 2 tests failed/, '1 passed, 1 failed, 0 skipped'],
  'before-throws': [/1 of 1 tests failed/, '0 passed, 1 failed, 0 skipped'],
  'throws-non-error': [/1 of 1 tests failed/, '0 passed, 1 failed, 0 skipped'],
  'forgets-run': [/has no tests, or forgot \.run\(\)|did not say/, '0 passed, 1 failed, 0 skipped'],
  'only-left': [/has \.only left in it/, '1 passed, 1 failed, 1 skipped'],
  'after-each-throws': [/1 of 1 tests failed/, '0 passed, 1 failed, 0 skipped'],
  'never-settles': [/did not say how many tests passed/, '0 passed, 1 failed, 0 skipped'],
  'exits-early': [/did not say how many tests passed/, '0 passed, 1 failed, 0 skipped'],
  'exits-after': [/exited with 3/, '1 passed, 1 failed, 0 skipped'],
  killed: [/was ended by SIGKILL/, '0 passed, 1 failed, 0 skipped'],
  empty: [/has no tests/, '0 passed, 1 failed, 0 skipped'],
  'leaves-process': [/left processes running: \d+ sleep 300/, '1 passed, 1 failed, 0 skipped'],
  'skips-unwrapped': [/1 of 1 tests failed/, '0 passed, 1 failed, 0 skipped'],
}

for (const [name, [says, last]] of Object.entries(RED))
  test(
    `fails ${name}`,
    inWorld(async ({ dir }) => {
      const ran = await runner(dir, [`/${name}.spec`])
      assert.match(ran.stdout, says)
      assert.is(lastLine(ran), last)
      assert.is(ran.code, 1)
    }),
  )

test(
  'kills and fails a file that takes too long',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['--limit', '1', '/hangs.spec'])
    assert.match(ran.stdout, /took longer than 1 s and was killed/)
    assert.is(lastLine(ran), '0 passed, 1 failed, 0 skipped')
    assert.is(ran.code, 1)
    assert.equal(processesOf('specs/hangs.spec.js'), [])
  }),
)

test(
  'fails when no file matches',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['no-such-file'])
    assert.match(ran.stdout, /no spec file matches no-such-file/)
    assert.is(lastLine(ran), '0 passed, 1 failed, 0 skipped')
    assert.is(ran.code, 1)
  }),
)

test(
  'passes a file whose tests all pass, with one line that has its time',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/green.spec'])
    assert.match(ran.stdout, /^ok {4}green\.spec: 2 passed \(\d+\.\d\d s\)\n/)
    assert.is(lastLine(ran), '2 passed, 0 failed, 0 skipped')
    assert.is(ran.code, 0)
  }),
)

test(
  'shows the output of a file that fails',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/red.spec'])
    assert.match(ran.stdout, /\| +FAIL +red +"fails"/)
  }),
)

test(
  'counts what a test skipped at run time as skipped, and lists it with its reason',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/skips.spec'])
    assert.match(ran.stdout, /\nskipped: skips\.spec: skips: cannot run here \(there is no such machine\)\n1 passed/)
    assert.is(lastLine(ran), '1 passed, 0 failed, 1 skipped')
    assert.is(ran.code, 0)
  }),
)

test(
  'adds up several files',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/green.spec', '/red.spec', '/skips.spec', '--at-once', '3'])
    assert.is(lastLine(ran), '4 passed, 1 failed, 1 skipped')
    assert.is(ran.code, 1)
  }),
)

test(
  'hides the home and the settings of the user from the tests',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/environment.spec'], { QUEUECTL_HOME: '/elsewhere', QUEUECTL_FOREGROUND: '1' })
    assert.is(lastLine(ran), '2 passed, 0 failed, 0 skipped')
  }),
)

test(
  'lists the CPU time of the files when asked, before the last line',
  inWorld(async ({ dir }) => {
    const ran = await runner(dir, ['/green.spec', '--times'])
    assert.match(ran.stdout, /\n +\d+\.\d\d +\d+\.\d\d {2}green\.spec\n +\d+\.\d\d +\d+\.\d\d {2}all files\n/)
    assert.is(lastLine(ran), '2 passed, 0 failed, 0 skipped')
  }),
)

test(
  'removes the directories of the files it ran',
  inWorld(async ({ dir }) => {
    await runner(dir, ['/green.spec', '/red.spec'], { TMPDIR: dir })
    assert.equal(
      readdirSync(dir).filter((name) => name.startsWith('queuectl-spec-')),
      [],
    )
  }),
)

test.run()
