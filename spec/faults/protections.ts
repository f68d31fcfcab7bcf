/**
 * The protections of the protocol, each as a test that fails without it. `protections.spec.ts` runs them on the
 * program as it is; `mutants.ts` takes the protection out of a copy of the program and expects the tale to fail.
 */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  eventsOf,
  fileOf,
  isAlive,
  isUp,
  letGo,
  linesOf,
  outputOf,
  program,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { childrenOf, signal } from '../../fixtures/processes.ts'
import { PROGRAM } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { flushed } from './flushed.ts'
import {
  clonesKeepTheirJobs,
  renewingIsNotForgotten,
  reservedBeyond,
  signedBeyond,
  stoppedIsNotHealthy,
  stopsByMessage,
} from './strangers.ts'
import { badDoorCostsNothing, badHolderCostsNothing, badLimitCostsNothing, unreadableJobStays } from './contained.ts'
import { Trap } from './library.ts'
import { repliesAreLost } from './lied.ts'
import { loweredThenKilled, numberCounts, outlivesItsWorker, ownEarlierClaim, signedBeforeObeyed } from './limited.ts'
import { comingIsWaitedFor, deadKeyIsFree, keepsAnotherOut } from './keyed.ts'
import { anyWorkerPublishes, editFiresNothing, firedOnce, oneMakes } from './scheduled.ts'
import { endIsLookedFor, pauseIsWaitedFor, waitsForBoth } from './waiting.ts'

type Tale = (world: World) => Promise<void>

/** A job that holds a lock of the kernel while it runs until it is let go; overlapping runs leave `a.overlaps`. */
const alone = (world: World, more: object = {}): ReturnType<typeof add> =>
  add(world, `${program('alone.sh')} a sh -c '${untilLetGo('a')}'`, { id: 'job1', max_retries: 1, ...more })

const FORMS: readonly { readonly args: readonly string[]; readonly input?: string }[] = [
  { args: ['enqueue', '-c', 'true'] },
  { args: ['enqueue', '-i', 'job1', '-c', 'true'] },
  { args: ['enqueue', '--delay', '1h', '-c', 'true'] },
  { args: ['enqueue', '-'], input: '{"command":"true"}\n{"id":"job2","command":"true"}\n' },
]

