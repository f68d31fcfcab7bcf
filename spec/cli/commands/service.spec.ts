/** `service`: with a systemctl that notes what it is asked. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, settles, SOON_MS } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import type { Ran } from '../../../fixtures/program.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'

const test = suite('queuectl service')

class Machine {
  readonly #world: World
  readonly #bin: string
  readonly units: string

  constructor(world: World, systemState = 'running') {
    this.#world = world
    this.#bin = join(world.dir, 'bin')
    this.units = join(world.dir, 'config', 'systemd', 'user')
    mkdirSync(this.#bin)
    this.program(
      'systemctl',
      `echo "$@" >>${world.dir}/asked
      case $* in
      *is-system-running*) echo ${systemState} ;;
      *show*) echo ActiveState=active; echo SubState=running; echo UnitFileState=enabled ;;
      esac`,
    )
  }

  get env(): Record<string, string> {
    return { PATH: `${this.#bin}:${process.env.PATH}`, XDG_CONFIG_HOME: join(this.#world.dir, 'config') }
  }

  program(name: string, script: string): void {
    writeFileSync(join(this.#bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(this.#bin, name), 0o755)
  }

  service(verb: string, ...args: readonly string[]): Promise<Ran> {
    return this.#world.cli(['service', verb, '--user', '--name', 'q', ...args], { env: this.env })
  }

  get files(): string[] {
    return existsSync(this.units) ? readdirSync(this.units).toSorted() : []
  }

  /** What systemctl was asked to change. */
  get asked(): string[] {
    const path = join(this.#world.dir, 'asked')
    const all = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
    return all.filter((line) => !/is-system-running|show/.test(line))
  }
}

/** On a machine with systemd; on macOS it is launchd that is spoken to. */
const onLinux = (body: (world: World, machine: Machine) => Promise<void>): (() => Promise<void>) =>
  inWorld(async (world) => body(world, new Machine(world))) as () => Promise<void>

test(
  'install writes the units and starts them, status shows them, uninstall takes both back',
  onLinux(async (_world, machine) => {
    const installed = await machine.service('install', '--workers', '3', '--', '--queue', 'a,b')
    assert.is(installed.code, 0, installed.stderr)
    assert.match(installed.stderr, 'loginctl enable-linger')
    assert.equal(machine.files, ['q-health.service', 'q-health.timer', 'q.service'])
    assert.match(
      readFileSync(join(machine.units, 'q.service'), 'utf8'),
      'worker start --foreground --count 3 --queue a,b\n',
    )
    assert.equal(machine.asked, [
      '--user daemon-reload',
      '--user enable q.service q-health.timer',
      '--user restart q.service q-health.timer',
    ])
    const status = await machine.service('status')
    assert.is(status.code, 0)
    assert.match(status.stdout, /^q\.service +enabled +active \(running\)$/m)
    assert.is((await machine.service('uninstall')).code, 0)
    assert.equal(machine.files, [])
    assert.match(machine.asked.join('\n'), '--user disable --now q.service q-health.service q-health.timer\n')
    const none = await machine.service('status')
    assert.equal([none.code, none.stdout], [4, ''])
    assert.is((await machine.service('uninstall')).code, 4)
  }),
)

test(
  'another installation replaces the one before, with the files that only that one had',
  onLinux(async (_world, machine) => {
    await machine.service('install', '--web')
    assert.is((await machine.service('install', '--on-demand')).code, 0)
    assert.equal(machine.files, ['q.path', 'q.service', 'q.timer'])
    assert.match(
      machine.asked.join('\n'),
      '--user disable --now q.service q-health.service q-health.timer q-web.service\n',
    )
  }),
)

test(
  'files of others, and of another home, are left as they are',
  onLinux(async (world, machine) => {
    await machine.service('install')
    const before = readFileSync(join(machine.units, 'q.service'), 'utf8')
    const other = await world.cli(['service', 'install', '--user', '--name', 'q', '--home', `${world.dir}/2`], {
      env: machine.env,
    })
    assert.equal(
      [other.code, /is the service of the home .*home\n.*--name/.test(other.stderr)],
      [1, true],
      other.stderr,
    )
    assert.is(readFileSync(join(machine.units, 'q.service'), 'utf8'), before)
    writeFileSync(join(machine.units, 'q.service'), '[Service]\n')
    for (const verb of ['install', 'uninstall', 'status'])
      assert.match((await machine.service(verb)).stderr, 'was not written by us')
    assert.is(readFileSync(join(machine.units, 'q.service'), 'utf8'), '[Service]\n')
  }),
)

