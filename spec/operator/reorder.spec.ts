/** Hold, release, priority, move and top. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import type { JobRequest } from '../../lib/job/job.ts'

const test = suite('holding, releasing and reordering jobs')

const order = async ({ queue }: World): Promise<string[]> =>
  (await queue.list({ states: ['pending'] })).map(({ id }) => id)

const refusal = (code: string, act: Promise<unknown>): Promise<void> =>
  act.then(
    () => assert.unreachable(`it was not refused with ${code}`),
    (error: unknown) => assert.is(error instanceof QueueError ? error.code : error, code),
  )

test(
  'a held job is not run, and runs at its place in line when it is released',
  inWorld(async (world) => {
    const { queue } = world
    for (const id of ['a', 'b', 'c']) await queue.enqueue({ id, command: 'true' })
    await queue.hold('b')
    assert.equal(await order(world), ['a', 'c'])
    await queue.release('b')
    assert.equal(await order(world), ['a', 'b', 'c'])
    assertHomeIntact(world.home)
  }),
)

test(
  'a job that was held by mv is released, and one that was held is released by mv',
  inWorld(async (world) => {
    const { queue, home } = world
    await queue.enqueue({ id: 'a', command: 'true' })
    const path = async (): Promise<string> => (await queue.list())[0]?.path ?? ''
    const mv = async (to: string): Promise<void> => {
      const from = await path()
      renameSync(from, join(home, to, basename(from)))
    }
    await mv('hold')
    assert.is((await queue.get('a')).state, 'held')
    await queue.release('a')
    assert.is((await queue.get('a')).state, 'pending')
    await queue.hold('a')
    await mv('pending')
    assert.is((await queue.get('a')).state, 'pending')
    assertHomeIntact(home)
  }),
)

const LATER = '2099-01-01T00:00:00.000Z'
const waiting: readonly (readonly [string, string, JobRequest])[] = [
  ['a job that waits for its first run', 'scheduled', { command: 'true', run_at: LATER }],
  ['a job that waits for another attempt', 'failed', { command: 'false', max_backoff: 3600, backoff_base: 1000 }],
]
for (const [what, state, request] of waiting)
  test(
    `${what} goes on waiting when it is released`,
    inWorld(async ({ cli, queue, home }) => {
      const { id } = await queue.enqueue(request)
      if (state === 'failed') {
        await queue.enqueue({ id: 'wait', command: 'true' })
        const worker = cli(['worker', 'start', '--foreground', '--burst'])
        // A burst worker waits for what is failed: it is held under its hands.
        await until(async () => (await queue.get(id)).state === 'failed', 10_000, 'it has failed')
        await queue.hold(id)
        await worker
      } else await queue.hold(id)
      const before = (await queue.list({ states: ['held'] }))[0]?.path ?? ''
      await queue.release(id)
      const [after] = await queue.list()
      assert.is((await queue.get(id)).state, state)
      assert.is(basename(before), basename((await queue.list({ states: ['scheduled', 'failed'] }))[0]?.path ?? ''))
      assert.ok(after)
      assertHomeIntact(home)
    }),
  )

test(
  'top puts a job before all others, whatever their priority, and keeps an order that was asked for',
  inWorld(async (world) => {
    for (const [id, priority] of [
      ['a', 5],
      ['b', 0],
      ['c', 999],
      ['d', -3],
    ] as const)
      await world.queue.enqueue({ id, command: 'true', priority })
    const { code } = await world.cli(['top', 'd', 'b'])
    assert.is(code, 0)
    assert.equal(await order(world), ['d', 'b', 'c', 'a'])
    assertHomeIntact(world.home)
  }),
)

test(
  'top lets a job that is scheduled run now',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'a', command: 'true', run_at: LATER })
    await world.queue.enqueue({ id: 'b', command: 'true' })
    await world.queue.top('a')
    assert.equal(await order(world), ['a', 'b'])
    assertHomeIntact(world.home)
  }),
)

test(
  'another priority or queue is in the name, and shown as such',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    await queue.prioritize('a', 10)
    await queue.move('a', 'mail')
    const { priority, queue: of } = await queue.get('a')
    assert.equal([priority, of], [10, 'mail'])
    assert.match(readdirSync(join(home, 'pending')).join(), /^0990-.*-a@mail\.json$/)
    assertHomeIntact(home)
  }),
)

test(
  'a job that runs, is completed or was not taken in yet cannot be arranged',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    mkdirSync(join(home, 'done', '2026-11-22'))
    const [path = ''] = (await queue.list()).map((one) => one.path)
    renameSync(path, join(home, 'done', '2026-11-22', basename(path)))
    writeFileSync(join(home, 'pending', 'dropped.json'), '{"command":"true"}')
    await refusal('WRONG_STATE', queue.hold('a'))
    await refusal('WRONG_STATE', queue.prioritize('a', 1))
    await refusal('WRONG_STATE', queue.top('dropped'))
    await refusal('WRONG_STATE', queue.release('dropped'))
    await refusal('USAGE', queue.prioritize('dropped', 1000))
    await refusal('USAGE', queue.move('dropped', 'a/b'))
  }),
)

test(
  'a dropped file that was not taken in yet may be held and released',
  inWorld(async ({ queue, home }) => {
    writeFileSync(join(home, 'pending', 'dropped.json'), '{"command":"true"}')
    await queue.hold('dropped')
    assert.ok(existsSync(join(home, 'hold', 'dropped.json')))
    await queue.release('dropped')
    assert.ok(existsSync(join(home, 'pending', 'dropped.json')))
  }),
)

test(
  'a held job that cannot be read is not released to be set aside',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const { path } = await queue.hold('a')
    writeFileSync(path, '{"command":')
    await refusal('FAILED', queue.release('a'))
    assert.is((await queue.list())[0]?.state, 'held')
    assert.ok(existsSync(path), home)
  }),
)

test(
  'nothing is moved over a copy that lies there',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const [path = ''] = (await queue.list()).map((one) => one.path)
    writeFileSync(join(home, 'hold', basename(path)), '{"command":"other"}')
    // What is seen last counts: the copy.
    await refusal('FAILED', queue.release('a'))
    assert.is(readdirSync(join(home, 'hold')).length, 1)
  }),
)

test.run()
