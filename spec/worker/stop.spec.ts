import { join } from 'node:path'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  cpuOf,
  isAlive,
  isUp,
  letGo,
  linesOf,
  note,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('stopping a worker')

test(
  'SIGTERM: what runs is finished, nothing more is claimed, exit 0',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    worker.kill('SIGTERM')
    await until(() => /stopping/.test(worker.stderr), SOON_MS, 'it says that it is stopping')
    await add(world, 'true', { id: 'b' })
    letGo(world, 'a')
    const ran = await worker.ended
    assert.equal([ran.code, ran.signal], [0, null])
    const whole = assertHomeIntact(world.home)
    assert.equal([whole.get('a'), whole.get('b')], ['completed', 'pending'])
  }),
)

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(
    `an idle worker ends at once with 0 on ${name}`,
    inWorld(async (world) => {
      const worker = await world.startWorker()
      worker.kill(name)
      const ran = await worker.ended
      assert.equal([ran.code, ran.signal], [0, null])
      assert.equal(readdirSync(join(world.home, 'processing')), [])
    }),
  )

test(
  'a worker told to stop at the moment it comes up ends with 0',
  inWorld(async (world) => {
    for (let n = 0; n < 5; n++) {
      const worker = world.begin(['worker', 'start', '--foreground'])
      await until(() => readdirSync(join(world.home, 'processing')).length > 0, SOON_MS, 'its directory stands')
      worker.kill()
      const ran = await worker.ended
      assert.equal([ran.code, ran.signal], [0, null])
    }
  }),
)

test(
  'a second SIGTERM ends what runs and gives it back, no attempt used',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    worker.kill('SIGTERM')
    await until(() => /stopping/.test(worker.stderr), SOON_MS, 'it says that it is stopping')
    worker.kill('SIGTERM')
    assert.is((await worker.ended).code, 0)
    const job = await world.queue.get('a')
    assert.equal([job.state, job.attempts, job.interruptions, job.history[0]?.outcome], ['pending', 0, 0, 'given_back'])
    assert.not.ok(isAlive(pid))
    assertHomeIntact(world.home)
  }),
)

test(
  'a job that was given back runs again, under the next number',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    worker.kill('SIGQUIT')
    await worker.ended
    letGo(world, 'a')
    await runAll(world)
    const job = await world.queue.get('a')
    assert.equal([job.state, job.attempts, job.runs], ['completed', 1, 2])
  }),
)

test(
  'SIGQUIT gives back what runs and what is just being started',
  inWorld(async (world) => {
    for (let round = 0; round < 2; round++) {
      const worker = await world.startWorker({ count: 30 })
      await world.queue.enqueueAll(Array.from({ length: 30 }, () => ({ command: 'exec sleep 30', cwd: world.dir })))
      await until(
        () => readdirSync(join(world.home, 'processing', worker.info.name)).some((one) => one.startsWith('1000-')),
        SOON_MS,
        'the first is claimed',
      )
      worker.kill('SIGQUIT')
      const ended = await until(
        () => !worker.isRunning,
        5000,
        () => `the worker has ended: ${worker.stderr}`,
      )
      assert.ok(ended)
      const counts = await world.queue.count()
      assert.equal([counts.processing, counts.pending], [0, 30 * (round + 1)])
    }
  }),
)

test(
  'SIGUSR2: the worker goes at once, the job runs on and the next worker adopts it',
  inWorld(async (world) => {
    await add(world, untilLetGo('a', 7), { id: 'a', max_retries: 1 })
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    worker.kill('SIGUSR2')
    assert.is((await worker.ended).code, 0)
    assert.ok(isAlive(pid))
    const next = await world.startWorker()
    await until(
      async () =>
        (await world.queue.workers()).some(({ name, running }) => name === next.info.name && running[0]?.id === 'a'),
      SOON_MS,
      'it is adopted',
    )
    letGo(world, 'a')
    const job = await settles(world.queue, 'a', 'dead')
    assert.equal([job.exit_code, job.attempts, job.runs], [7, 1, 1])
    assertHomeIntact(world.home)
  }),
)

test(
  'SIGUSR2: a job that ends while no worker watches is settled with its true exit code',
  inWorld(async (world) => {
    await add(world, untilLetGo('a', 7), { id: 'a', max_retries: 1 })
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    worker.kill('SIGUSR2')
    await worker.ended
    letGo(world, 'a')
    await until(() => !isAlive(pid), SOON_MS, 'it has ended')
    await runAll(world)
    const job = await world.queue.get('a')
    assert.equal([job.state, job.exit_code, job.attempts, job.runs], ['dead', 7, 1, 1])
  }),
)

test(
  'the timeout of an adopted run is counted from its start',
  inWorld(async (world) => {
    await add(world, 'echo up >>a.up; exec sleep 60', { id: 'a', max_retries: 1, timeout: 2 })
    const worker = await world.startWorker()
    await until(() => linesOf(join(world.dir, 'a.up'))[0], SOON_MS, 'a is up')
    worker.kill('SIGUSR2')
    await worker.ended
    await world.startWorker()
    const job = await settles(world.queue, 'a', 'dead')
    assert.is(job.timed_out, true)
    assert.ok((job.duration_ms ?? 0) >= 1950 && (job.duration_ms ?? 0) < 3500, `${job.duration_ms} ms`)
  }),
)

