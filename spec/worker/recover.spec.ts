/**
 * What a worker makes of a job in the directory of a dead holder. The directories are made by hand, as a crash at each
 * step leaves them; the crash table in lib/CRASHES.md has the same rows.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, eventsOf, fileOf, linesOf, outputOf, runAll, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { Job } from '../../lib/job/job.ts'

const test = suite('recovery from a dead worker')

const DEAD = 'worker-1-abcdef'
/** A start mark as the shim writes it: the line of /proc/pid/stat of a process that is long gone. */
const LONG_GONE = `999999 (sh) S 1 999999 999999 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 17 0 0\n`

interface Left {
  /** The FIFO of the run, held by no process. */
  readonly fifo?: true
  readonly start?: string
  readonly exit?: string
  readonly note?: object
  /** Output of the run. */
  readonly out?: string
}

/** Puts a job into the directory of a dead worker, as it was stamped, with what its last run left in run/. */
async function deadHolds(world: World, job: Partial<Job>, left: Left = {}, card: object = {}): Promise<void> {
  await add(world, 'echo "ran $QUEUECTL_RUN" >>ran', { id: 'job1', max_retries: 3, backoff_base: 1 })
  const from = await fileOf(world.queue, 'job1')
  const dir = join(world.home, 'processing', DEAD)
  mkdirSync(dir)
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const machine = readFileSync('/etc/machine-id', 'utf8').trim()
  writeFileSync(
    join(dir, 'worker.json'),
    JSON.stringify({
      name: DEAD,
      slots: 1,
      started_at: '',
      log: '',
      pid: 999_999,
      start: '17',
      boot,
      machine,
      ...card,
    }),
  )
  execFileSync('mkfifo', [join(dir, 'alive')])
  const record = { ...JSON.parse(readFileSync(from, 'utf8')), ...job }
  writeFileSync(from, JSON.stringify(record))
  renameSync(from, join(dir, basename(from)))
  const trace = (kind: string): string => join(world.home, 'run', `job1.${record.runs}.${kind}`)
  if (left.fifo) execFileSync('mkfifo', [trace('fifo')])
  if (left.start !== undefined) writeFileSync(trace('mark'), `${left.start}${left.exit ?? ''}`)
  if (left.note !== undefined) writeFileSync(trace('note'), JSON.stringify(left.note))
  if (left.out !== undefined) writeFileSync(join(world.home, 'logs/job1', `${record.runs}.out`), left.out)
  if (left.out !== undefined) writeFileSync(join(world.home, 'logs/job1', `${record.runs}.err`), '')
}

const running: Partial<Job> = {
  state: 'processing',
  runs: 1,
  started_at: '2026-01-01T00:00:00.000Z',
  worker: DEAD,
  slot: 1,
}

async function recovered(world: World): Promise<Job & { readonly ran: readonly string[] }> {
  await runAll(world)
  assertHomeIntact(world.home)
  assert.equal(readdirSync(join(world.home, 'processing')), [])
  assert.equal(readdirSync(join(world.home, 'run')), [])
  return { ...(await world.queue.get('job1')), ran: linesOf(join(world.dir, 'ran')) }
}

test(
  'claimed and not stamped: it is back in line, uncounted, and runs',
  inWorld(async (world) => {
    await deadHolds(world, {})
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.runs, job.interruptions, job.ran], ['completed', 1, 1, 0, ['ran 1']])
  }),
)

test(
  'stamped, and its output not made: it never started',
  inWorld(async (world) => {
    await deadHolds(world, running)
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.interruptions, job.ran.length], ['completed', 1, 0, 1])
  }),
)

test(
  'stamped, output and FIFO made, not started: it never started',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.interruptions, job.ran], ['completed', 1, 0, ['ran 2']])
  }),
)

test(
  'a start mark and a FIFO that no process holds: an interruption, which uses no attempt',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, start: LONG_GONE, out: 'half' })
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.interruptions, job.runs], ['completed', 1, 1, 2])
    assert.equal(
      job.history.map((run) => run.outcome),
      ['interrupted', 'completed'],
    )
    assert.is((await outputOf(world.queue, 'job1', 1)).out, 'half')
  }),
)

for (const torn of ['', '4', '4 (sh'])
  test(
    `a start mark of ${JSON.stringify(torn)} is none: it was torn by a power cut`,
    inWorld(async (world) => {
      await deadHolds(world, running, { fifo: true, start: torn, out: '' })
      const job = await recovered(world)
      assert.equal([job.state, job.interruptions, job.ran.length], ['completed', 0, 1])
    }),
  )

