import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, fileOf, isUp, letGo, outputOf, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { ring } from '../../lib/spool/wakeup.ts'
import { Wakeups } from '../../lib/worker/wakeups.ts'

const test = suite('wake-ups of a worker')

/** A worker that scans so rarely that only a wake-up can make it look in time. */
async function idleWorker(world: World): Promise<void> {
  configure(world, { poll_interval: 60 })
  await world.startWorker()
  await add(world, 'true', { id: 'warm-up' })
  await settles(world.queue, 'warm-up')
}

test(
  'a job that is enqueued starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, 'true')
    await settles(world.queue, id)
    assertHomeIntact(world.home)
  }),
)

test(
  'each of many jobs enqueued one by one starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    for (let n = 0; n < 30; n++) await settles(world.queue, (await add(world, 'true')).id, 'completed', 3000)
  }),
)

test(
  'a batch starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const jobs = await world.queue.enqueueAll(Array.from({ length: 20 }, () => ({ command: 'true' })))
    for (const job of jobs) if (!(job instanceof Error)) await settles(world.queue, job.id)
  }),
)

test(
  'a dropped file starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    writeFileSync(join(world.home, 'tmp/drop'), '{"command":"echo dropped"}')
    renameSync(join(world.home, 'tmp/drop'), join(world.home, 'pending/drop.json'))
    await settles(world.queue, 'drop')
    assert.is((await outputOf(world.queue, 'drop')).out, 'dropped\n')
  }),
)

test(
  'a dropped file that is written in place, slowly, starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const path = join(world.home, 'pending/slow.json')
    writeFileSync(path, '{"command":')
    await add(world, 'true', { id: 'between' })
    await settles(world.queue, 'between')
    writeFileSync(path, '"echo slow"}', { flag: 'a' })
    await settles(world.queue, 'slow')
  }),
)

test(
  'a job scheduled a moment ahead starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, 'true', { run_at: new Date(Date.now() + 300).toISOString() })
    await settles(world.queue, id)
  }),
)

test(
  'a retry starts without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, '[ "$QUEUECTL_RUN" = 2 ]', { backoff_base: 1 })
    await settles(world.queue, id)
  }),
)

test(
  'a retry whose worker is gone is started by another one without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    await add(world, untilLetGo('a'), { id: 'a' })
    await isUp(world, 'a')
    // The first worker is busy: the second one runs the job, and is gone before the retry is due.
    const gone = await world.startWorker()
    await add(world, '[ "$QUEUECTL_RUN" = 2 ]', { id: 'b' })
    await settles(world.queue, 'b', 'failed')
    gone.kill()
    await gone.ended
    letGo(world, 'a')
    await settles(world.queue, 'b')
  }),
)

test(
  'mv dead/X pending/ starts the job again without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, '[ -e now ]', { max_retries: 1 })
    await settles(world.queue, id, 'dead')
    writeFileSync(join(world.dir, 'now'), '')
    const path = await fileOf(world.queue, id)
    renameSync(path, join(world.home, 'pending', basename(path)))
    const job = await settles(world.queue, id)
    assert.equal([job.runs, job.history.length], [2, 2])
  }),
)

test(
  'used-up attempts start again from 0 when a person moves a dead job to pending/',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, 'exit 1', { max_retries: 2, backoff_base: 1 })
    const dead = await settles(world.queue, id, 'dead')
    const path = await fileOf(world.queue, id)
    renameSync(path, join(world.home, 'pending', basename(path)))
    const job = await until(
      async () => {
        const seen = await world.queue.get(id)
        return seen.runs > dead.runs && seen.state === 'failed' ? seen : undefined
      },
      SOON_MS,
      'it fails and is to be tried again',
    )
    assert.is(job.attempts, 1)
  }),
)

test(
  'queue.retry starts the job again without waiting for the scan',
  inWorld(async (world) => {
    await idleWorker(world)
    const { id } = await add(world, '[ -e now ]', { max_retries: 1 })
    await settles(world.queue, id, 'dead')
    writeFileSync(join(world.dir, 'now'), '')
    await world.queue.retry(id)
    assert.is((await settles(world.queue, id)).attempts, 1)
  }),
)

test(
  'mv hold/X pending/ releases the job without waiting for the scan',
  inWorld(async (world) => {
    const { id } = await add(world, 'true')
    const path = await fileOf(world.queue, id)
    const held = join(world.home, 'hold', basename(path))
    renameSync(path, held)
    await idleWorker(world)
    assert.is((await world.queue.get(id)).state, 'held')
    renameSync(held, path)
    await settles(world.queue, id)
  }),
)

