/** People move, copy and remove job files while workers run. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  cpuOf,
  eventsOf,
  fileOf,
  isAlive,
  isUp,
  letGo,
  linesOf,
  program,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('moving job files by hand')

/** A job that notices when two runs of it overlap. */
const alone = (world: World, id: string, command: string, more = {}) =>
  add(world, ['sh', program('alone.sh'), id, 'sh', '-c', command], { id, ...more })

const overlaps = (world: World, id: string): string[] => linesOf(join(world.dir, `${id}.overlaps`))

const quick = (world: World): void => configure(world, { poll_interval: 0.2 })

test(
  'rm of a pending job cancels it: it does not run',
  inWorld(async (world) => {
    const { id } = await add(world, 'echo ran >>ran')
    unlinkSync(await fileOf(world.queue, id))
    await runAll(world)
    assert.equal(linesOf(join(world.dir, 'ran')), [])
    assertHomeIntact(world.home)
  }),
)

test(
  "rm of a running job's file ends its run, and the slot is free again",
  inWorld(async (world) => {
    quick(world)
    const { id } = await add(world, untilLetGo('a'))
    await world.startWorker()
    const pid = await isUp(world, 'a')
    unlinkSync(await fileOf(world.queue, id))
    await until(() => !isAlive(pid), SOON_MS, 'its run has ended')
    await add(world, 'true', { id: 'next' })
    await settles(world.queue, 'next')
    assert.equal(eventsOf(world.home).findLast(({ job }) => job === id)?.event, 'removed')
    assert.not.ok(assertHomeIntact(world.home).has(id))
  }),
)

test(
  'mv of a running job back to pending/ ends its run, then it runs again: never two at once',
  inWorld(async (world) => {
    quick(world)
    await alone(world, 'job1', `[ "$QUEUECTL_RUN" -gt 1 ] || ${untilLetGo('a')}`)
    await world.startWorker({ count: 2 })
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    const from = await fileOf(world.queue, 'job1')
    renameSync(from, join(world.home, 'pending', basename(from)))
    const job = await settles(world.queue, 'job1')
    assert.equal(overlaps(world, 'job1'), [])
    assert.equal([job.attempts, linesOf(join(world.dir, 'job1.runs')).length], [1, 2])
    assertHomeIntact(world.home)
  }),
)

test(
  'mv of a running job to pending/, again and again, never makes two runs overlap',
  inWorld(async (world) => {
    quick(world)
    await alone(world, 'job1', '[ -e stop ] || exec sleep 60')
    for (let n = 0; n < 3; n++) await world.startWorker()
    for (let n = 0; n < 15; n++) {
      const from = await until(
        async () => {
          const path = await fileOf(world.queue, 'job1')
          return path.includes('/processing/') && path
        },
        SOON_MS,
        'it is held',
      )
      // Moved by another process in between: it was only just being started.
      if (existsSync(from)) renameSync(from, join(world.home, 'pending', basename(from)))
    }
    writeFileSync(join(world.dir, 'stop'), '')
    const from = await fileOf(world.queue, 'job1')
    if (from.includes('/processing/') && existsSync(from)) renameSync(from, join(world.home, 'pending', basename(from)))
    await settles(world.queue, 'job1')
    assert.equal(overlaps(world, 'job1'), [])
    assertHomeIntact(world.home)
  }),
)

for (const [how, copy] of [
  ['cp', copyFileSync],
  ['ln', linkSync],
] as const)
  test(
    `${how} of a running job back into pending/ goes to corrupt/ and does not disturb its run`,
    inWorld(async (world) => {
      quick(world)
      await alone(world, 'job1', untilLetGo('a'))
      await world.startWorker()
      await world.startWorker()
      await isUp(world, 'a')
      const from = await fileOf(world.queue, 'job1')
      copy(from, join(world.home, 'pending', basename(from)))
      const [corrupt] = await until(
        async () => {
          const found = await world.queue.corrupt()
          return found.length > 0 && found
        },
        SOON_MS,
        'the copy is set aside',
      )
      assert.match(corrupt?.reason ?? '', /copy/)
      letGo(world, 'a')
      const job = await settles(world.queue, 'job1')
      assert.equal([job.runs, overlaps(world, 'job1'), linesOf(join(world.dir, 'job1.runs')).length], [1, [], 1])
      assertHomeIntact(world.home)
    }),
  )

test(
  'cp of a running job to another name in pending/ does not make it run twice at once',
  inWorld(async (world) => {
    quick(world)
    await alone(world, 'job1', untilLetGo('a'))
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    const from = await fileOf(world.queue, 'job1')
    copyFileSync(from, join(world.home, 'pending', basename(from).replace(/^1000/, '0500')))
    copyFileSync(from, join(world.home, 'pending/copy.json'))
    await until(async () => (await world.queue.corrupt()).length === 2, SOON_MS, 'both copies are set aside')
    letGo(world, 'a')
    await settles(world.queue, 'job1')
    assert.equal(overlaps(world, 'job1'), [])
    assertHomeIntact(world.home)
  }),
)