test(
  'the sixth interruption is the last: the job is dead',
  inWorld(async (world) => {
    await deadHolds(world, { ...running, runs: 6, interruptions: 5 }, { fifo: true, start: LONG_GONE, out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.interruptions, job.ran], ['dead', 0, 6, []])
    assert.match(job.last_error ?? '', /interrupted.*6 times/)
  }),
)

test(
  'the fifth interruption is not',
  inWorld(async (world) => {
    await deadHolds(world, { ...running, runs: 5, interruptions: 4 }, { fifo: true, start: LONG_GONE, out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.interruptions, job.runs], ['completed', 5, 6])
  }),
)

test(
  'an exit record: it is settled with that code and not run again',
  inWorld(async (world) => {
    await deadHolds(
      world,
      { ...running, max_retries: 1 },
      { fifo: true, start: LONG_GONE, exit: '7\n', out: 'whole\n' },
    )
    const job = await recovered(world)
    assert.equal([job.state, job.exit_code, job.attempts, job.runs, job.ran], ['dead', 7, 1, 1, []])
    assert.is((await outputOf(world.queue, 'job1', 1)).out, 'whole\n')
  }),
)

test(
  'an exit record of success: it is completed and not run again',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, start: LONG_GONE, exit: '0\n', out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.exit_code, job.attempts, job.ran], ['completed', 0, 1, []])
  }),
)

test(
  'a torn exit record is none: an interruption',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, start: LONG_GONE, exit: '1', out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.interruptions, job.ran.length], ['completed', 1, 1])
  }),
)

for (const [note, state, outcome] of [
  [{ why: 'timeout', seconds: 5 }, 'dead', 'failed'],
  [{ why: 'cancel', reason: 'no more' }, 'dead', 'cancelled'],
] as const)
  test(
    `a note that it was ended (${note.why}) decides, whatever its exit code`,
    inWorld(async (world) => {
      await deadHolds(
        world,
        { ...running, max_retries: 1 },
        { fifo: true, start: LONG_GONE, exit: '0\n', note, out: '' },
      )
      const job = await recovered(world)
      assert.equal([job.state, job.history.at(-1)?.outcome, job.interruptions, job.ran], [state, outcome, 0, []])
    }),
  )

test(
  'a note that it was to be given back: it is pending again, uncounted',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, start: LONG_GONE, note: { why: 'give-back' }, out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.interruptions, job.ran], ['completed', 1, 0, ['ran 2']])
  }),
)

const history = [
  { run: 1, attempt: 1, outcome: 'completed', finished_at: '2026-01-01T00:00:01.000Z', exit_code: 0 },
] as const

test(
  'stamped as completed and not moved: it is moved and not run again',
  inWorld(async (world) => {
    const stamped = {
      ...running,
      state: 'completed',
      attempts: 1,
      exit_code: 0,
      finished_at: '2026-01-01T00:00:01.000Z',
      history,
    } as const
    // It was completed long ago, and is not to be pruned at once.
    configure(world, { keep_completed: 'all' })
    await deadHolds(world, stamped, { fifo: true, start: LONG_GONE, exit: '0\n', out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.history.length, job.ran], ['completed', 1, 1, []])
    assert.equal(readdirSync(join(world.home, 'done')), ['2026-01-01'])
  }),
)

test(
  'stamped as failed and not moved: it waits for its retry with the attempt counted once',
  inWorld(async (world) => {
    const due = new Date(Date.now() + 60_000).toISOString()
    const failed = [{ ...history[0], outcome: 'failed', exit_code: 1 }] as const
    await deadHolds(
      world,
      { ...running, attempts: 1, next_retry_at: due, history: failed },
      { fifo: true, start: LONG_GONE, exit: '1\n', out: '' },
    )
    const worker = await world.startWorker()
    const job = await settles(world.queue, 'job1', 'failed')
    worker.kill()
    await worker.ended
    assert.equal([job.attempts, job.runs, job.history.length, job.next_retry_at], [1, 1, 1, due])
    assertHomeIntact(world.home)
  }),
)

test(
  'stamped as dead and not moved: it is moved and not run again',
  inWorld(async (world) => {
    const failed = [{ ...history[0], outcome: 'failed', exit_code: 1 }] as const
    await deadHolds(
      world,
      { ...running, attempts: 3, history: failed },
      { fifo: true, start: LONG_GONE, exit: '1\n', out: '' },
    )
    const job = await recovered(world)
    assert.equal([job.state, job.attempts, job.ran], ['dead', 3, []])
  }),
)

test(
  'the outcome of an earlier run decides nothing',
  inWorld(async (world) => {
    await deadHolds(world, { ...running, runs: 2, attempts: 1, history }, { fifo: true, start: LONG_GONE, out: '' })
    const job = await recovered(world)
    assert.equal([job.state, job.interruptions, job.runs, job.ran], ['completed', 1, 3, ['ran 3']])
  }),
)

