/** Lists and counts: what is on them, in which order, while jobs move too. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { racer } from '../../fixtures/race.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { type Queue, SORTS } from '../../lib/queue.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { moveByHand } from '../../fixtures/spool-home.ts'
import { type State, STATES } from '../../lib/job/state.ts'
import { findExact } from '../../lib/spool/lookup.ts'

const test = suite('listing and counting jobs')

const ids = async ({ queue }: World, ...args: Parameters<Queue['list']>): Promise<string[]> =>
  (await queue.list(...args)).map(({ id }) => id)

/** One job in each state, called after it. */
async function oneOfEach(world: World): Promise<void> {
  const places: Record<State, string> = {
    pending: 'pending',
    scheduled: 'scheduled',
    waiting: 'waiting/other',
    processing: 'processing/worker-1-abcdef',
    failed: 'failed',
    held: 'hold',
    dead: 'dead',
    completed: 'done/2026-11-22',
  }
  for (const state of STATES) {
    await world.queue.enqueue({ command: 'true', id: state })
    if (state !== 'pending') moveByHand(world, state, places[state])
  }
}

test(
  'an empty queue lists nothing and counts zero',
  inWorld(async ({ queue }) => {
    assert.equal(await queue.list(), [])
    assert.ok(Object.values(await queue.count()).every((count) => count === 0))
  }),
)

test(
  'a list has every state, and each only itself when asked',
  inWorld(async (world) => {
    await oneOfEach(world)
    assert.equal((await ids(world)).toSorted(), [...STATES].toSorted())
    for (const state of STATES) assert.equal(await ids(world, { states: [state] }), [state])
    assert.equal((await ids(world, { states: ['dead', 'failed'] })).toSorted(), ['dead', 'failed'])
    assert.equal(await ids(world, { states: [] }), [])
  }),
)

test(
  'a count has every state, pending with what is scheduled or waits for others',
  inWorld(async (world) => {
    await oneOfEach(world)
    const { pending, corrupt, ...others } = await world.queue.count()
    assert.equal([pending, corrupt], [3, 0])
    assert.ok(Object.values(others).every((count) => count === 1))
  }),
)

test(
  'a list is filtered by queue and by tag',
  inWorld(async (world) => {
    const { queue } = world
    await queue.enqueue({ command: 'true', id: 'a', queue: 'mail', tags: ['x', 'y'] })
    await queue.enqueue({ command: 'true', id: 'b', queue: 'mail' })
    await queue.enqueue({ command: 'true', id: 'c', tags: ['y'] })
    assert.equal(await ids(world, { queue: 'mail' }), ['a', 'b'])
    assert.equal(await ids(world, { queue: 'default' }), ['c'])
    assert.equal(await ids(world, { tag: 'y' }), ['a', 'c'])
    assert.equal(await ids(world, { tag: 'y', queue: 'mail' }), ['a'])
    assert.equal(await ids(world, { tag: 'z' }), [])
  }),
)

for (const [sort, expected] of [
  ['order', ['high', 'old', 'new', 'low']],
  ['priority', ['high', 'old', 'new', 'low']],
  ['id', ['high', 'low', 'new', 'old']],
  ['created', ['old', 'low', 'new', 'high']],
] as const)
  test(
    `a list by ${sort} is ${expected.join(', ')}, and a limit keeps the first ones`,
    inWorld(async (world) => {
      for (const [id, priority] of [
        ['old', 0],
        ['low', -5],
        ['new', 0],
        ['high', 5],
      ] as const)
        await world.queue.enqueue({ command: 'true', id, priority })
      // Jobs of one millisecond have no order by `created_at`, which knows no finer one.
      const isExact = sort !== 'created'
      const listed = await ids(world, {}, { sort })
      if (isExact) assert.equal(listed, expected)
      assert.equal(await ids(world, {}, { sort, limit: 2 }), listed.slice(0, 2))
      assert.equal(await ids(world, {}, { sort, limit: 0 }), [])
    }),
  )

