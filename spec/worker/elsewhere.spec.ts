/** Workers that cannot be seen, or do not answer: of another pid namespace, boot or machine, stopped, or clones of ours. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { childrenOf, signal } from '../../fixtures/processes.ts'
import { cleanEnv, PROGRAM, type Running, start } from '../../fixtures/program.ts'
import { fakeHolder } from '../../fixtures/recover-once.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { SHELL_INIT } from '../../lib/worker/init.ts'
import type { WorkerCard } from '../../lib/spool/holders.ts'

const test = suite('workers elsewhere')

/** How often workers renew their lease here (ms). */
const RENEW_MS = 200
const FAST = { QUEUECTL_RENEW_MS: String(RENEW_MS) }

const cardPath = (world: World, name: string): string => join(world.home, 'processing', name, 'worker.json')
const cardOf = (world: World, name: string): WorkerCard =>
  JSON.parse(readFileSync(cardPath(world, name), 'utf8')) as WorkerCard

/** Changes what the card of a worker says, as if it had been written elsewhere or by an older version. */
function rewrite(world: World, name: string, change: (card: Record<string, unknown>) => void): void {
  const card = { ...cardOf(world, name) } as Record<string, unknown>
  change(card)
  writeFileSync(cardPath(world, name), JSON.stringify(card))
}

/** Starts a worker of this world under a program such as unshare. */
const startUnder = (world: World, under: readonly string[], args: readonly string[] = []): Running =>
  start(under[0] ?? '', [...under.slice(1), process.execPath, PROGRAM, 'worker', 'start', '--foreground', ...args], {
    cwd: world.dir,
    env: { ...cleanEnv(), HOME: world.dir, TMPDIR: world.dir, QUEUECTL_HOME: world.home, ...FAST },
  })

const NEW_PIDS = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']

function needs(command: readonly string[]): void {
  if (spawnSync(command[0] ?? '', [...command.slice(1), 'true']).status !== 0) skip('only root may unshare')
}

/** A kernel of another boot id, without a machine id. */
function otherBoot(world: World, boot: string): readonly string[] {
  const [id, none] = [join(world.dir, boot), join(world.dir, 'none')]
  writeFileSync(id, `${boot}-1111-1111-1111-111111111111\n`)
  writeFileSync(none, '')
  const script = `for f in /etc/machine-id /var/lib/dbus/machine-id; do [ ! -e $f ] || mount --bind ${none} $f; done; mount --bind ${id} /proc/sys/kernel/random/boot_id; exec "$@"`
  return ['unshare', '--mount', 'sh', '-c', script, 'sh']
}

/** Ends a process and all it has started, as a power cut does. */
function powerOff(pid: number): void {
  signal(pid, 'SIGSTOP')
  for (const child of childrenOf(pid)) powerOff(child)
  signal(pid, 'SIGKILL')
}

test(
  'a worker of another pid namespace is stopped by a message',
  inWorld(async (world) => {
    needs(NEW_PIDS)
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = startUnder(world, NEW_PIDS)
    await until(() => existsSync(join(world.dir, 'a.up')), SOON_MS, 'a runs')
    const stop = world.begin(['worker', 'stop'])
    await until(() => worker.stderr.includes('is stopping'), SOON_MS, 'it was told')
    letGo(world, 'a')
    const said = await stop.ended
    assert.equal([said.code, said.stdout], [0, 'Stopped 1 worker\n'])
    assert.is((await worker.ended).code, 0)
    assert.is((await world.queue.get('a')).state, 'completed')
  }),
)

for (const [option, state] of [
  ['--leave', 'processing'],
  ['--force', 'pending'],
] as const)
  test(
    `stop ${option} comes by the same way`,
    inWorld(async (world) => {
      await add(world, untilLetGo('a'), { id: 'a' })
      const worker = await world.startWorker({ env: FAST })
      await isUp(world, 'a')
      const said = await world.cli(['worker', 'stop', option])
      assert.is(said.code, 0, said.stderr)
      assert.is((await worker.ended).code, 0)
      assert.is((await world.queue.get('a')).state, state)
      letGo(world, 'a')
      await world.cli(['worker', 'start', '--foreground', '--burst'])
    }),
  )