test(
  'a copy of a running job put over a pending name by an editor is not run beside it',
  inWorld(async (world) => {
    quick(world)
    const { id } = await alone(world, 'job1', untilLetGo('a'))
    const pending = await fileOf(world.queue, id)
    const text = readFileSync(pending, 'utf8')
    await world.startWorker()
    await world.startWorker()
    await isUp(world, 'a')
    writeFileSync(pending, text.replace('"priority": 0', '"priority": 0, "tags": ["edited"]'))
    await until(async () => (await world.queue.corrupt()).length === 1, SOON_MS, 'it is set aside')
    letGo(world, 'a')
    await settles(world.queue, id)
    assert.equal(overlaps(world, id), [])
    assertHomeIntact(world.home)
  }),
)

const PLACES = ['pending', 'scheduled', 'processing', 'failed', 'dead', 'done', 'hold'] as const

test(
  'mv of a job between any two state directories leaves no worker spinning and no job run twice at once',
  inWorld(async (world) => {
    quick(world)
    const workers = [await world.startWorker({ count: 3 }), await world.startWorker({ count: 3 })]
    await until(() => workers.every(({ info }) => linesOf(info.log).length > 0), SOON_MS, 'they are up')
    const pairs = PLACES.flatMap((from) => PLACES.filter((to) => to !== from).map((to) => [from, to] as const))
    const directory = (place: string): string => join(world.home, place)
    const held = join(world.home, 'hold')
    for (const [from, to] of pairs) {
      const id = `${from}-${to}`
      const { path } = await (async () => {
        // Made where no worker looks, then put where it is to be moved from.
        const job = await alone(world, id, 'exec sleep 0.2', { run_at: new Date(Date.now() + 3_600_000).toISOString() })
        const first = await fileOf(world.queue, job.id)
        const aside = join(held, basename(first))
        renameSync(first, aside)
        return { path: aside }
      })()
      const there = from === 'hold' ? path : join(directory(from), basename(path))
      if (from !== 'hold') renameSync(path, there)
      // Perhaps a worker was faster, which is its right.
      const now = existsSync(there) ? there : await fileOf(world.queue, id)
      try {
        renameSync(now, join(directory(to), basename(now)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    const waiting = ['scheduled', 'failed', 'hold', 'dead', 'done'].map(directory)
    await until(
      async () => {
        const { pending, scheduled, processing } = await world.queue.count()
        return pending - scheduled + processing === 0
      },
      SOON_MS,
      async () => JSON.stringify(await world.queue.count()),
    )
    const before = workers.map(({ pid }) => cpuOf(pid))
    const second = Date.now() + 1000
    await until(() => Date.now() > second, SOON_MS, 'a second has passed')
    for (const [n, { pid }] of workers.entries())
      assert.ok(cpuOf(pid) - (before[n] ?? 0) < 400, `${cpuOf(pid) - (before[n] ?? 0)} ms`)
    for (const [from, to] of pairs) assert.equal(overlaps(world, `${from}-${to}`), [])
    assert.ok(waiting.every((dir) => existsSync(dir)))
    for (const worker of workers) worker.kill()
    for (const worker of workers) assert.is((await worker.ended).code, 0)
  }),
)

for (const to of PLACES.filter((place) => place !== 'processing'))
  test(
    `mv of a running job to ${to}/ ends its run`,
    inWorld(async (world) => {
      quick(world)
      await alone(world, 'job1', `[ "$QUEUECTL_RUN" -gt 1 ] || ${untilLetGo('a')}`, { max_retries: 1 })
      const worker = await world.startWorker()
      const pid = await isUp(world, 'a')
      const from = await fileOf(world.queue, 'job1')
      renameSync(from, join(world.home, to, basename(from)))
      await until(() => !isAlive(pid), SOON_MS, 'its run has ended')
      await add(world, 'true', { id: 'next' })
      await settles(world.queue, 'next')
      worker.kill()
      await worker.ended
      assert.equal(overlaps(world, 'job1'), [])
      const state = {
        pending: 'completed',
        scheduled: 'completed',
        failed: 'completed',
        dead: 'dead',
        done: 'completed',
        hold: 'held',
      }[to]
      assert.is((await world.queue.get('job1')).state, state)
    }),
  )

test(
  'a job moved into the directory of a living worker runs',
  inWorld(async (world) => {
    quick(world)
    const worker = await world.startWorker()
    const { id } = await add(world, 'true', { run_at: new Date(Date.now() + 3_600_000).toISOString() })
    const from = await fileOf(world.queue, id)
    renameSync(from, join(world.home, 'processing', worker.info.name, basename(from)))
    await settles(world.queue, id)
  }),
)

test(
  'rm -rf of the home under a running worker ends it, with a sentence, and brings nothing back',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    rmSync(world.home, { recursive: true })
    const ran = await worker.ended
    assert.match(ran.stderr, /home .* was removed: stopping/)
    assert.not.ok(isAlive(pid))
    assert.not.ok(existsSync(world.home))
  }),
)

test(
  'rm -rf of a large home, which takes its time, ends its worker too',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await until(() => linesOf(worker.info.log).length > 0, SOON_MS, 'it is up')
    for (let n = 0; n < 1500; n++) {
      mkdirSync(join(world.home, `logs/job${n}`))
      writeFileSync(join(world.home, `logs/job${n}/1.out`), '')
    }
    await world.queue.enqueueAll(
      Array.from({ length: 200 }, () => ({ command: 'true', run_at: new Date(Date.now() + 3_600_000).toISOString() })),
    )
    // The worker may create a file while rm empties its directory: rm then fails, at most once.
    if (spawnSync('rm', ['-rf', world.home]).status !== 0) execFileSync('rm', ['-rf', world.home])
    const ran = await worker.ended
    assert.match(ran.stderr, /home .* was removed: stopping/)
    assert.not.ok(existsSync(world.home))
  }),
)

