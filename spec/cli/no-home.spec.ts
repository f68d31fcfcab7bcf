/** Where there is no home: commands that look make none and show an empty queue, whatever they are. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { allCommands } from '../../lib/cli/find-command.ts'

const test = suite('commands without a home')

/** How each command that makes no home is called, and its exit status. */
const LOOKING: Readonly<Record<string, number>> = {
  status: 0,
  list: 0,
  'show x': 4,
  'logs x': 4,
  'wait x': 4,
  'retry --all': 0,
  'cancel x': 4,
  prune: 0,
  'hold --all': 0,
  'release --all': 0,
  'priority x 5': 4,
  'move x --queue q': 4,
  'edit x': 4,
  'explain x': 4,
  'deps x': 4,
  next: 0,
  ps: 0,
  top: 0,
  'exec no-such-file': 2,
  'worker list': 5,
  'worker stop': 0,
  'worker health': 5,
  'worker forget x': 4,
  'service install --print': 0,
  'service uninstall': 4,
  'service status': 4,
  'queue list': 0,
  'queue show x': 4,
  'queue resume x': 0,
  'queue unset x limit': 4,
  'queue rm x': 4,
  'limit list': 0,
  'schedule list': 0,
  'schedule show x': 4,
  'schedule next': 0,
  'schedule check': 0,
  'schedule pause x': 4,
  'schedule resume x': 4,
  'schedule run-now x': 4,
  'schedule edit x': 4,
  'schedule rm x': 4,
  'limit show x': 4,
  'dlq list': 0,
  'dlq show x': 4,
  'dlq retry --all': 0,
  'dlq export': 0,
  'dlq purge --all': 0,
  'config get': 0,
  'config list': 0,
  doctor: 0,
  stats: 0,
  metrics: 0,
  events: 0,
  version: 0,
  'completion bash': 0,
}
/** These need no queue at all. */
const NOTHING_SAID = /^(exec|version|completion|service)/

test('every command either makes a home or is called here', async () => {
  const lookers = (await allCommands()).filter(({ makesHome }) => !makesHome)
  const missing = lookers
    .map(({ paths }) => paths?.[0]?.join(' ') ?? '')
    .filter((name) => !Object.keys(LOOKING).some((call) => call === name || call.startsWith(`${name} `)))
  assert.equal(missing, [])
})

for (const [call, status] of Object.entries(LOOKING))
  test(
    `${call} makes no home, and says that there is none`,
    inWorld(async ({ cli, dir }) => {
      const none = join(dir, 'none')
      const { code, stderr } = await cli([...call.split(' '), '--home', none])
      assert.is(code, status, stderr)
      if (!NOTHING_SAID.test(call)) assert.match(stderr, `there is no queue in ${none} yet; the first enqueue makes it`)
      assert.not.ok(existsSync(none))
    }),
  )

test(
  'a home that nobody named is not spoken of',
  inWorld(async ({ cli, dir }) => {
    const { code, stderr } = await cli(['list', '--json'], { env: { QUEUECTL_HOME: '' } })
    assert.equal([code, stderr], [0, ''])
    assert.not.ok(existsSync(join(dir, '.queuectl')))
  }),
)

test(
  'nothing is made in a directory that is no home',
  inWorld(async ({ cli, dir }) => {
    for (const name of ['tmp', 'run', 'logs']) mkdirSync(join(dir, 'other', name), { recursive: true })
    assert.match((await cli(['status', '--home', join(dir, 'other')])).stderr, 'there is no queue in')
    assert.equal(readdirSync(join(dir, 'other')).toSorted(), ['logs', 'run', 'tmp'])
  }),
)

test(
  'events that are followed from before there is a home come when it is made',
  inWorld(async ({ begin, cli, dir }) => {
    const none = join(dir, 'none')
    const following = begin(['events', '--follow', '--home', none])
    await until(() => following.stderr.includes('there is no queue'), 5000, 'it follows')
    await cli(['enqueue', 'true', '--id', 'first', '--home', none])
    await until(() => following.stdout.includes('first'), 10_000, 'the event has come')
    following.kill('SIGINT')
    await following.ended
  }),
)

for (const args of [
  ['--home', 'list'],
  ['list', '--home'],
  ['--home', '--json', 'list'],
  ['--home', 'echo hi'],
])
  test(
    `${JSON.stringify(args)} names no home, and is refused`,
    inWorld(async ({ cli, dir }) => {
      const { code, stderr } = await cli(args)
      assert.is(code, 2)
      assert.match(stderr, '--home needs a value')
      assert.equal(readdirSync(dir), ['home'])
    }),
  )

for (const args of [
  ['--home=list', 'status'],
  ['--home', './list', 'status'],
  ['--home', 'mine', 'status'],
])
  test(
    `${args.join(' ')} names a home`,
    inWorld(async ({ cli }) => assert.is((await cli(args)).code, 0)),
  )

test(
  'XDG_STATE_HOME is where the home goes, unless there is one in the usual place',
  inWorld(async ({ cli, dir }) => {
    const env = { QUEUECTL_HOME: '', XDG_STATE_HOME: join(dir, 'state') }
    await cli(['enqueue', 'true', '--id', 'a'], { env })
    assert.ok(existsSync(join(dir, 'state/queuectl/pending')))
    assert.not.ok(existsSync(join(dir, '.queuectl')))
    assert.match((await cli(['status'], { env })).stdout, `Home:           ${dir}/state/queuectl`)
    await cli(['init'], { env: { ...env, XDG_STATE_HOME: 'relative' } })
    assert.ok(existsSync(join(dir, '.queuectl/pending')))
    assert.match((await cli(['status'], { env })).stdout, 'Pending:    0')
    assert.match(
      (await cli(['doctor'], { env })).stdout,
      `note    structure    ${dir}/state/queuectl is there too, and not used: ~/.queuectl goes before $XDG_STATE_HOME`,
    )
  }),
)

test.run()
