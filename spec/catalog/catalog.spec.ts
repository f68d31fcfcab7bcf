import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, letGo, runAll, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { seedHome } from '../../fixtures/seed-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { CatalogChange, Live } from '../../lib/queue.ts'

const test = suite('catalog of a home')

const MANY = rounds(1500, 5000)
const PAGE = { sort: 'order', isReverse: false, limit: 50, after: undefined } as const

const inCatalog = (
  body: (live: Live, world: World, changes: CatalogChange[]) => Promise<void>,
  before?: (world: World) => Promise<unknown>,
) =>
  inWorld(async (world) => {
    await before?.(world)
    const live = await world.queue.live()
    const changes: CatalogChange[] = []
    live.listen((one) => changes.push(one))
    try {
      await body(live, world, changes)
    } finally {
      live.close()
    }
  })

/** What the catalog counts, and what the directories contain. */
const isRight = (live: Live, { queue }: World): Promise<unknown> =>
  until(
    async () => JSON.stringify((await live.upToDate()).counts()) === JSON.stringify(await queue.count()),
    5000,
    () => `the counts are right: ${JSON.stringify(live.counts())}`,
  )

test(
  'it counts what lies there when it is opened',
  inCatalog(
    async (live, world) => {
      assert.equal(live.counts(), await world.queue.count())
      assert.is(live.counts().completed, 1)
    },
    async (world) => {
      await add(world, 'true', { id: 'a' })
      await runAll(world)
      await add(world, 'true', { id: 'b', run_at: '2999-01-01' })
      writeFileSync(join(world.home, 'pending', 'drop.json'), '{"command":"true"}')
    },
  ),
)

test(
  'it follows jobs through a worker to their end',
  inCatalog(async (live, world) => {
    for (let n = 0; n < 20; n++) await add(world, n % 3 === 0 ? 'exit 1' : 'true', { id: `j${n}`, max_retries: 1 })
    await runAll(world, 4)
    await isRight(live, world)
    assert.equal([live.counts().completed, live.counts().dead], [13, 7])
    assert.is((await live.find('j1'))?.state, 'completed')
  }),
)

test(
  'it notices files that are moved, edited, copied and removed by hand',
  inCatalog(async (live, world, changes) => {
    await add(world, 'true', { id: 'a' })
    const path = await fileOf(world.queue, 'a')
    const held = join(world.home, 'hold', basename(path))
    renameSync(path, held)
    assert.is((await live.find('a'))?.state, 'held')
    writeFileSync(held, '{"command":"echo searched for"}')
    await until(async () => (await live.page({ text: 'searched' }, PAGE)).total === 1, 5000, 'the new command is found')
    rmSync(held)
    await until(() => changes.some(({ removed }) => removed.has('a')), 5000, 'it is gone')
    assert.is(await live.find('a'), undefined)
    await isRight(live, world)
  }),
)

test(
  'a job that lies in two places is one job, and the other one when that is removed',
  inCatalog(async (live, world) => {
    await add(world, 'true', { id: 'a' })
    const path = await fileOf(world.queue, 'a')
    const copy = join(world.home, 'hold', basename(path))
    writeFileSync(copy, '{"command":"true"}')
    await until(async () => (await live.find('a'))?.state === 'held', 5000, 'the later one is seen')
    assert.is((await live.page({}, PAGE)).total, 1)
    rmSync(copy)
    await until(async () => (await live.find('a'))?.state === 'pending', 5000, 'the first one is')
    assert.is((await live.page({}, PAGE)).total, 1)
  }),
)

test(
  'a job that an operator has in hand is not believed to be gone',
  inCatalog(async (live, world, changes) => {
    await add(world, 'true', { id: 'a' })
    const path = await fileOf(world.queue, 'a')
    const hand = join(world.home, 'processing', 'operator-1-abc', 'pending')
    mkdirSync(hand, { recursive: true })
    renameSync(path, join(hand, basename(path)))
    await until(async () => dirname((await live.find('a'))?.path ?? '') === hand, 5000, 'it is seen in hand')
    assert.is((await live.find('a'))?.state, 'pending')
    renameSync(join(hand, basename(path)), path)
    rmSync(dirname(hand), { recursive: true })
    await until(async () => (await live.find('a'))?.path === path, 5000, 'it is back')
    assert.is(
      changes.some(({ removed }) => removed.size > 0),
      false,
    )
  }),
)