test(
  'being told to stop twice is not being told to end the runs',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker({ env: FAST })
    await isUp(world, 'a')
    for (let n = 0; n < 2; n++) assert.is((await world.cli(['worker', 'stop', '-t', '0.2'])).code, 75)
    letGo(world, 'a')
    await worker.ended
    assert.is((await world.queue.get('a')).state, 'completed')
  }),
)

test(
  'a worker of an older version gets the signal, and in another pid namespace it is named',
  inWorld(async (world) => {
    const worker = await world.startWorker({ env: FAST })
    rewrite(world, worker.info.name, (card) => delete card.hears)
    rewrite(world, worker.info.name, (card) => (card.ns = '1'))
    const said = await world.cli(['worker', 'stop', '-t', '5'])
    assert.is(said.code, 6)
    assert.match(said.stderr, `cannot reach ${worker.info.name}`)
    rewrite(world, worker.info.name, (card) => delete card.ns)
    assert.is((await world.cli(['worker', 'stop'])).stdout, 'Stopped 1 worker\n')
    await worker.ended
  }),
)

test(
  'a worker elsewhere that does not answer is named, and not waited for without end',
  inWorld(async (world) => {
    fakeHolder(openHome(world.home), 'worker-1-abcdef', {
      machine: 'another',
      boot: 'another',
      device: 1,
      hears: ['stop'],
      renews: RENEW_MS / 1000,
    })
    const said = await world.cli(['worker', 'stop'])
    assert.is(said.code, 6)
    assert.match(said.stderr, 'cannot reach worker-1-abcdef')
    assert.equal(JSON.parse((await world.cli(['worker', 'stop', '--json'])).stdout), {
      stopped: [],
      left: [],
      unreachable: ['worker-1-abcdef'],
    })
  }),
)

test(
  'a stopped worker is not healthy, and every list says so; it is again once it goes on',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'job1', run_at: new Date(Date.now() + 3_600_000).toISOString() })
    const worker = await world.startWorker({ env: FAST })
    await until(async () => (await world.cli(['worker', 'health'])).code === 0, SOON_MS, 'it is healthy')
    worker.kill('SIGSTOP')
    await until(async () => (await world.queue.workers())[0]?.not_answering_since, SOON_MS, 'it is seen')
    await world.queue.enqueue({ command: 'true', id: 'job2' })
    const health = await world.cli(['worker', 'health'])
    assert.is(health.code, 5)
    assert.match(health.stdout, 'not answering since')
    assert.match(health.stderr, 'no worker answers')
    assert.match((await world.cli(['status'])).stdout, /Active Workers: 0\nNot answering: 1 worker/)
    assert.match((await world.cli(['explain', 'job2'])).stdout, 'no worker answers')
    assert.not.match((await world.cli(['explain', 'job2'])).stdout, 'start at once')
    assert.match((await world.cli(['doctor'])).stdout, 'has not answered since')
    const stop = world.begin(['worker', 'stop'])
    await until(() => stop.stderr.includes('has not answered since'), SOON_MS, 'stop says what it waits for')
    worker.kill('SIGCONT')
    assert.is((await stop.ended).code, 0)
    assert.is((await worker.ended).code, 0)
  }),
)

