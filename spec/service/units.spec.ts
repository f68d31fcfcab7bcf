/** The files that systemd and launchd are given. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PROGRAM } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { launchdPlists } from '../../lib/service/launchd-plists.ts'
import { homeOf, markOf, type ServicePlan } from '../../lib/service/plan.ts'
import { startedUnits, systemdUnits, unitNames } from '../../lib/service/systemd-units.ts'

const test = suite('service files')

const PLAN: ServicePlan = {
  name: 'queuectl',
  scope: 'user',
  user: undefined,
  home: '/srv/queue',
  program: [process.execPath, PROGRAM],
  path: '/usr/bin:/bin',
  workers: 3,
  options: [],
  web: false,
  onDemand: false,
}
const ODD_HOME = '/srv/a b %h "$x" \\ --é'
const PLANS: readonly ServicePlan[] = [
  PLAN,
  { ...PLAN, web: true },
  { ...PLAN, onDemand: true, web: true },
  { ...PLAN, scope: 'system', user: 'daemon', path: undefined, home: ODD_HOME },
]

const unit = (plan: ServicePlan, fileName: string): string =>
  systemdUnits(plan).find((file) => file.fileName === fileName)?.text ?? ''
const lines = (text: string, key: string): string[] => text.split('\n').filter((line) => line.startsWith(`${key}=`))

test(
  'systemd finds nothing wrong with any unit',
  inWorld(({ dir }) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) skip('there is no systemd-analyze')
    for (const plan of PLANS) {
      const paths = systemdUnits(plan).map(({ fileName, text }) => {
        writeFileSync(join(dir, fileName), text)
        return join(dir, fileName)
      })
      const scope = plan.scope === 'user' ? '--user' : '--system'
      const { status, stderr } = spawnSync('systemd-analyze', [scope, 'verify', ...paths], {
        encoding: 'utf8',
        // A user's systemd has its sockets there; a unit in the paths of this machine is not to be looked at.
        env: { ...process.env, XDG_RUNTIME_DIR: dir, HOME: dir },
      })
      // It looks at units of the machine too, which may have their own faults.
      assert.equal([status, stderr.split('\n').filter((line) => line.includes('queuectl'))], [0, []])
    }
  }),
)

test('on demand it is PathChanged and a timer: DirectoryNotEmpty starts it again and again while a job may not run yet', () => {
  const all = systemdUnits({ ...PLAN, onDemand: true })
  assert.equal(lines(unit({ ...PLAN, onDemand: true }, 'queuectl.path'), 'PathChanged'), [
    'PathChanged=/srv/queue/pending',
    'PathChanged=/srv/queue/wake/bell',
  ])
  for (const { text } of all) assert.not.match(text, /DirectoryNotEmpty|PathExists/)
  assert.ok(all.some(({ fileName }) => fileName === 'queuectl.timer'))
  assert.match(unit({ ...PLAN, onDemand: true }, 'queuectl.service'), / --burst\n/)
})

test('stopping the worker ends it alone, and leaves its jobs running', () => {
  const text = unit(PLAN, 'queuectl.service')
  for (const line of ['KillMode=process', 'KillSignal=SIGUSR2', 'OOMPolicy=continue']) assert.match(text, `\n${line}\n`)
})

test('quotes, blanks, dollars and percent signs of a home reach the program as they are', () => {
  const text = unit({ ...PLAN, home: ODD_HOME, program: ['/opt/n $1/node', '/x%y'] }, 'queuectl.service')
  assert.equal(lines(text, 'Environment')[0], 'Environment="QUEUECTL_HOME=/srv/a b %%h \\"$x\\" \\\\ --é"')
  assert.match(lines(text, 'ExecStart')[0] ?? '', 'ExecStart="/opt/n $$1/node" "/x%%y" worker start')
})

test('every file carries the home that it is for, in comments of its kind', () => {
  for (const plan of PLANS)
    for (const { text } of [...systemdUnits(plan), ...launchdPlists(plan)])
      assert.is(homeOf(text), homeOf(markOf(plan.home)))
  assert.is(homeOf('[Unit]\nDescription=somebody’s own\n'), undefined)
})

test('every unit that is written or started is one that uninstalling knows', () => {
  for (const plan of PLANS) {
    const known = unitNames(plan.name)
    for (const { fileName } of systemdUnits(plan)) assert.ok(known.includes(fileName), fileName)
    const written = systemdUnits(plan).map(({ fileName }) => fileName)
    for (const name of startedUnits(plan)) assert.ok(written.includes(name), name)
  }
})

test('a property list is one that can be read, and says the same', () => {
  const read = 'import json,plistlib,sys; json.dump(plistlib.loads(sys.stdin.buffer.read()), sys.stdout)'
  if (spawnSync('python3', ['-c', 'import plistlib']).status !== 0) skip('there is no python3 to read it with')
  const [text = ''] = launchdPlists({ ...PLAN, home: '/srv/<a> & --b' }).map((file) => file.text)
  const { stdout } = spawnSync('python3', ['-c', read], { input: text, encoding: 'utf8' })
  const plist = JSON.parse(stdout) as Record<string, unknown>
  assert.equal(plist.ProgramArguments, [process.execPath, PROGRAM, 'worker', 'start', '--foreground', '--count', '3'])
  assert.equal(plist.EnvironmentVariables, { QUEUECTL_HOME: '/srv/<a> & --b', PATH: '/usr/bin:/bin' })
  assert.equal([plist.KeepAlive, plist.AbandonProcessGroup], [{ SuccessfulExit: false }, true])
  const [onDemand = ''] = launchdPlists({ ...PLAN, onDemand: true }).map((file) => file.text)
  assert.match(
    onDemand,
    '<key>WatchPaths</key><array><string>/srv/queue/pending</string><string>/srv/queue/wake/bell</string></array>',
  )
  assert.not.match(onDemand, 'QueueDirectories')
})

test.run()
