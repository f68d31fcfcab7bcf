import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  eventsOf,
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
import { processesOf, signal } from '../../fixtures/processes.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { monotonicMs } from '../../lib/clock.ts'

const test = suite('killing a worker')

/** The process that leads the group of a run, by its start mark. */
const shimOf = (world: World, id: string, run = 1): Promise<number> =>
  until(
    () => Number.parseInt(linesOf(join(world.home, `run/${id}.${run}.mark`))[0] ?? '', 10) || undefined,
    SOON_MS,
    'the start mark',
  )

/** Waits until `worker` watches the job; the milliseconds that took. */
async function adoptedBy(world: World, worker: string, id: string): Promise<number> {
  const begun = monotonicMs()
  await until(
    async () =>
      (await world.queue.workers()).some(
        ({ name, running }) => name === worker && running.some((one) => one.id === id),
      ),
    SOON_MS,
    `${worker} watches ${id}`,
  )
  return monotonicMs() - begun
}

const talking = (name: string, code: number): string => `echo before; ( ${untilLetGo(name)} ); echo after; exit ${code}`

test(
  'a worker that is alive adopts the job within a second and records its true exit code, output whole',
  inWorld(async (world) => {
    configure(world, { poll_interval: 60 })
    const { id } = await add(world, talking('a', 7), { max_retries: 1 })
    const victim = await world.startWorker()
    const pid = await isUp(world, 'a')
    const other = await world.startWorker()
    await add(world, 'true', { id: 'warm-up' })
    await settles(world.queue, 'warm-up')
    victim.kill('SIGKILL')
    const took = await adoptedBy(world, other.info.name, id)
    assert.ok(took < 1000, `${took} ms`)
    assert.ok(isAlive(pid))
    letGo(world, 'a')
    const job = await settles(world.queue, id, 'dead')
    assert.equal([job.exit_code, job.attempts, job.runs, job.interruptions], [7, 1, 1, 0])
    assert.is((await outputOf(world.queue, id)).out, 'before\nafter\n')
    assert.is(linesOf(join(world.dir, 'a.up')).length, 1)
    assertHomeIntact(world.home)
  }),
)

test(
  'a worker that starts later adopts the job',
  inWorld(async (world) => {
    const { id } = await add(world, talking('a', 0))
    const victim = await world.startWorker()
    await isUp(world, 'a')
    victim.kill('SIGKILL')
    await victim.ended
    const later = await world.startWorker()
    await adoptedBy(world, later.info.name, id)
    letGo(world, 'a')
    const job = await settles(world.queue, id)
    assert.equal([job.exit_code, job.attempts, job.runs, job.worker], [0, 1, 1, later.info.name])
    assert.is((await outputOf(world.queue, id)).out, 'before\nafter\n')
  }),
)

test(
  'a job that ends while no worker lives is settled with its true exit code by the next one',
  inWorld(async (world) => {
    const { id } = await add(world, talking('a', 7), { max_retries: 1 })
    const victim = await world.startWorker()
    await isUp(world, 'a')
    victim.kill('SIGKILL')
    await victim.ended
    letGo(world, 'a')
    await until(() => processesOf(world.dir).length === 0, SOON_MS, 'it has ended')
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.exit_code, job.attempts, job.runs], ['dead', 7, 1, 1])
    assert.ok((job.duration_ms ?? 0) > 0)
    assertHomeIntact(world.home)
  }),
)

test(
  'a worker whose slots are all taken adopts too, and claims nothing before it has a slot again',
  inWorld(async (world) => {
    const busy = await world.startWorker()
    await add(world, untilLetGo('mine'), { id: 'mine' })
    await isUp(world, 'mine')
    const victim = await world.startWorker({ count: 2 })
    await add(world, untilLetGo('a'), { id: 'a' })
    await add(world, untilLetGo('b'), { id: 'b' })
    await isUp(world, 'a')
    await isUp(world, 'b')
    await add(world, 'true', { id: 'waits' })
    victim.kill('SIGKILL')
    await adoptedBy(world, busy.info.name, 'a')
    await adoptedBy(world, busy.info.name, 'b')
    letGo(world, 'a')
    await settles(world.queue, 'a')
    letGo(world, 'mine')
    await settles(world.queue, 'mine')
    assert.is((await world.queue.get('waits')).state, 'pending')
    letGo(world, 'b')
    await settles(world.queue, 'b')
    await settles(world.queue, 'waits')
  }),
)

test(
  'a job survives the death of one worker after the other',
  inWorld(async (world) => {
    const { id } = await add(world, talking('a', 0))
    for (let n = 0; n < 4; n++) {
      const victim = await world.startWorker()
      await isUp(world, 'a')
      await adoptedBy(world, victim.info.name, id)
      victim.kill('SIGKILL')
      await victim.ended
    }
    letGo(world, 'a')
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.attempts, job.runs], ['completed', 1, 1])
  }),
)

