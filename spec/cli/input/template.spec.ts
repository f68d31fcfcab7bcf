import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runAll } from '../../../fixtures/jobs.ts'
import { inWorld } from '../../../fixtures/world.ts'
import { fillTemplate } from '../../../lib/cli/input/template.ts'

const test = suite('templates of a batch')

for (const [template, line, command] of [
  ['convert {} {.}.png', 'in/a.jpg', 'convert in/a.jpg in/a.png'],
  ['echo {/} {//} {/.}', 'in/a.tar.gz', 'echo a.tar.gz in a.tar'],
  ['echo {/} {//} {.}', 'a', 'echo a . a'],
  ['echo {//}', '/a', 'echo /'],
  ['echo {.}', 'v1.2/a', 'echo v1.2/a'],
  ['echo {.}', 'in/.hidden', 'echo in/.hidden'],
  ['echo', 'a', 'echo a'],
  ['echo {x} {}', 'a', 'echo {x} a'],
] as const)
  test(`${template} of ${line} is ${command}`, () => {
    assert.is(fillTemplate(template, line), command)
  })

test('a line is one word of the command, whatever it holds', () => {
  assert.is(fillTemplate('rm {}', `it's $(rm -rf /) "x"; y`), `rm 'it'\\''s $(rm -rf /) "x"; y'`)
})

test('the same template gives the same each time', () => {
  assert.equal(
    [1, 2, 3].map(() => fillTemplate('echo {}', 'a')),
    ['echo a', 'echo a', 'echo a'],
  )
})

test(
  'every line of standard input that is not blank becomes a job, with the options of the command',
  inWorld(async (world) => {
    const input = `one two\n\n$HOME 'x'\r\nlast`
    const { code } = await world.cli(['enqueue', '--each-line', 'echo {} >>said', '--tag', 'list'], { input })
    assert.is(code, 0)
    const jobs = await world.queue.list()
    assert.equal(
      jobs.map(({ job }) => [job?.command, job?.tags]),
      [
        [`echo 'one two' >>said`, ['list']],
        [`echo '$HOME '\\''x'\\''' >>said`, ['list']],
        ['echo last >>said', ['list']],
      ],
    )
    await runAll(world)
    assert.is((await world.queue.count()).completed, 3)
  }),
)

test(
  'a line that is not UTF-8 is named and keeps no other back',
  inWorld(async (world) => {
    const input = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 10]), Buffer.from('b\n')])
    const { code, stderr } = await world.cli(['enqueue', '--each-line', 'echo'], { input })
    assert.is(code, 6)
    assert.match(stderr, 'line 2: invalid job: it is not UTF-8')
    assert.is((await world.queue.count()).pending, 2)
  }),
)

test(
  '--each-line is a command: another one beside it is refused',
  inWorld(async (world) => {
    assert.is((await world.cli(['enqueue', '--each-line', 'echo', 'true'], { input: 'a\n' })).code, 2)
  }),
)

test.run()