export const PROTECTIONS = {
  'what is acknowledged was flushed before, and so was its name': async (world) => {
    for (const form of FORMS) {
      const trap = new Trap(world.dir, world.home)
      const ran = await world.cli(form.args, { env: trap.env, ...(form.input ? { input: form.input } : {}) })
      assert.is(ran.code, 0, ran.stderr)
      assert.equal(flushed(trap.steps(), world.home), [], form.args.join(' '))
    }
  },

  'no id is printed while its job is not in view': async (world) => {
    await world.queue.count()
    const trap = new Trap(world.dir, world.home, { at: 1, kind: 'kill-before', match: `rename ${world.home}/tmp/` })
    const ran = await world.cli(['enqueue', '-i', 'job1', '-c', 'true'], { env: trap.env })
    assert.ok(trap.struck(), 'it was killed before the rename')
    assert.is(ran.stdout, '')
  },

  'what a stamp replaces was flushed before': async (world) => {
    // The second one is plain.
    for (let n = 0; n < 2; n++) await add(world, 'true')
    const trap = new Trap(world.dir, world.home)
    await runAll(world, 1, trap.env)
    const steps = trap.steps()
    const stamps = steps.filter(({ operation, path }) => operation === 'rename' && path.endsWith('.new'))
    const unflushed = stamps.filter(
      ({ path }) =>
        path.includes('/processing/') && !steps.some((one) => one.operation === 'sync' && one.path === path),
    )
    assert.ok(stamps.length > 2)
    assert.equal(unflushed, [])
  },

  'a worker that was stopped for an hour is alive, and keeps its jobs': async (world) => {
    configure(world, { poll_interval: 0.1 })
    await alone(world)
    const stopped = await world.startWorker()
    await isUp(world, 'a')
    stopped.kill('SIGSTOP')
    const dir = join(world.home, 'processing', stopped.info.name)
    for (const name of readdirSync(dir)) utimesSync(join(dir, name), new Date(), new Date(Date.now() - 3_600_000))
    const other = await world.startWorker({ count: 2 })
    // The other has looked around, more than once.
    for (const name of ['b', 'c']) await settles(world.queue, (await add(world, 'true', { id: name })).id)
    assert.ok(existsSync(join(dir, basename(await fileOf(world.queue, 'job1')))), 'it holds its job')
    stopped.kill('SIGCONT')
    letGo(world, 'a')
    const job = await settles(world.queue, 'job1')
    assert.equal([job.worker, job.runs, job.attempts], [stopped.info.name, 1, 1])
    assert.not.ok(eventsOf(world.home).some(({ event }) => event === 'adopted'))
    for (const worker of [stopped, other]) worker.kill()
  },

  'a job goes on when its worker is killed, and is neither lost nor repeated': async (world) => {
    const command = `echo first; ${program('alone.sh')} a sh -c '${untilLetGo('a', 7)}'; code=$?; echo last; exit $code`
    await add(world, command, { id: 'job1', max_retries: 1 })
    const victim = await world.startWorker()
    await isUp(world, 'a')
    victim.kill('SIGKILL')
    await victim.ended
    const next = await world.startWorker()
    await until(
      () => eventsOf(world.home).some(({ event }) => event !== 'enqueued' && event !== 'started'),
      SOON_MS,
      'found',
    )
    letGo(world, 'a')
    const job = await settles(world.queue, 'job1', 'dead')
    assert.equal([job.exit_code, job.attempts, job.runs, job.interruptions], [7, 1, 1, 0])
    assert.equal(linesOf(join(world.dir, 'a.runs')).length, 1)
    assert.is((await outputOf(world.queue, 'job1')).out, 'first\nlast\n')
    next.kill()
  },

  'what a shell was asked to start when its worker died does not run beside its next run': async (world) => {
    const victim = await world.startWorker()
    await add(world, 'true', { id: 'first' })
    await settles(world.queue, 'first')
    const [shell = 0] = childrenOf(victim.info.pid)
    signal(shell, 'SIGSTOP')
    await alone(world)
    const isStarted = (): boolean =>
      eventsOf(world.home).some(({ event, job }) => event === 'started' && job === 'job1')
    await until(isStarted, SOON_MS, 'it is asked for')
    victim.kill('SIGKILL')
    await victim.ended
    const next = await world.startWorker()
    await isUp(world, 'a')
    signal(shell, 'SIGCONT')
    await until(() => !isAlive(shell), SOON_MS, 'the shell has done what it does')
    letGo(world, 'a')
    await settles(world.queue, 'job1')
    assert.equal(linesOf(join(world.dir, 'a.runs')).length, 1)
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')))
    next.kill()
  },

  'the death of a worker is noticed at once, while its job runs on and every other slot is busy': async (world) => {
    // The timed round would come too late to be the reason.
    configure(world, { poll_interval: 60 })
    await alone(world)
    const victim = await world.startWorker()
    await isUp(world, 'a')
    const busy = await world.startWorker()
    await add(world, untilLetGo('b'), { id: 'job2' })
    await isUp(world, 'b')
    victim.kill('SIGKILL')
    await until(() => eventsOf(world.home).some(({ event }) => event === 'adopted'), SOON_MS, 'it is adopted')
    for (const name of ['a', 'b']) letGo(world, name)
    assert.is((await settles(world.queue, 'job1')).runs, 1)
    await settles(world.queue, 'job2')
    busy.kill()
  },

  'a claimed job that comes back by cp overwrites nothing and does not run beside itself': async (world) => {
    await alone(world)
    const first = await world.startWorker()
    await isUp(world, 'a')
    const second = await world.startWorker()
    const path = await fileOf(world.queue, 'job1')
    const record = { ...JSON.parse(readFileSync(path, 'utf8')), runs: 0, state: 'pending' }
    writeFileSync(join(world.dir, 'copy'), JSON.stringify(record))
    renameSync(join(world.dir, 'copy'), join(world.home, 'pending', basename(path)))
    await until(() => linesOf(join(world.dir, 'a.runs')).length > 1 || corrupt(world).length > 0, SOON_MS, 'it is seen')
    letGo(world, 'a')
    const job = await settles(world.queue, 'job1')
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')), 'no overlap')
    assert.equal([job.runs, corrupt(world).length], [1, 1])
    for (const worker of [first, second]) worker.kill()
  },

  'a record that is older than the disk does not start its run again': async (world) => {
    await alone(world)
    const worker = await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    const path = await fileOf(world.queue, 'job1')
    const record = { ...JSON.parse(readFileSync(path, 'utf8')), runs: 0, state: 'pending' }
    // An editor saves what it read before the claim, under another priority.
    writeFileSync(join(world.dir, 'saved'), JSON.stringify(record))
    renameSync(join(world.dir, 'saved'), join(world.home, 'pending', basename(path).replace(/^\d{4}/, '0990')))
    await until(() => linesOf(join(world.dir, 'a.runs')).length > 1 || corrupt(world).length > 0, SOON_MS, 'it is seen')
    letGo(world, 'a')
    await settles(world.queue, 'job1')
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')), 'no overlap')
    assert.is(linesOf(join(world.dir, 'a.runs')).length, 1)
    worker.kill()
  },

  'a record that is older than a settled run does not start it again': async (world) => {
    await alone(world)
    const worker = await world.startWorker()
    await isUp(world, 'a')
    const path = await fileOf(world.queue, 'job1')
    const record = { ...JSON.parse(readFileSync(path, 'utf8')), runs: 0, state: 'pending' }
    letGo(world, 'a')
    await settles(world.queue, 'job1')
    writeFileSync(join(world.dir, 'saved'), JSON.stringify(record))
    renameSync(join(world.dir, 'saved'), join(world.home, 'pending', basename(path)))
    await until(() => linesOf(join(world.dir, 'a.runs')).length > 1 || corrupt(world).length > 0, SOON_MS, 'it is seen')
    assert.is(linesOf(join(world.dir, 'a.runs')).length, 1)
    worker.kill()
  },

  'an id that is used again at once does not run beside what is left of its last job': async (world) => {
    const slow = `trap 'sleep 1; exit 1' TERM; ${untilLetGo('a')}`
    await add(world, `${program('alone.sh')} a sh -c "${slow.replaceAll('"', String.raw`\"`)}"`, { id: 'job1' })
    const worker = await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    rmSync(await fileOf(world.queue, 'job1'))
    await add(world, `${program('alone.sh')} a true`, { id: 'job1' })
    const job = await settles(world.queue, 'job1')
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')), 'no overlap')
    assert.equal([job.state, job.runs], ['completed', 2])
    worker.kill()
  },

  'a run whose FIFO is gone and whose worker is killed goes on, and no other begins': async (world) => {
    await alone(world)
    const first = await world.startWorker()
    await isUp(world, 'a')
    rmSync(join(world.home, 'run', 'job1.1.fifo'))
    first.kill('SIGKILL')
    const second = await world.startWorker()
    await until(
      () =>
        eventsOf(world.home).some(({ event }) => event === 'adopted') || linesOf(join(world.dir, 'a.runs')).length > 1,
      SOON_MS,
      'it is taken over',
    )
    letGo(world, 'a')
    const job = await settles(world.queue, 'job1')
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')), 'no overlap')
    assert.equal([job.state, job.runs], ['completed', 1])
    second.kill()
  },

  'a job that left a process is not purged, so that its id does not run beside it': async (world) => {
    await add(world, `${program('alone.sh')} a sh -c '(${untilLetGo('a')}) & exit 1'`, { id: 'job1', max_retries: 1 })
    const worker = await world.startWorker()
    await settles(world.queue, 'job1', 'dead')
    const purged = await world.cli(['dlq', 'purge', 'job1'])
    if (purged.code === 0) await add(world, `${program('alone.sh')} a true`, { id: 'job1', max_retries: 1 })
    if (purged.code === 0) await settles(world.queue, 'job1')
    assert.not.ok(existsSync(join(world.dir, 'a.overlaps')), 'no overlap')
    assert.is(purged.code, 6)
    letGo(world, 'a')
    worker.kill()
  },

  'a job in done/ says how it ended, wherever its worker died': async (world) => {
    await add(world, 'true', { id: 'job1' })
    // The first time the directory of the day is not there yet.
    const trap = new Trap(world.dir, world.home, { at: 2, kind: 'kill-after', match: `.json ${world.home}/done/` })
    await world.cli(['worker', 'start', '--foreground', '--burst'], { env: trap.env })
    assert.ok(trap.struck(), 'it was killed after the move')
    await runAll(world)
    const job = await world.queue.get('job1')
    assert.equal([job.state, job.exit_code, job.attempts, job.history.length], ['completed', 0, 1, 1])
  },

  'a run that was being ended when its worker died was not interrupted': async (world) => {
    await add(
      world,
      `[ "$QUEUECTL_RUN" = 1 ] || exit 0; trap 'echo >>term' TERM; echo $$ >up; while :; do sleep 0.02; done`,
      { id: 'job1' },
    )
    const worker = await world.startWorker()
    await until(() => readFileSync(join(world.dir, 'up'), 'utf8').endsWith('\n'), SOON_MS, 'it runs')
    const leader = Number.parseInt(readFileSync(join(world.home, 'run/job1.1.mark'), 'utf8'), 10)
    worker.kill('SIGQUIT')
    await until(() => existsSync(join(world.dir, 'term')), SOON_MS, 'it was told to end')
    worker.kill('SIGKILL')
    await worker.ended
    signal(-leader, 'SIGKILL')
    await runAll(world)
    const job = await world.queue.get('job1')
    assert.equal([job.state, job.history[0]?.outcome, job.interruptions], ['completed', 'given_back', 0])
  },

  'a job whose removal is cut off is whole, with its output, or gone with all of it': async (world) => {
    await add(world, 'echo hello', { id: 'job1' })
    await runAll(world)
    const trap = new Trap(world.dir, world.home, { at: 1, kind: 'kill-after', match: `rename ${world.home}/logs/job1` })
    await world.cli(['prune', '--keep', '0'], { env: trap.env })
    assert.ok(trap.struck(), 'it was killed when the output was gone')
    await runAll(world)
    const isLeft = assertHomeIntact(world.home).has('job1')
    assert.is(existsSync(join(world.home, 'logs/job1/1.out')), isLeft, isLeft ? 'the job is there' : 'it is gone')
  },

  'a job is handed over from one version of the program to the next': async (world) => {
    const installed = join(world.dir, basename(PROGRAM))
    const install = (): void => {
      for (const name of readdirSync(dirname(PROGRAM)).filter((one) => one.endsWith('.cjs')))
        copyFileSync(join(dirname(PROGRAM), name), join(world.dir, name))
    }
    install()
    await alone(world)
    const start = ['worker', 'start', '--count', '1']
    const first = JSON.parse((await world.cli([...start, '--json'], { program: installed })).stdout) as { name: string }
    await isUp(world, 'a')
    assert.is((await world.cli(['worker', 'stop', '--leave'], { program: installed })).code, 0)
    rmSync(installed)
    install()
    const second = JSON.parse((await world.cli([...start, '--json'], { program: installed })).stdout) as {
      name: string
    }
    letGo(world, 'a')
    const job = await settles(world.queue, 'job1')
    assert.equal([job.runs, job.attempts, job.interruptions], [1, 1, 0])
    assert.is.not(first.name, second.name)
    assert.is((await world.cli(['worker', 'stop'], { program: installed })).code, 0)
  },
  'what was done is believed, although its reply was lost': repliesAreLost,
  'a clone of our machine keeps its job while it renews its lease, and only then': clonesKeepTheirJobs,
  'an id is refused while a process of another pid namespace may publish its job': reservedBeyond,
  'a job stays while a process of another pid namespace may make another wait for it': signedBeyond,
  'a worker that is stopped is not healthy': stoppedIsNotHealthy,
  'a worker is stopped by a message': stopsByMessage,
  'a holder that cannot be read costs the others nothing': badHolderCostsNothing,
  'a door that cannot be looked at costs the others nothing': badDoorCostsNothing,
  'a limit that cannot be used costs only the jobs under it': badLimitCostsNothing,
  'a job that cannot be read now stays, and runs once it can be': unreadableJobStays,
  'a worker that renews its lease is not forgotten': renewingIsNotForgotten,
  'a job that waits for two runs before neither': waitsForBoth,
  'the end of a job that no worker recorded is found all the same': endIsLookedFor,
  'who pauses a queue is told which workers do not obey': pauseIsWaitedFor,

  'a number of a limit is taken while its job is held or its run alive, and only then': async (world) =>
    numberCounts(world),

  'what we took in an earlier claim of a job does not keep us waiting': async (world) => ownEarlierClaim(world),

  'numbers above a lowered cap whose workers were killed keep nobody waiting': async (world) =>
    loweredThenKilled(world),

  'settings are not obeyed before every run has its number': signedBeforeObeyed,

  'a run that outlives its worker keeps its number': outlivesItsWorker,

  'what a schedule has made is published by any worker': anyWorkerPublishes,

  'of two that make a generation of a schedule one does': async (world) => oneMakes(world),

  'an edit of a schedule fires nothing': editFiresNothing,

  'a job of a unique key keeps another one out': keepsAnotherOut,

  'a unique key is not free while a process is about to publish its job': async (world) => comingIsWaitedFor(world),

  'a unique key that a process died with before its job was there is free': async (world) => deadKeyIsFree(world),

  'a time that has fired is not fired again, though its job has gone': firedOnce,
} as const satisfies Record<string, Tale>

export type Protection = keyof typeof PROTECTIONS

const corrupt = (world: World): string[] =>
  readdirSync(join(world.home, 'corrupt')).filter((name) => !name.endsWith('.reason'))