test(
  'the jobs of a worker that is killed stay known while another takes them over',
  inCatalog(async (live, world, changes) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const first = await world.startWorker()
    await isUp(world, 'a')
    first.kill('SIGKILL')
    await first.ended
    const second = await world.startWorker()
    await until(async () => (await live.find('a'))?.path.includes(second.info.name), 10_000, 'the other one has it')
    letGo(world, 'a')
    await settles(world.queue, 'a')
    await until(async () => (await live.find('a'))?.state === 'completed', 5000, 'it is over')
    assert.is(
      changes.some(({ removed }) => removed.has('a')),
      false,
    )
    second.kill()
    await second.ended
  }),
)

test(
  'a day of completed jobs that begins, or is removed, is seen',
  inCatalog(async (live, world) => {
    await add(world, 'true', { id: 'a' })
    const path = await fileOf(world.queue, 'a')
    const day = join(world.home, 'done', '2031-01-01')
    mkdirSync(day)
    renameSync(path, join(day, basename(path)))
    await until(async () => (await live.upToDate()).counts().completed === 1, 5000, 'it is counted')
    rmSync(day, { recursive: true })
    await until(async () => (await live.upToDate()).counts().completed === 0, 5000, 'it is gone')
    await isRight(live, world)
  }),
)

test(
  'a home with very many jobs is opened, searched and sorted without reading more than is asked for',
  inCatalog(
    async (live, world) => {
      const { total, items, isExact } = await live.page({}, PAGE)
      assert.equal([total, items.length, isExact], [MANY, 50, true])
      await until(async () => (await live.page({ tag: 'nightly' }, PAGE)).isExact, 20_000, 'all were read')
      assert.is((await live.page({ tag: 'nightly' }, PAGE)).total, MANY / 10)
      assert.is((await live.page({ text: `item-${MANY - 1}` }, PAGE)).total, 1)
      const listed = await world.queue.list({}, { sort: 'order', limit: 50 })
      assert.equal(
        items.map(({ id }) => id),
        listed.map(({ id }) => id),
      )
      assert.is(
        (await live.deadGroups({})).reduce((sum, { count }) => sum + count, 0),
        MANY / 5,
      )
    },
    async ({ home }) => seedHome(home, { count: MANY, now: Date.now() }),
  ),
)

test(
  'a flood of moves is known soon after',
  inCatalog(
    async (live, world) => {
      const [pending, hold] = [join(world.home, 'pending'), join(world.home, 'hold')]
      for (const name of readdirSync(pending)) renameSync(join(pending, name), join(hold, name))
      await isRight(live, world)
      assert.is(live.counts().pending - live.counts().scheduled, 0)
    },
    async ({ home }) => seedHome(home, { count: rounds(2000, 6500), now: Date.now() }),
  ),
)

test(
  'changes that no event reported are found by the rescan',
  inWorld(async (world) => {
    const live = await world.queue.live({ isPolling: true })
    assert.is(live.watched, 0)
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', run_at: '2999-01-01' })
    await runAll(world)
    await until(async () => (await live.find('a'))?.state === 'completed', 10_000, 'a is known')
    await isRight(live, world)
    live.close()
  }),
)

test(
  'a directory that was removed and made again is listened to again',
  inCatalog(async (live, world) => {
    await add(world, 'true', { id: 'a' })
    const [path, hold] = [await fileOf(world.queue, 'a'), join(world.home, 'hold')]
    rmSync(hold, { recursive: true })
    mkdirSync(hold)
    renameSync(path, join(hold, basename(path)))
    await until(async () => (await live.find('a'))?.state === 'held', 20_000, 'it is found')
    renameSync(join(hold, basename(path)), path)
    await isRight(live, world)
  }),
)

test(
  'it leaves no watch behind for holders that are gone',
  inCatalog(async (live, world) => {
    await add(world, 'true', { id: 'a' })
    for (let i = 0; i < 10; i++) {
      await world.queue.cancel('a')
      await world.queue.retry('a')
    }
    await until(
      async () => (await live.upToDate()).watched < 25,
      5000,
      () => live.watched,
    )
    assert.equal(readdirSync(join(world.home, 'processing')), [])
    assert.ok(existsSync(await fileOf(world.queue, 'a')))
    const now = new Date()
    utimesSync(await fileOf(world.queue, 'a'), now, now)
    await isRight(live, world)
  }),
)

test.run()