test(
  'sent back by hand, claimed and not stamped, while a stray of its last run lives: it still runs again',
  inWorld(async (world) => {
    const { id } = await add(
      world,
      `echo "ran $QUEUECTL_RUN" >>ran
    [ "$QUEUECTL_RUN" = 2 ] || { setsid sh -c 'echo up >away; exec sleep 60' & while [ ! -s away ]; do sleep 0.01; done; exit 1; }`,
      { max_retries: 1 },
    )
    await runAll(world)
    assert.is((await world.queue.get(id)).state, 'dead')
    await world.queue.retry(id)
    const from = await fileOf(world.queue, id)
    const dir = join(world.home, 'processing', DEAD)
    mkdirSync(dir)
    renameSync(from, join(dir, basename(from)))
    await runAll(world)
    assert.equal(linesOf(join(world.dir, 'ran')), ['ran 1', 'ran 2'])
    assert.is((await world.queue.get(id)).state, 'completed')
  }),
)

test(
  'after a reboot a run without an exit record was interrupted',
  inWorld(async (world) => {
    const boot = '00000000-0000-0000-0000-000000000000'
    await deadHolds(
      world,
      running,
      { fifo: true, start: `${process.pid} (sh) S 1\n`, out: '' },
      { boot, pid: process.pid, start: '' },
    )
    const job = await recovered(world)
    assert.equal([job.state, job.interruptions], ['completed', 1])
  }),
)

test(
  'a holder without card and FIFO is a dead one',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'job1' })
    const from = await fileOf(world.queue, 'job1')
    mkdirSync(join(world.home, 'processing', DEAD))
    renameSync(from, join(world.home, 'processing', DEAD, basename(from)))
    assert.is((await recovered(world)).state, 'completed')
  }),
)

test(
  'a worker of another machine keeps its jobs',
  inWorld(async (world) => {
    await deadHolds(world, running, { fifo: true, start: LONG_GONE }, { machine: 'another' })
    await runAll(world)
    assert.is((await world.queue.get('job1')).state, 'processing')
    assert.equal(linesOf(join(world.dir, 'ran')), [])
  }),
)

test(
  'a job that lies in processing/ itself is taken up',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'job1' })
    const from = await fileOf(world.queue, 'job1')
    renameSync(from, join(world.home, 'processing', basename(from)))
    const worker = await world.startWorker()
    await settles(world.queue, 'job1')
    worker.kill()
  }),
)

test(
  'what a dead worker was taking in is taken in again',
  inWorld(async (world) => {
    const dir = join(world.home, 'processing', DEAD)
    mkdirSync(join(dir, 'intake'), { recursive: true })
    writeFileSync(join(dir, 'intake/drop.json'), '{"command":"true"}')
    await world.startWorker()
    await settles(world.queue, 'drop')
  }),
)

test(
  "what a dead operator's command held goes back to where it came from",
  inWorld(async (world) => {
    const { id } = await add(world, 'exit 1', { max_retries: 1 })
    await runAll(world)
    const from = await fileOf(world.queue, id)
    const dir = join(world.home, 'processing/operator-1-abcdef')
    mkdirSync(join(dir, 'dead'), { recursive: true })
    renameSync(from, join(dir, 'dead', basename(from)))
    const worker = await world.startWorker()
    await until(() => readdirSync(join(world.home, 'dead')).length === 1, SOON_MS, 'it is back')
    worker.kill()
    await worker.ended
    assert.is((await world.queue.get(id)).runs, 1)
    assertHomeIntact(world.home)
  }),
)

test(
  'many workers that hear of a death at once take each job over once, without trouble',
  inWorld(async (world) => {
    const workers = await Promise.all(Array.from({ length: 5 }, () => world.startWorker()))
    const logs = workers.map(({ info }) => info.log)
    for (let round = 0; round < 2; round++) {
      const victim = await world.startWorker({ count: 4 })
      await until(() => logs.every((log) => linesOf(log).length > 0), SOON_MS, 'all are up')
      victim.kill('SIGKILL')
      await victim.ended
      await until(
        () => !readdirSync(join(world.home, 'processing')).includes(victim.info.name),
        SOON_MS,
        'it was taken over',
      )
    }
    for (const worker of workers) worker.kill()
    await Promise.all(workers.map(({ ended }) => ended))
    assert.equal(
      logs.flatMap(linesOf).filter((line) => /cannot/.test(line)),
      [],
    )
    assert.equal(eventsOf(world.home), [])
  }),
)

test.run()
