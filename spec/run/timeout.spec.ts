import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  isAlive,
  isUp,
  linesOf,
  outputOf,
  settles,
  SOON_MS,
  untilLetGo,
  letGo,
} from '../../fixtures/jobs.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { signal } from '../../fixtures/processes.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('timeouts')

/** How many runs end at about the same time. */
const MANY = rounds(15, 40)

const pidIn = (path: string): Promise<number> =>
  until(() => Number(linesOf(path).at(-1) ?? 0) || undefined, SOON_MS, `${path} names a process`)

test(
  'a run that takes longer than its timeout is ended and has failed',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    const { id } = await add(world, 'echo began; sleep 60', { timeout: 0.3, max_retries: 1 })
    await world.startWorker()
    const job = await settles(world.queue, id, 'dead')
    assert.equal([job.timed_out, job.attempts, job.history[0]?.timed_out], [true, 1, true])
    assert.match(job.last_error ?? '', /^timed out after 0.3 s/)
    assert.is((await outputOf(world.queue, id)).out, 'began\n')
    assert.ok((job.duration_ms ?? 0) >= 300 && (job.duration_ms ?? 0) < 1300, `${job.duration_ms} ms`)
    assertHomeIntact(world.home)
  }),
)

test(
  'each of many runs is ended on time',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    const ids = Array.from({ length: MANY }, (_, n) => `job${n}`)
    await world.queue.enqueueAll(
      ids.map((id, n) => ({ id, command: 'exec sleep 60', timeout: 0.2 + n / (2.4 * MANY), max_retries: 1 })),
    )
    await world.startWorker({ count: MANY })
    for (const id of ids) {
      const job = await settles(world.queue, id, 'dead', 3 * SOON_MS)
      // Far less than what else would end it: the next poll, or the job itself, after 60 s.
      assert.ok((job.duration_ms ?? 0) < (job.timeout ?? 0) * 1000 + SOON_MS, `${id}: ${job.duration_ms} ms`)
    }
  }),
)

test(
  'a timed out attempt is tried again as any other',
  inWorld(async (world) => {
    const { id } = await add(world, '[ "$QUEUECTL_RUN" = 2 ] || sleep 60', { timeout: 0.2, backoff_base: 1 })
    await world.startWorker()
    const job = await settles(world.queue, id)
    assert.equal(
      job.history.map((run) => run.outcome),
      ['failed', 'completed'],
    )
    assert.is(job.timed_out, undefined)
  }),
)

test(
  'the timeout ends the whole group, processes in the background and their children too',
  inWorld(async (world) => {
    const { id } = await add(world, 'sh -c "sleep 60 & echo \\$! >child; wait" & echo $! >back; sleep 60', {
      timeout: 0.5,
      max_retries: 1,
    })
    await world.startWorker()
    const pids = [await pidIn(join(world.dir, 'child')), await pidIn(join(world.dir, 'back'))]
    await settles(world.queue, id, 'dead')
    await until(() => !pids.some(isAlive), SOON_MS, `${pids.join(', ')} have ended`)
  }),
)

test(
  'the timeout ends a process that made a session of its own',
  inWorld(async (world) => {
    const { id } = await add(world, 'setsid sh -c "echo \\$\\$ >away; exec sleep 60" & wait', {
      timeout: 0.5,
      max_retries: 1,
    })
    await world.startWorker()
    const pid = await pidIn(join(world.dir, 'away'))
    await settles(world.queue, id, 'dead')
    await until(() => !isAlive(pid), SOON_MS, `${pid} has ended`)
  }),
)

test(
  'the timeout ends a command that is stopped',
  inWorld(async (world) => {
    const { id } = await add(world, 'echo $$ >pid; exec sleep 60', { timeout: 0.7, max_retries: 1 })
    await world.startWorker()
    signal(await pidIn(join(world.dir, 'pid')), 'SIGSTOP')
    assert.is((await settles(world.queue, id, 'dead', 5000)).timed_out, true)
  }),
)

test(
  'a command that cleans up when its time is over is let to, and has timed out whatever its exit code',
  inWorld(async (world) => {
    const { id } = await add(world, `trap 'sleep 0.3; echo clean; exit 0' TERM; while :; do sleep 0.05; done`, {
      timeout: 0.3,
      max_retries: 1,
    })
    await world.startWorker()
    const job = await settles(world.queue, id, 'dead')
    assert.is(job.timed_out, true)
    assert.match((await outputOf(world.queue, id)).out, /clean\n/)
  }),
)

test(
  'timeout 0 is none',
  inWorld(async (world) => {
    configure(world, { timeout: 0.2 })
    const { id } = await add(world, untilLetGo('a'), { timeout: 0 })
    const other = await add(world, 'sleep 60', { max_retries: 1 })
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    await settles(world.queue, other.id, 'dead')
    letGo(world, 'a')
    assert.is((await settles(world.queue, id)).state, 'completed')
  }),
)

test(
  'what a run leaves behind in a session of its own is named in the record and let be',
  inWorld(async (world) => {
    const { id } = await add(
      world,
      'setsid sh -c "echo \\$\\$ >away; exec sleep 60" & while [ ! -s away ]; do sleep 0.01; done',
    )
    const worker = await world.startWorker()
    const job = await settles(world.queue, id)
    const pid = Number(readFileSync(join(world.dir, 'away'), 'utf8'))
    assert.ok(job.strays?.includes(pid), `${JSON.stringify(job.strays)} names ${pid}`)
    assert.equal(job.history[0]?.strays, job.strays)
    assert.ok(isAlive(pid))
    worker.kill()
    await worker.ended
    assert.ok(isAlive(pid))
    signal(pid, 'SIGKILL')
    await until(() => !isAlive(pid), SOON_MS, 'it has ended')
  }),
)

test(
  'what an earlier run left behind is ended before the job runs again',
  inWorld(async (world) => {
    const command = `if [ "$QUEUECTL_RUN" = 1 ]; then
      setsid sh -c "exec 9>>lock; flock 9; echo up >away; exec sleep 60" & while [ ! -s away ]; do sleep 0.01; done; exit 1
    else flock -n lock true || echo overlap; fi`
    const { id } = await add(world, command, { backoff_base: 1 })
    await world.startWorker()
    const job = await settles(world.queue, id)
    assert.is(job.runs, 2)
    assert.is((await outputOf(world.queue, id, 2)).out, '')
  }),
)

test.run()