test(
  'a worker that waits for its last job uses no time of the processor, whatever comes due',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    await add(world, untilLetGo('a'), { id: 'a' })
    await add(world, 'true', { id: 'soon', run_at: new Date(Date.now() + 1500).toISOString() })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    worker.kill()
    await until(() => /stopping/.test(worker.stderr), SOON_MS, 'it says that it is stopping')
    const { run_at = '' } = await world.queue.get('soon')
    await until(() => Date.now() > Date.parse(run_at), SOON_MS, 'the other job is due')
    const before = cpuOf(worker.pid)
    await until(() => Date.now() > Date.parse(run_at) + 1000, SOON_MS, 'a second has passed')
    const used = cpuOf(worker.pid) - before
    letGo(world, 'a')
    await worker.ended
    assert.ok(used < 300, `${used} ms in a second`)
  }),
)

test(
  'burst ends when pending/ and failed/ are empty, having waited for retries',
  inWorld(async (world) => {
    await add(world, '[ "$QUEUECTL_RUN" = 2 ]', { id: 'again', backoff_base: 1 })
    await add(world, 'true', { id: 'tomorrow', run_at: new Date(Date.now() + 86_400_000).toISOString() })
    await runAll(world)
    const whole = assertHomeIntact(world.home)
    assert.equal([whole.get('again'), whole.get('tomorrow')], ['completed', 'scheduled'])
  }),
)

test(
  'burst with nothing to do ends at once',
  inWorld(async (world) => {
    await runAll(world)
  }),
)

test(
  'burst runs what its jobs enqueue',
  inWorld(async (world) => {
    note(join(world.dir, 'child.json'), '{"command":"true","id":"child"}')
    await add(world, 'mv child.json "$QUEUECTL_HOME/pending/child.json"', { id: 'parent' })
    await runAll(world)
    assert.is((await world.queue.get('child')).state, 'completed')
  }),
)

test(
  'two workers in one home share the work and run nothing twice',
  inWorld(async (world) => {
    const ids = Array.from({ length: 60 }, (_, n) => `job${n}`)
    await world.queue.enqueueAll(
      ids.map((id) => ({ id, command: 'echo "$QUEUECTL_JOB_ID" >>ran; sleep 0.02', cwd: world.dir })),
    )
    await Promise.all([runAll(world, 2), runAll(world, 2)])
    assert.equal(linesOf(join(world.dir, 'ran')).toSorted(), ids.toSorted())
    const workers = new Set(await Promise.all(ids.map(async (id) => (await world.queue.get(id)).worker)))
    assert.is(workers.size, 2)
    assertHomeIntact(world.home)
  }),
)

test(
  'two homes side by side do not see each other',
  inWorld(async (world) => {
    const other = join(world.dir, 'other')
    assert.is(
      (await world.cli(['enqueue', '--id', 'mine', 'echo other >>ran'], { env: { QUEUECTL_HOME: other } })).code,
      0,
    )
    await add(world, 'echo home >>ran', { id: 'mine' })
    const worker = await world.startWorker()
    await settles(world.queue, 'mine')
    worker.kill()
    await worker.ended
    assert.equal(linesOf(join(world.dir, 'ran')), ['home'])
    assert.is(assertHomeIntact(other).get('mine'), 'pending')
    assert.not.ok(existsSync(join(other, 'logs/mine/1.out')))
  }),
)

test(
  'under nohup SIGHUP does nothing, and SIGTERM what it always does',
  inWorld(async ({ dir, home, queue }) => {
    const line = `trap '' HUP; "$0" "$1" worker start --foreground & wait $!`
    const shell = start('sh', ['-c', line, process.execPath, PROGRAM], {
      cwd: dir,
      env: { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home },
    })
    const { pid } = await until(async () => (await queue.workers())[0], SOON_MS, 'it is up')
    process.kill(pid, 'SIGHUP')
    await queue.enqueue({ id: 'a', cwd: dir, command: 'true' })
    await settles(queue, 'a')
    process.kill(pid, 'SIGTERM')
    const { code, stderr } = await shell.ended
    assert.is(code, 0)
    assert.is(stderr.match(/is stopping/g)?.length, 1)
  }),
)

test(
  'a worker below `ulimit -f` goes on, and a job that passes it ends as by default',
  inWorld(async (world) => {
    const { dir, home } = world
    for (const id of ['a', 'b'])
      await add(world, id === 'a' ? 'head -c 200000 /dev/zero' : 'true', { id, max_retries: 1 })
    const line = 'ulimit -f 64; exec "$0" "$1" worker start --foreground --burst'
    const { code, stdout, stderr } = await start('sh', ['-c', line, process.execPath, PROGRAM], {
      cwd: dir,
      env: { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home },
    }).ended
    assert.is(code, 0, stdout + stderr)
    const whole = assertHomeIntact(home)
    assert.equal([whole.get('a'), whole.get('b')], ['dead', 'completed'])
    assert.match((await world.queue.get('a')).last_error ?? '', /^ended by SIGXFSZ/)
  }),
)

test(
  'without mkfifo in PATH a worker says what to do, in one line and a hint',
  inWorld(async ({ cli, dir }) => {
    const { code, stderr } = await cli(['worker', 'start', '--foreground'], { env: { PATH: dir } })
    assert.is(code, 1)
    assert.match(stderr, /^queuectl: cannot make a FIFO: there is no mkfifo in PATH\nhint: install coreutils[^\n]*\n$/)
  }),
)

test(
  'a worker whose FIFO was removed is stopped and waited for by its process',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    rmSync(join(world.home, 'processing', worker.info.name, 'alive'))
    assert.is((await world.cli(['worker', 'stop', '--timeout', '0.1'])).code, 75)
    letGo(world, 'a')
    await worker.ended
  }),
)

test.run()