for (const [how, lose] of [
  [
    'pending/ was moved away and made anew',
    (home: string) => {
      renameSync(join(home, 'pending'), join(home, 'aside'))
      mkdirSync(join(home, 'pending'))
    },
  ],
  ['pending/ was removed', (home: string) => rmSync(join(home, 'pending'), { recursive: true })],
  ['wake/ was removed', (home: string) => rmSync(join(home, 'wake'), { recursive: true })],
] as const)
  test(
    `when ${how} the scan still finds what comes`,
    inWorld(async (world) => {
      configure(world, { poll_interval: 0.2 })
      await world.startWorker()
      lose(world.home)
      for (const id of ['one', 'two']) {
        await add(world, 'true', { id, run_at: new Date(Date.now() + 50).toISOString() })
        await settles(world.queue, id)
      }
    }),
  )

test(
  'a bell file that was removed is made again and watched',
  inWorld(async (world) => {
    await idleWorker(world)
    rmSync(join(world.home, 'wake/bell'))
    await until(() => existsSync(join(world.home, 'wake/bell')), SOON_MS, 'there is a bell')
    await add(world, 'true', { id: 'later', run_at: new Date(Date.now() + 50).toISOString() })
    await settles(world.queue, 'later')
  }),
)

test(
  'who stops listening as it rings leaves no timer of a second behind, which would keep the process from ending',
  inWorld(async (world) => {
    const home = openHome(world.home)
    writeFileSync(join(world.dir, 'bell'), '')
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    let onBell: () => void = () => {}
    const hasRung = new Promise<void>((resolve) => {
      onBell = resolve
    })
    const wakeups = new Wakeups(home, { onPending() {}, onBell, onOwnBell() {}, onWatchFailed() {} })
    await wakeups.open(world.dir)
    ring(home)
    await hasRung
    await wakeups.close()
    await until(() => timers() <= before, 500, 'no timer is left')
  }),
)

test(
  'who stops listening before it has quite begun listens no more',
  inWorld(async (world) => {
    const home = openHome(world.home)
    writeFileSync(join(world.dir, 'bell'), '')
    const watches = (): number => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
    const before = watches()
    const wakeups = new Wakeups(home, { onPending() {}, onBell() {}, onOwnBell() {}, onWatchFailed() {} })
    await Promise.all([wakeups.open(world.dir), wakeups.close()])
    await until(() => watches() <= before, 500, 'nothing is watched')
  }),
)

for (const place of ['done', 'failed', 'dead', 'logs', 'run', 'tmp', 'corrupt'])
  test(
    `a worker goes on when ${place}/ was removed by hand`,
    inWorld(async (world) => {
      configure(world, { poll_interval: 0.2 })
      await world.startWorker({ count: 2 })
      await add(world, 'true', { id: 'before' })
      await settles(world.queue, 'before')
      await add(world, untilLetGo('good'), { id: 'good' })
      await add(world, untilLetGo('bad', 1), { id: 'bad', max_retries: 2, backoff_base: 1 })
      await isUp(world, 'good')
      await isUp(world, 'bad')
      rmSync(join(world.home, place), { recursive: true })
      letGo(world, 'good')
      letGo(world, 'bad')
      for (const [id, state] of [
        ['good', 'completed'],
        ['bad', 'dead'],
      ] as const) {
        // Not by a queue that is opened now: opening mends the home, and here the worker has to.
        const { attempts } = await settles(world.queue, id, state)
        assert.is(attempts, id === 'good' ? 1 : 2)
      }
      writeFileSync(join(world.home, 'pending/after.json'), '{"command":"true"}')
      await settles(world.queue, 'after')
    }),
  )

test(
  'a running worker takes up a changed setting',
  inWorld(async (world) => {
    configure(world, { poll_interval: 0.2, timeout: 60 })
    const worker = await world.startWorker()
    await world.queue.setConfig('timeout', 0.2)
    await until(
      async () => {
        const { id } = await add(world, 'sleep 5', { max_retries: 1 })
        const { timed_out } = await settles(world.queue, id, 'dead')
        return timed_out
      },
      SOON_MS,
      'the new timeout is in force',
    )
    worker.kill()
  }),
)

test(
  'with a broken config.json a running worker keeps the settings it had, and says so',
  inWorld(async (world) => {
    configure(world, { poll_interval: 0.2, timeout: 0.3 })
    const worker = await world.startWorker()
    await add(world, 'true', { id: 'warm-up' })
    await settles(world.queue, 'warm-up')
    writeFileSync(join(world.home, 'config.json'), '{"timeout": 60, oops')
    await until(
      () => /keeping the old settings: .*config\.json/.test(readFileSync(worker.info.log, 'utf8')),
      SOON_MS,
      'it says so',
    )
    writeFileSync(join(world.home, 'pending/slow.json'), '{"command":"sleep 60","max_retries":1}')
    assert.is((await settles(world.queue, 'slow', 'dead')).timed_out, true)
  }),
)

test.run()