test(
  'a worker that is stopped (SIGSTOP) is not robbed',
  inWorld(async (world) => {
    configure(world, { poll_interval: 0.1 })
    const { id } = await add(world, untilLetGo('a'))
    const stopped = await world.startWorker()
    await isUp(world, 'a')
    const other = await world.startWorker()
    stopped.kill('SIGSTOP')
    const end = monotonicMs() + 3000
    await until(() => monotonicMs() > end, SOON_MS, 'three seconds have passed')
    assert.is((await world.queue.get(id)).worker, stopped.info.name)
    assert.ok(readdirSync(join(world.home, 'processing')).includes(stopped.info.name))
    stopped.kill('SIGCONT')
    letGo(world, 'a')
    const job = await settles(world.queue, id)
    assert.equal([job.worker, job.runs], [stopped.info.name, 1])
    other.kill()
    await other.ended
  }),
)

test(
  'worker, shim and command killed: an interruption, the job runs again and no attempt is used',
  inWorld(async (world) => {
    const { id } = await add(world, `echo "$QUEUECTL_RUN" >>ran; [ "$QUEUECTL_RUN" = 2 ] || ${untilLetGo('a')}`, {
      max_retries: 1,
    })
    const victim = await world.startWorker()
    await isUp(world, 'a')
    const group = await shimOf(world, id)
    victim.kill('SIGKILL')
    signal(-group, 'SIGKILL')
    await victim.ended
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.attempts, job.runs, job.interruptions], ['completed', 1, 2, 1])
    assert.equal(linesOf(join(world.dir, 'ran')), ['1', '2'])
    assert.equal(eventsOf(world.home).filter(({ event }) => event === 'interrupted').length, 1)
    assertHomeIntact(world.home)
  }),
)

test(
  'interrupted six times it is dead, no attempt used',
  inWorld(async (world) => {
    const { id } = await add(world, `echo "$QUEUECTL_RUN" >>ran; exec sleep 60`, { max_retries: 1 })
    await world.startWorker()
    for (let run = 1; run <= 6; run++) {
      await until(() => linesOf(join(world.dir, 'ran')).at(-1) === String(run), SOON_MS, `run ${run} is up`)
      signal(-(await shimOf(world, id, run)), 'SIGKILL')
    }
    const job = await settles(world.queue, id, 'dead')
    assert.equal([job.attempts, job.runs, job.interruptions], [0, 6, 6])
  }),
)

test(
  "only the shim killed: the job's own process runs on, and the job is not run beside it",
  inWorld(async (world) => {
    const command = `[ "$QUEUECTL_RUN" = 2 ] || ${untilLetGo('a')}`
    const { id } = await add(world, ['sh', program('alone.sh'), 'job', 'sh', '-c', command])
    await world.startWorker({ count: 2 })
    const pid = await isUp(world, 'a')
    signal(await shimOf(world, id), 'SIGKILL')
    await add(world, 'true', { id: 'other' })
    await settles(world.queue, 'other')
    assert.ok(isAlive(pid))
    assert.equal(linesOf(join(world.dir, 'job.runs')).length, 1)
    letGo(world, 'a')
    const job = await settles(world.queue, id)
    assert.equal(linesOf(join(world.dir, 'job.overlaps')), [])
    assert.equal([job.runs, job.interruptions], [2, 1])
  }),
)

test(
  'worker and shim killed: the process runs on, watched by the next worker, and the job is not run beside it',
  inWorld(async (world) => {
    const command = `[ "$QUEUECTL_RUN" = 2 ] || ${untilLetGo('a')}`
    const { id } = await add(world, ['sh', program('alone.sh'), 'job', 'sh', '-c', command])
    const victim = await world.startWorker()
    await isUp(world, 'a')
    victim.kill('SIGKILL')
    signal(await shimOf(world, id), 'SIGKILL')
    await victim.ended
    const next = await world.startWorker({ count: 2 })
    await adoptedBy(world, next.info.name, id)
    letGo(world, 'a')
    await settles(world.queue, id)
    assert.equal(linesOf(join(world.dir, 'job.overlaps')), [])
  }),
)

test(
  'the timeout of a run ends it though its shim is dead',
  inWorld(async (world) => {
    const { id } = await add(world, 'echo $$ >>a.up; exec sleep 60', { timeout: 1.5, max_retries: 1 })
    await world.startWorker()
    const pid = await isUp(world, 'a')
    signal(await shimOf(world, id), 'SIGKILL')
    const job = await settles(world.queue, id, 'dead')
    assert.is(job.timed_out, true)
    assert.not.ok(isAlive(pid))
  }),
)

test.run()
