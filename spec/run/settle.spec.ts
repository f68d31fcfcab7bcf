/** Settling: which state a job goes to when something else moves it, or files are removed. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, NOON } from '../../fixtures/job.ts'
import { race } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { putBack, settleMove, stampHeld } from '../../lib/spool/transitions.ts'
import { namesIn, put, claimFile, spoolHome } from '../../fixtures/spool-home.ts'
import type { State } from '../../lib/job/state.ts'

const test = suite('settling a job')

for (const [state, place, due] of [
  ['failed', 'failed', '20261122T101500.000000Z'],
  ['dead', 'dead', '20261122T101500.000000Z'],
  ['completed', 'done/2026-11-22', '20261122T101500.000000Z'],
] as const)
  test(
    `a job that settles as ${state} comes to lie in ${place}/ under the time it was given`,
    inWorld(async (world) => {
      const here = spoolHome(world)
      const held = claimFile(here, put(here.home, 'pending', { queue: 'mail', priority: 3 }, NOON - 5000))
      const job = aJob({ queue: 'mail', priority: 3, state })
      assert.ok(await stampHeld(held, job))
      assert.is(settleMove(here.home, held, job, state, NOON), true)
      assert.equal(namesIn(here.home, place), [`0997-${due}-job1@mail.json`])
      assert.is(assertHomeIntact(world.home).get('job1'), state)
    }),
  )

test(
  'a job that is given back stands in line where it stood',
  inWorld((world) => {
    const here = spoolHome(world)
    const fileName = put(here.home, 'pending', {}, NOON - 5000)
    assert.is(settleMove(here.home, claimFile(here, fileName), aJob(), 'pending', NOON), true)
    assert.equal(namesIn(here.home, 'pending'), [fileName])
    assert.is(putBack(here.home, claimFile(here, fileName)), true)
    assert.equal(namesIn(here.home, 'pending'), [fileName])
  }),
)

test(
  'a job completed a millisecond before midnight in UTC lies in that day, and the next in the next',
  inWorld((world) => {
    const here = spoolHome(world)
    const midnight = Date.UTC(2026, 10, 23)
    for (const [id, at] of [
      ['early', midnight - 1],
      ['late', midnight],
    ] as const)
      assert.ok(
        settleMove(here.home, claimFile(here, put(here.home, 'pending', { id })), aJob({ id }), 'completed', at),
      )
    assert.equal(namesIn(here.home, 'done'), ['2026-11-22', '2026-11-23'])
    assert.match(namesIn(here.home, 'done/2026-11-23').join(), /-late\.json$/)
  }),
)

test(
  'a job that was taken away does not settle, and nothing is made for it',
  inWorld((world) => {
    const here = spoolHome(world)
    const held = claimFile(here, put(here.home, 'pending'))
    rmSync(held.path)
    for (const state of ['completed', 'failed', 'dead', 'pending'] as State[])
      assert.is(settleMove(here.home, held, aJob(), state, NOON), false)
    for (const place of ['done', 'failed', 'dead', 'pending']) assert.equal(namesIn(here.home, place), [])
  }),
)

test(
  'a worker whose directory was taken over can neither stamp nor settle',
  inWorld(async (world) => {
    const here = spoolHome(world)
    const held = claimFile(here, put(here.home, 'pending'))
    const before = readFileSync(held.path, 'utf8')
    renameSync(here.holder.dir, join(here.home.processing, 'rescue-1-abcdef'))
    assert.is(await stampHeld(held, aJob({ attempts: 9 })), false)
    assert.is(settleMove(here.home, held, aJob(), 'completed', NOON), false)
    assert.is(readFileSync(join(here.home.processing, 'rescue-1-abcdef', held.fileName), 'utf8'), before)
    assert.is(assertHomeIntact(world.home).get('job1'), 'processing')
  }),
)

test(
  'of many processes that complete the first job of a day none loses its own',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const days = Array.from({ length: 60 }, (_, n) => NOON + n * 86_400_000)
    const given = [1, 2, 3, 4].map((who) =>
      days.map((at, n) => ({ fileName: put(home, 'pending', { id: `j${who}-${n}` }), at })),
    )
    const settled = await race(world.home, 'complete', given)
    assert.is(settled.flat().filter((isDone) => !isDone).length, 0)
    assert.is([...assertHomeIntact(world.home).values()].filter((state) => state === 'completed').length, 240)
    assert.is(namesIn(home, 'done').length, 60)
  }),
)

for (const state of ['completed', 'failed', 'dead', 'pending'] as const)
  test(
    `a job settles as ${state} though the directory for it was removed`,
    inWorld((world) => {
      const here = spoolHome(world)
      const held = claimFile(here, put(here.home, 'pending'))
      for (const place of ['done', 'failed', 'dead', 'pending']) rmSync(join(world.home, place), { recursive: true })
      assert.is(settleMove(here.home, held, aJob(), state, NOON), true)
      openHome(world.home)
      assert.is(assertHomeIntact(world.home).get('job1'), state)
    }),
  )

test(
  'a home that was removed is not brought back by a settling job',
  inWorld((world) => {
    const here = spoolHome(world)
    const held = claimFile(here, put(here.home, 'pending'))
    rmSync(world.home, { recursive: true })
    for (const state of ['completed', 'failed', 'dead', 'pending'] as const)
      assert.is(settleMove(here.home, held, aJob(), state, NOON), false)
    assert.not(existsSync(world.home))
  }),
)

test.run()
