/** What `enqueue` says of a job that will probably not run as it was meant. The job is enqueued all the same. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../../fixtures/world.ts'
import { firstProgram, shellWord } from '../../../lib/job/first-program.ts'

const test = suite('doubts about a new job')

const LINE = 'a line for the shell is given without --, or as a string'

for (const [args, doubt] of [
  [['--', 'echo hi there'], `"echo hi there" is taken for the name of a program; ${LINE}`],
  [['--', 'cd', '/x'], `cd is a word of the shell and no program; ${LINE}`],
  [['--', 'FOO=1', 'env'], 'FOO=1 is taken for the name of a program; a variable is set with --env FOO=1'],
  [['--cwd', '/not/there', 'true'], 'its directory /not/there does not exist here'],
  [['no-such-program', 'x'], 'no-such-program is not in PATH here, and is tried where the worker runs'],
  [['A=1 no-such-program; true'], 'no-such-program is not in PATH here, and is tried where the worker runs'],
  [['./no-such-file'], './no-such-file does not exist here, and is tried where the worker runs'],
  [['--', 'no-such-program'], 'no-such-program is not in PATH here, and is tried where the worker runs'],
] as const)
  test(
    `${JSON.stringify(args)} is enqueued, with one line`,
    inWorld(async (world) => {
      const { code, stdout, stderr } = await world.cli(['enqueue', '--id', 'a', ...args])
      assert.equal([code, stdout, stderr], [0, 'Enqueued a\n', `warning: a: ${doubt}\n`])
    }),
  )

test(
  'what a shell, a program in PATH or a file in the job’s directory does is in no doubt',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'mine'), '', { mode: 0o755 })
    const lines = [
      'cd / && ls',
      'if true; then echo a; fi',
      '"$HOME"/x',
      './mine',
      'A=$B x',
      '# x',
      '(cd /; x)',
      'x() { y; }',
    ]
    const input = [...lines, ['true'], ['./mine', 'x']].map((command) => JSON.stringify({ command })).join('\n')
    const { code, stderr } = await world.cli(['enqueue', '-'], { input })
    assert.equal([code, stderr], [0, ''])
  }),
)

test(
  'the PATH of a job is its own',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'mine'), '', { mode: 0o755 })
    assert.is((await world.cli(['enqueue', '--env', `PATH=${world.dir}`, 'mine'])).stderr, '')
    assert.match((await world.cli(['enqueue', '--env', `PATH=${world.dir}`, 'ls'])).stderr, 'ls is not in PATH')
  }),
)

test(
  'of many jobs with the same doubt one line says so, and ten lines are the most',
  inWorld(async (world) => {
    const same = ['a', 'b', 'c'].map((id) => JSON.stringify({ id, command: 'no-such-program' })).join('\n')
    assert.match(
      (await world.cli(['enqueue', '-'], { input: same })).stderr,
      /^warning: a and 2 more: no-such-program .*\n$/,
    )
    const other = Array.from({ length: 30 }, (_, n) => JSON.stringify({ command: `no-such-${n}` })).join('\n')
    assert.is((await world.cli(['enqueue', '-'], { input: other })).stderr.split('\n').length, 11)
  }),
)

test(
  'a placeholder in quotes is warned of',
  inWorld(async (world) => {
    const each = (template: string) => world.cli(['enqueue', '--each-line', template], { input: 'x\n' })
    for (const template of ["echo '{}'", 'echo "a {.}"', `sh -c 'cat {}'`])
      assert.match((await each(template)).stderr, 'quotes around it')
    for (const template of ['echo {}', `echo 'a' {} "b"`, String.raw`echo \'{}`])
      assert.is((await each(template)).stderr, '')
  }),
)

for (const args of [
  ['-0', '--each-line', 'echo {}'],
  ['--each-line', '-0', 'echo {}'],
  ['--json', '-0', '--each-line=echo {}'],
  ['--null', '--each-line', 'echo {}'],
])
  test(
    `${args.join(' ')} takes names that a NUL ends`,
    inWorld(async (world) => {
      assert.is((await world.cli(['enqueue', ...args], { input: 'a\nb\0 \0\0c d' })).code, 0)
      const commands = (await world.queue.list()).map(({ job }) => String(job?.command))
      assert.equal(commands.toSorted(), ["echo ' '", "echo 'a\nb'", "echo 'c d'"])
    }),
  )

test(
  '--null without --each-line is refused',
  inWorld(async (world) => assert.is((await world.cli(['enqueue', '--null', 'true'])).code, 2)),
)

for (const [target, why] of [
  ['ftp://x', 'ftp:// cannot be posted to'],
  ['http://x:6000/', 'nothing can be fetched from port 6000'],
] as const)
  test(
    `a hook to ${target} is refused`,
    inWorld(async (world) => {
      const { code, stderr } = await world.cli(['config', 'set', 'on-dead', target])
      assert.is(code, 2)
      assert.match(stderr, why)
      assert.is((await world.cli(['config', 'set', 'on-dead', `curl ${target}`])).code, 0)
    }),
  )

test(
  'a worker with more than a thousand slots is refused',
  inWorld(async (world) => {
    const { code, stderr } = await world.cli(['worker', 'start', '--count', '100000'])
    assert.is(code, 2)
    assert.match(stderr, 'from 1 to 1000')
  }),
)

for (const [line, word] of [
  ['make test', 'make'],
  ['  A=1 B=x/y make', 'make'],
  ['make;ls', 'make'],
  ['a|b', 'a'],
  ['\n/bin/x y', '/bin/x'],
  ['A="x y" make', undefined],
  ['"x" y', undefined],
  ['$x y', undefined],
  ['x() { y; }', undefined],
  ['2>/dev/null x', undefined],
  ['', undefined],
] as const)
  test(`the first program of ${JSON.stringify(line)} is ${word}`, () => assert.is(firstProgram(line), word))

test('a word of bash is told from one of every shell', () =>
  assert.equal([shellWord('cd'), shellWord('source'), shellWord('make')], ['every', 'bash', undefined]))

test.run()