test(
  'a list by creation and by change is oldest first',
  inWorld(async (world) => {
    for (const [id, day] of [
      ['b', 2],
      ['a', 1],
      ['c', 3],
    ] as const) {
      await world.queue.enqueue({ command: 'true', id })
      const path = findExact(openHome(world.home), id)?.path ?? ''
      const job = JSON.parse(readFileSync(path, 'utf8')) as object
      const at = { created_at: `2026-11-0${day}T00:00:00.000Z`, updated_at: `2026-11-0${9 - day}T00:00:00.000Z` }
      writeFileSync(path, JSON.stringify({ ...job, ...at }))
    }
    assert.equal(await ids(world, {}, { sort: 'created' }), ['a', 'b', 'c'])
    assert.equal(await ids(world, {}, { sort: 'updated' }), ['c', 'b', 'a'])
  }),
)

test(
  'what is finished is listed newest first, what waits in the order it runs',
  inWorld(async (world) => {
    for (const id of ['a', 'b', 'c', 'd']) await world.queue.enqueue({ command: 'true', id })
    for (const id of ['a', 'b']) await world.queue.cancel(id)
    assert.equal(await ids(world), ['c', 'd', 'b', 'a'])
  }),
)

test(
  'every sort lists every job, a file that cannot be read among them, with the reason',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'good' })
    await world.queue.enqueue({ command: 'true', id: 'bad' })
    const path = moveByHand(world, 'bad', 'hold')
    writeFileSync(path, '{"command":')
    for (const sort of SORTS) {
      const listed = await world.queue.list({}, { sort })
      assert.equal(listed.map(({ id }) => id).toSorted(), ['bad', 'good'], sort)
      const bad = listed.find(({ id }) => id === 'bad')
      assert.equal([bad?.state, bad?.path, bad?.job], ['held', path, undefined])
      assert.match(bad?.unreadable ?? '', /JSON/)
    }
  }),
)

test(
  'a dropped file is listed beside a job that has the id of its stem',
  inWorld(async (world) => {
    await world.queue.enqueue({ command: 'true', id: 'report' })
    moveByHand(world, 'report', 'done/2026-11-22')
    writeFileSync(join(world.home, 'pending/report.json'), '{"command":"false"}')
    assert.is((await world.queue.list()).length, 2)
    assert.is((await world.queue.count()).pending, 1)
  }),
)

test(
  'a job that moves on while the list is read is on the list all the same',
  inWorld(async (world) => {
    await world.queue.enqueueAll(Array.from({ length: 300 }, () => ({ command: 'true' })))
    const workers = await Promise.all([1, 2].map(() => racer(world.home, 'claimAll', null)))
    const claimed = workers.map((one) => one.go())
    for (let left = 300; left > 0; left = (await world.queue.count()).pending)
      assert.is((await world.queue.list()).length, 300, `${left} were pending`)
    assert.is((await Promise.all(claimed)).flat().length, 300)
    await Promise.all(workers.map((one) => one.end()))
  }),
)

test(
  'the newest are those enqueued last, whatever runs first, in the order they run',
  inWorld(async ({ queue }) => {
    for (const [id, priority] of Object.entries({ a: 0, b: 5, c: 9, d: 0 }))
      await queue.enqueue({ id, command: 'true', priority })
    const { jobs, more } = await queue.newest({}, 3)
    assert.equal([jobs.map(({ id }) => id), more], [['c', 'b', 'd'], 1])
  }),
)

test(
  'of the newest with a tag it is known how many more there are',
  inWorld(async ({ queue }) => {
    await queue.enqueueAll(
      Array.from({ length: 6 }, (_, i) => ({ command: 'true', tags: i % 2 === 0 ? ['even'] : [] })),
    )
    const { jobs, more } = await queue.newest({ tag: 'even' }, 2)
    assert.equal([jobs.length, more], [2, 1])
  }),
)

test.run()