for (const [what, shift] of [
  ['ahead', 3_600_000],
  ['back', -3_600_000],
] as const)
  test(
    `a clock that is set an hour ${what} makes no healthy worker sick`,
    inWorld(async (world) => {
      const worker = await world.startWorker({ env: FAST })
      const shifted = `{ const now = Date.now; Date.now = () => now() + ${shift} }`
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(shifted)}`
      const isHealthy = async (): Promise<boolean> =>
        (await world.cli(['worker', 'health'], { env: { NODE_OPTIONS } })).code === 0
      // On a busy machine a renewal may be late.
      await until(isHealthy, SOON_MS, 'it is healthy')
      worker.kill()
      await worker.ended
    }),
  )

test(
  'a worker elsewhere is healthy only while it renews its lease, and is no active one',
  inWorld(async (world) => {
    const dir = fakeHolder(openHome(world.home), 'worker-1-abcdef', {
      machine: 'another',
      boot: 'another',
      device: 1,
      renews: RENEW_MS / 1000,
    })
    assert.match((await world.cli(['status'])).stdout, /Active Workers: 0\nElsewhere: 1 worker/)
    assert.is((await world.cli(['worker', 'health'])).code, 5)
    const renewing = setInterval(() => utimesSync(join(dir, 'worker.json'), new Date(), new Date()), RENEW_MS / 2)
    try {
      assert.is((await world.cli(['worker', 'health'])).code, 0)
    } finally {
      clearInterval(renewing)
    }
  }),
)

test(
  'a worker that renews its lease is not forgotten; one that does not is, and its job is taken over',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'job1' })
    const dir = fakeHolder(openHome(world.home), 'worker-1-abcdef', {
      machine: 'another',
      // Older cards are elsewhere whatever is seen of them.
      ns: undefined as unknown as string,
      renews: RENEW_MS / 1000,
    })
    const [fileName = ''] = readdirSync(join(world.home, 'pending'))
    spawnSync('mv', [join(world.home, 'pending', fileName), dir])
    const worker = await world.startWorker({ env: FAST })
    const renewing = setInterval(() => utimesSync(join(dir, 'worker.json'), new Date(), new Date()), RENEW_MS / 2)
    try {
      const refused = await world.cli(['worker', 'forget', 'worker-1-abcdef'])
      assert.is(refused.code, 3, refused.stderr)
    } finally {
      clearInterval(renewing)
    }
    assert.is((await world.queue.get('job1')).state, 'processing')
    const said = await world.cli(['worker', 'forget', 'worker-1-abcdef'])
    assert.is(said.code, 0, said.stderr)
    await settles(world.queue, 'job1')
    assert.is((await world.cli(['worker', 'forget', worker.info.name])).code, 3)
    assert.is((await world.cli(['worker', 'forget', 'worker-9-abcdef'])).code, 4)
    worker.kill()
    await worker.ended
  }),
)

test(
  'after a reboot of a machine without an id, the job of the dead worker runs again',
  inWorld(async (world) => {
    needs(['unshare', '--mount'])
    await add(world, 'echo up >>a.up; exec sleep 60', { id: 'a' })
    const before = startUnder(world, otherBoot(world, 'aaaaaaaa'))
    await until(() => existsSync(join(world.dir, 'a.up')), SOON_MS, 'a runs')
    powerOff(before.pid)
    await before.ended
    const after = startUnder(world, otherBoot(world, 'bbbbbbbb'))
    await until(async () => (await world.queue.get('a')).runs === 2, SOON_MS, 'it runs again')
    powerOff(after.pid)
    await after.ended
  }),
)

test(
  'two kernels that share a home, with one machine id, take no job from each other while both renew',
  inWorld(async (world) => {
    needs(['unshare', '--mount'])
    await add(world, untilLetGo('a'), { id: 'a' })
    const one = startUnder(world, otherBoot(world, 'aaaaaaaa'))
    await until(() => existsSync(join(world.dir, 'a.up')), SOON_MS, 'a runs')
    const two = startUnder(world, otherBoot(world, 'cccccccc'))
    await until(() => two.stderr.includes('started'), SOON_MS, 'the other is up')
    const [name = ''] = readdirSync(join(world.home, 'processing'))
    const renewed = (): number => statSync(join(world.home, 'processing', name, 'renewed')).mtimeMs
    const first = renewed()
    await until(() => renewed() > first + 10 * RENEW_MS, SOON_MS, 'each has watched the other for three renewals')
    letGo(world, 'a')
    const job = await settles(world.queue, 'a')
    assert.equal([job.runs, job.attempts], [1, 1])
    for (const worker of [one, two]) worker.kill()
    await Promise.all([one.ended, two.ended])
  }),
)

test(
  'a worker whose boot changes while it runs kills its runs, touches nothing of them, and begins anew',
  inWorld(async (world) => {
    needs(['unshare', '--mount'])
    if (spawnSync('nsenter', ['--version']).status !== 0) skip('there is no nsenter')
    await add(world, 'echo up >>a.up; [ "$QUEUECTL_RUN" = 2 ] || exec sleep 60', { id: 'a' })
    const worker = startUnder(world, ['unshare', '--mount'])
    await until(() => existsSync(join(world.dir, 'a.up')), SOON_MS, 'a runs')
    const [before = ''] = readdirSync(join(world.home, 'processing'))
    const id = join(world.dir, 'bbbbbbbb')
    writeFileSync(id, 'bbbbbbbb-1111-1111-1111-111111111111\n')
    const mount = ['mount', '--bind', id, '/proc/sys/kernel/random/boot_id']
    assert.is(spawnSync('nsenter', ['-t', String(worker.pid), '-m', ...mount]).status, 0)
    await until(() => worker.stderr.includes('restored or cloned'), SOON_MS, 'it has seen it')
    assert.ok(existsSync(join(world.home, 'processing', before)), 'its old directory stays until its lease is over')
    const job = await settles(world.queue, 'a')
    assert.equal([job.runs, job.interruptions, job.worker === before], [2, 1, false])
    worker.kill()
    await worker.ended
  }),
)

test(
  'a living command of another pid namespace keeps the job that it changes; one that is gone gives it back',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'job1' })
    const home = openHome(world.home)
    const dir = fakeHolder(home, 'operator-1-abcdef', {
      ns: '1',
      pid: 1,
      device: statSync(home.processing).dev,
      renews: 0.1,
    })
    mkdirSync(join(dir, 'pending'))
    const [fileName = ''] = readdirSync(home.pending)
    const held = join(dir, 'pending', fileName)
    renameSync(join(home.pending, fileName), held)
    const working = setInterval(() => utimesSync(dir, new Date(), new Date()), RENEW_MS / 2)
    const worker = await world.startWorker({ env: FAST })
    try {
      await add(world, 'sleep 0.6', { id: 'job2' })
      await settles(world.queue, 'job2')
      assert.ok(existsSync(held))
    } finally {
      clearInterval(working)
    }
    await settles(world.queue, 'job1')
    worker.kill()
    await worker.ended
  }),
)

for (const [init, under] of [
  ['an init of its own', []],
  ['the shell that Node may become', ['sh', '-c', SHELL_INIT, 'init']],
  ['the same, where sh is bash', ['bash', '-c', SHELL_INIT, 'init']],
  ['the same, where sh is busybox', ['busybox', 'sh', '-c', SHELL_INIT, 'init']],
] as const)
  test(
    `a worker that would be PID 1 has above it ${init}, which reaps and passes signals and the status on`,
    inWorld(async (world) => {
      needs([...NEW_PIDS, ...under.slice(0, -2)])
      const worker = startUnder(world, [...NEW_PIDS, ...under])
      await add(world, '(sleep 0.1 & echo $! >stray)')
      await add(world, 'until [ -s stray ] && [ ! -e /proc/$(cat stray) ]; do sleep 0.02; done', { id: 'reaped' })
      await settles(world.queue, 'reaped')
      await add(world, untilLetGo('a'), { id: 'a' })
      await until(() => existsSync(join(world.dir, 'a.up')), SOON_MS, 'a runs')
      const [pid1 = 0] = childrenOf(worker.pid)
      signal(pid1, 'SIGTERM')
      await until(() => worker.stderr.includes('is stopping'), SOON_MS, 'it was told')
      signal(pid1, 'SIGTERM')
      assert.is((await worker.ended).code, 0)
      assert.is((await world.queue.get('a')).state, 'pending')
      assert.not.match(worker.stderr, '--init')
    }),
  )

test(
  'where nothing can be an init above a worker that is PID 1, the worker says so, and so does doctor',
  inWorld(async (world) => {
    needs(NEW_PIDS)
    if ('execve' in process) skip('this Node can become a shell')
    mkdirSync(join(world.dir, 'bin'))
    writeFileSync(join(world.dir, 'bin', 'perl'), '#!/bin/sh\nexit 125\n', { mode: 0o755 })
    const worker = startUnder(world, [...NEW_PIDS, 'env', `PATH=${join(world.dir, 'bin')}:${process.env.PATH}`])
    await until(() => worker.stderr.includes('--init'), SOON_MS, 'it says so')
    assert.match((await world.cli(['doctor'])).stdout, '--init')
    await world.cli(['worker', 'stop'])
    await worker.ended
  }),
)

test.run()