test(
  'where systemd does not run install says so and writes nothing, and --print still shows the files',
  inWorld(async (world) => {
    const machine = new Machine(world, 'offline')
    const refused = await machine.service('install')
    assert.is(refused.code, 1)
    assert.match(refused.stderr, /^queuectl: cannot install a service: .*offline\nhint: .*--print/)
    const printed = await machine.service('install', '--print', '--json')
    const { files } = JSON.parse(printed.stdout) as { files: { path: string; text: string }[] }
    assert.equal(
      files.map(({ path }) => path),
      ['q.service', 'q-health.service', 'q-health.timer'].map((name) => join(machine.units, name)),
    )
    assert.equal([machine.files, machine.asked], [[], []])
  }),
)

test(
  'a service whose worker starts again and again does not run, and a home it could not start in is refused',
  onLinux(async (world, machine) => {
    await machine.service('install')
    machine.program('systemctl', 'echo ActiveState=activating; echo SubState=auto-restart; echo UnitFileState=enabled')
    const { code, stdout } = await machine.service('status')
    assert.is(code, 5)
    assert.match(stdout, 'activating (auto-restart)')
    await world.cli(['init'])
    writeFileSync(join(world.home, 'config.json'), '{broken')
    assert.match((await machine.service('install')).stderr, /config\.json/)
  }),
)

test(
  'what systemd refuses is told, with the command',
  inWorld(async (world) => {
    const machine = new Machine(world)
    machine.program(
      'systemctl',
      'case $* in *running*) echo running ;; *restart*) echo "Job failed." >&2; exit 1 ;; esac',
    )
    const { code, stderr } = await machine.service('install')
    assert.equal(
      [code, stderr],
      [1, 'queuectl: systemctl --user restart q.service q-health.timer failed: Job failed.\n'],
    )
  }),
)

for (const [args, why] of [
  [['install', '--system'], /--user or --system, not both/],
  [['install', '--run-as', 'nobody'], /--run-as is for --system/],
  [['install', '--workers', '0'], /--workers/],
  [['status', '--name', '../x'], /begin with a letter/],
  [['install', '--', '--max-lod', '4'], /unknown option --max-lod/],
  [['install', '--', '--max-load', 'x'], /--max-load: expected a number/],
  [['install', '--', '--count=4'], /--count is not for its worker\nhint: .*--workers/],
] as const)
  test(
    `service ${args.join(' ')} is refused`,
    inWorld(async (world) => {
      const { code, stderr } = await world.cli(['service', args[0], '--user', ...args.slice(1)])
      assert.is(code, 2)
      assert.match(stderr, why)
    }),
  )

test(
  'a service of the machine for another user has the home of that user, and says who it is',
  inWorld(async (world) => {
    const args = ['service', 'install', '--system', '--run-as', 'nobody', '--print']
    const { code, stdout, stderr } = await world.cli(args, { env: { QUEUECTL_HOME: '' } })
    assert.is(code, 0, stderr)
    assert.match(stdout, /^User=nobody$/m)
    assert.match(stdout, /^# \/etc\/systemd\/system\/queuectl\.service\n.*for the home \/.*\/\.queuectl$/m)
    assert.match(
      (await world.cli(['service', 'install', '--system', '--run-as', 'no_such'], { env: { QUEUECTL_HOME: '' } }))
        .stderr,
      'there is no user no_such',
    )
  }),
)

test(
  'a worker tells systemd when it is up, and its jobs cannot',
  inWorld(async (world) => {
    const machine = new Machine(world)
    machine.program('systemd-notify', `echo "$NOTIFY_SOCKET $1" >${world.dir}/told`)
    const worker = await world.startWorker({ env: { ...machine.env, NOTIFY_SOCKET: '/run/systemd/notify' } })
    await until(() => existsSync(join(world.dir, 'told')), SOON_MS, 'it was told')
    assert.is(readFileSync(join(world.dir, 'told'), 'utf8'), '/run/systemd/notify --ready\n')
    await add(world, 'test -z "$NOTIFY_SOCKET"', { id: 'a' })
    await settles(world.queue, 'a')
    worker.kill()
    await worker.ended
  }),
)

test.run()
