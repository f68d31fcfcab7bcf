/** A full disk, and a process without descriptors: nothing is lost and no attempt is used. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isUp, letGo, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { fillBytes, fillInodes, onTmpfs } from '../../fixtures/mounts.ts'
import { cleanEnv, PROGRAM, type Running, start } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { Queue } from '../../lib/queue.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { Intake } from '../../lib/spool/intake.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'

const test = suite('worker short of disk space or descriptors')

interface Small {
  readonly queue: Queue
  readonly home: string
  readonly mounted: string
  /** The program with this home. */
  cli(args: readonly string[]): ReturnType<World['cli']>
}

/** A home on a file system that can be filled, and a worker with two slots on it. */
const onSmall = (options: string, body: (here: World, small: Small) => Promise<void>): ReturnType<typeof inWorld> =>
  inWorld((here) =>
    onTmpfs(here.dir, options, async (mounted) => {
      const home = join(mounted, 'home')
      const queue = Queue.open({ home })
      await body(here, { queue, home, mounted, cli: (args) => here.cli([...args, '--home', home]) })
    }),
  )

async function withWorker(here: World, { home }: Small, use: (worker: Running) => Promise<void>): Promise<void> {
  const worker = here.begin(['worker', 'start', '--foreground', '--count', '2', '--home', home])
  await until(
    () => worker.stderr.includes('started with'),
    SOON_MS,
    () => worker.stderr,
  )
  await until(() => existsSync(join(home, 'ballast')), SOON_MS, 'the ballast lies there')
  await use(worker)
  worker.kill()
  await worker.ended
}

const statusOf = async ({ cli }: Small): Promise<string> => (await cli(['status'])).stdout

for (const [what, options, fill] of [
  ['bytes', 'size=5m', fillBytes],
  ['inodes', 'size=32m,nr_inodes=500', fillInodes],
] as const)
  test(
    `without ${what} left claiming stops, what runs is settled, status says so, and work resumes by itself`,
    onSmall(options, async (here, small) => {
      const { queue, home, mounted } = small
      await withWorker(here, small, async (worker) => {
        await queue.enqueue({ id: 'runs', command: untilLetGo('runs'), cwd: here.dir })
        await isUp(here, 'runs')
        await queue.enqueue({
          id: 'waits',
          command: 'true',
          cwd: here.dir,
          run_at: new Date(Date.now() + 1500).toISOString(),
        })
        const giveBack = fill(mounted)
        letGo(here, 'runs')
        assert.is((await settles(queue, 'runs')).attempts, 1)
        await until(async () => /^Disk: full/m.test(await statusOf(small)), SOON_MS, 'status says so')
        await until(() => readdirSync(join(home, 'pending')).length === 1, SOON_MS, 'the other is due')
        assert.equal(await queue.get('waits').then(({ attempts, runs }) => [attempts, runs]), [0, 0])
        giveBack()
        const { attempts, runs } = await settles(queue, 'waits')
        assert.equal([attempts, runs], [1, 1])
        await until(() => existsSync(join(home, 'ballast')), SOON_MS, 'there is a ballast again')
        assert.not.match(await statusOf(small), /^Disk: full/m)
        assert.not.match(worker.stderr, 'cannot start waits')
        assert.is(worker.stderr.split('not claiming jobs until the disk has free space').length, 2)
      })
      assertHomeIntact(home)
    }),
  )

test(
  'an enqueue on a full disk is refused as DISK_FULL and leaves nothing',
  onSmall('size=3m', async (_here, small) => {
    fillBytes(small.mounted)
    const { code, stderr } = await small.cli(['enqueue', 'true', '--id', 'nope', '--json'])
    assert.is(code, 1)
    assert.is((JSON.parse(stderr) as { error: { code: string } }).error.code, 'DISK_FULL')
    assert.equal(readdirSync(join(small.home, 'tmp')), [])
    assert.equal(readdirSync(join(small.home, 'logs')), [])
  }),
)

test(
  'a worker that finds no room to start in says so in one line and leaves nothing',
  onSmall('size=3m', async (_here, small) => {
    fillBytes(small.mounted)
    const { code, stderr } = await small.cli(['worker', 'start'])
    assert.is(code, 1)
    assert.is(stderr.split('\n')[0], 'queuectl: cannot start a worker: no space left on the device')
    assert.equal(readdirSync(join(small.home, 'tmp')), [])
    assert.equal(readdirSync(join(small.home, 'processing')), [])
  }),
)

test(
  'doctor calls a full disk a problem',
  onSmall('size=3m', async (_here, small) => {
    fillBytes(small.mounted)
    const { code, stdout } = await small.cli(['doctor'])
    assert.is(code, 1)
    assert.match(stdout, /^problem disk +the disk is full/m)
  }),
)

test(
  'a command that fails on a full disk has used no attempt, and is tried again',
  onSmall('size=5m', async (here, small) => {
    const { queue, mounted } = small
    await withWorker(here, small, async () => {
      const command = untilLetGo('writes', 0).replace('exit 0', 'head -c 100000 /dev/zero || exit 1')
      await queue.enqueue({ id: 'writes', command, cwd: here.dir, max_retries: 1 })
      await isUp(here, 'writes')
      const giveBack = fillBytes(mounted)
      letGo(here, 'writes')
      const failed = await settles(queue, 'writes', 'failed')
      assert.is(failed.attempts, 0)
      assert.match(failed.last_error ?? '', 'on a full disk')
      giveBack()
      assert.is((await settles(queue, 'writes')).attempts, 1)
    })
  }),
)

test(
  'a dropped file that finds no room to be taken in is taken in under its own id when there is',
  onSmall('size=3m', async (_here, small) => {
    const home = openHome(small.home)
    const { dir } = joinWorkers(home, 1, Date.now())
    const name = 'mine.json'
    // Larger than what is given up by the last write that still succeeds.
    writeFileSync(join(home.pending, name), JSON.stringify({ id: 'mine', command: 'true', note: 'x'.repeat(200_000) }))
    const giveBack = fillBytes(small.mounted)
    const intake = new Intake()
    try {
      await intake.take(home, dir, name, DEFAULTS)
      assert.unreachable('there was no room')
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC')
    }
    assert.equal(readdirSync(home.pending), [name])
    giveBack()
    assert.is((await intake.take(home, dir, name, DEFAULTS)).kind, 'taken')
    assert.is((await small.queue.get('mine')).state, 'pending')
  }),
)

test(
  'with fewer descriptors than its slots need a worker does all jobs, each with one attempt',
  inWorld(async ({ queue, home, dir }) => {
    const jobs = Array.from({ length: 12 }, () => ({ command: 'sleep 0.05', cwd: dir }))
    await queue.enqueueAll(jobs)
    const line = `ulimit -n 34; exec "${process.execPath}" "${PROGRAM}" worker start --foreground --burst --count 12`
    const worker = start('sh', ['-c', line], { cwd: dir, env: { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home } })
    const { code, stderr } = await worker.ended
    assert.is(code, 0)
    assert.match(stderr, 'EMFILE')
    assert.equal([...new Set((await queue.list()).map(({ job }) => `${job?.state} ${job?.attempts}`))], ['completed 1'])
    assertHomeIntact(home)
  }),
)

test.run()