test(
  'a worker whose directory is removed ends its runs, joins again and goes on',
  inWorld(async (world) => {
    quick(world)
    const { id } = await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    rmSync(join(world.home, 'processing', worker.info.name), { recursive: true })
    await until(() => !isAlive(pid), SOON_MS, 'its run has ended')
    for (const next of ['next', 'after']) {
      await add(world, 'true', { id: next })
      await settles(world.queue, next)
    }
    const workers = await world.queue.workers()
    assert.equal(
      workers.map((one) => [one.pid, one.life]),
      [[worker.pid, 'alive']],
    )
    assert.is.not(workers[0]?.name, worker.info.name)
    assert.not.ok(assertHomeIntact(world.home).has(id))
    worker.kill()
    assert.is((await worker.ended).code, 0)
    assert.equal(readdirSync(join(world.home, 'processing')), [])
  }),
)

test(
  'processing/ removed as a whole: the worker joins again',
  inWorld(async (world) => {
    quick(world)
    const worker = await world.startWorker()
    await until(() => /started/.test(worker.stderr), SOON_MS, 'it is up')
    rmSync(join(world.home, 'processing'), { recursive: true })
    await add(world, 'true', { id: 'next' })
    await settles(world.queue, 'next')
  }),
)

test(
  "a worker's directory moved elsewhere in processing/ is a dead one's: nothing in it stays there, nothing runs twice at once",
  inWorld(async (world) => {
    quick(world)
    await alone(world, 'job1', `[ "$QUEUECTL_RUN" -gt 1 ] || ${untilLetGo('a')}`)
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    renameSync(join(world.home, 'processing', worker.info.name), join(world.home, 'processing/worker-9-moved'))
    await until(() => !isAlive(pid), SOON_MS, 'its run has ended')
    await until(() => !existsSync(join(world.home, 'processing/worker-9-moved')), SOON_MS, 'it is cleared away')
    await add(world, 'true', { id: 'next' })
    await settles(world.queue, 'next')
    assert.equal(overlaps(world, 'job1'), [])
    assertHomeIntact(world.home)
  }),
)

const NAME = '1000-20260101T000000.000000Z-job1.json'

for (const [what, text, reason] of [
  ['broken JSON', '{"command":"echo ran >>ran",}', /JSON/],
  ['no command', '{"priority":3}', /command/],
  ['an array', '[]', /object/],
] as const)
  test(
    `a file with a name of ours and ${what} goes to corrupt/ with a reason, its bytes untouched`,
    inWorld(async (world) => {
      await world.startWorker()
      writeFileSync(join(world.home, 'pending', NAME), text)
      const [corrupt] = await until(
        async () => {
          const found = await world.queue.corrupt()
          return found.length > 0 && found
        },
        SOON_MS,
        'it is set aside',
      )
      assert.match(corrupt?.reason ?? '', reason)
      assert.is(readFileSync(corrupt?.file ?? '', 'utf8'), text)
      await add(world, 'true', { id: 'next' })
      await settles(world.queue, 'next')
      assertHomeIntact(world.home)
    }),
  )

for (const [what, put] of [
  ['a directory', (path: string) => mkdirSync(path)],
  ['a FIFO', (path: string) => execFileSync('mkfifo', [path])],
  ['a symbolic link to a device', (path: string) => symlinkSync('/dev/zero', path)],
  ['a dangling symbolic link', (path: string) => symlinkSync('/nowhere/at/all', path)],
  ['a file of 100 MB', (path: string) => truncateSync(path, 100_000_000)],
] as const)
  test(
    `${what} with a name of ours in pending/ does not stop the queue`,
    inWorld(async (world) => {
      quick(world)
      await world.startWorker()
      const path = join(world.home, 'pending', NAME)
      if (what === 'a file of 100 MB') writeFileSync(path, '')
      put(path)
      for (const id of ['next', 'after']) {
        await add(world, 'true', { id })
        await settles(world.queue, id)
      }
      await until(() => !readdirSync(join(world.home, 'pending')).includes(NAME), SOON_MS, 'it is out of the way')
    }),
  )

test.run()
