import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import type { QueueError } from '../../lib/errors.ts'
import { foldDays, readMetrics } from '../../lib/journal/totals.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('totals of the journal')

const DAY = 86_400

/** A day's file with a completed run for each duration. */
function tellDay(home: string, day: string, durations: readonly number[]): void {
  mkdirSync(join(home, 'journal'), { recursive: true })
  const lines = durations.map((ms) =>
    JSON.stringify({ at: `${day}T10:00:00.000Z`, event: 'completed', job: 'a', run: 1, duration_ms: ms }),
  )
  writeFileSync(join(home, 'journal', `${day}.ndjson`), `${lines.join('\n')}\n`)
}

const OLD = '2026-10-01'
const OLDER = '2026-09-30'
const NEW = '2026-11-21'
const dayFile = (home: string, day: string): string => join(home, 'journal', `${day}.ndjson`)
const ALL = Array.from({ length: 1000 }, (_, i) => i + 1)

test(
  'a folded day is gone, and counts, average and total are what they were',
  inWorld(async ({ home }) => {
    const opened = openHome(home)
    tellDay(home, OLD, ALL)
    tellDay(home, NEW, [5000])
    const before = await readMetrics(opened, 0)
    assert.equal(await foldDays(opened, 30 * DAY, NOON), [OLD])
    assert.not.ok(existsSync(dayFile(home, OLD)))
    const after = await readMetrics(opened, 0)
    assert.equal(after.events, before.events)
    assert.is(after.duration_ms.count, 1001)
    assert.is(after.duration_ms.total, before.duration_ms.total)
    assert.is(after.duration_ms.average, before.duration_ms.average)
  }),
)

test(
  'percentiles of folded days are right to within a percent',
  inWorld(async ({ home }) => {
    const opened = openHome(home)
    tellDay(home, OLD, ALL)
    await foldDays(opened, 30 * DAY, NOON)
    const { p50, p95 } = (await readMetrics(opened, 0)).duration_ms
    assert.ok(Math.abs((p50 ?? 0) - 500) <= 5, `p50 ${p50}`)
    assert.ok(Math.abs((p95 ?? 0) - 950) <= 9.5, `p95 ${p95}`)
  }),
)

test(
  'what is not older stays as it is',
  inWorld(async ({ home }) => {
    tellDay(home, NEW, [1])
    assert.equal(await foldDays(openHome(home), 30 * DAY, NOON), [])
    assert.ok(existsSync(dayFile(home, NEW)))
  }),
)

test(
  'the last two days are never folded, as events may still be recorded in them',
  inWorld(async ({ home }) => {
    tellDay(home, NEW, [1])
    assert.equal(await foldDays(openHome(home), 0, NOON), [])
  }),
)

test(
  'a day that was counted before a crash, and not removed, is counted once',
  inWorld(async ({ home }) => {
    const opened = openHome(home)
    tellDay(home, OLD, ALL)
    const text = readFileSync(dayFile(home, OLD))
    await foldDays(opened, 30 * DAY, NOON)
    writeFileSync(dayFile(home, OLD), text)
    assert.is((await readMetrics(opened, 0)).completed, 1000)
    await foldDays(opened, 30 * DAY, NOON)
    assert.not.ok(existsSync(dayFile(home, OLD)))
    assert.is((await readMetrics(opened, 0)).completed, 1000)
  }),
)

test(
  'days that many fold at once are counted once each',
  inWorld(async ({ home }) => {
    const opened = openHome(home)
    tellDay(home, OLD, ALL)
    tellDay(home, OLDER, ALL)
    const told = await Promise.all([1, 2, 3, 4].map(() => foldDays(opened, 30 * DAY, NOON)))
    assert.equal(told.flat().toSorted(), [OLDER, OLD])
    assert.is((await readMetrics(opened, 0)).completed, 2000)
  }),
)

test(
  'totals that were broken by hand are refused by name, and not written over',
  inWorld(async ({ home }) => {
    const opened = openHome(home)
    tellDay(home, OLD, ALL)
    writeFileSync(join(home, 'journal', 'totals.json'), '{')
    const refused = await foldDays(opened, 30 * DAY, NOON).then(
      () => undefined,
      (error: QueueError) => error,
    )
    assert.match(refused?.message ?? '', /totals\.json/)
    assert.ok(existsSync(dayFile(home, OLD)))
  }),
)

test.run()
