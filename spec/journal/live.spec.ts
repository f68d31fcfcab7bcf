import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll } from '../../fixtures/jobs.ts'
import { NOON } from '../../fixtures/job.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { isoTime } from '../../lib/job/time.ts'
import type { Event } from '../../lib/journal/journal.ts'
import { MINUTE_MS, Series, Distribution } from '../../lib/journal/timeseries.ts'

const test = suite('journal kept in memory')

const line = (event: Partial<Event>, at = NOON): string =>
  `${JSON.stringify({ at: isoTime(at), job: 'a', event: 'enqueued', ...event })}\n`
const journal = (home: string, day: string, ...lines: string[]): void => {
  mkdirSync(join(home, 'journal'), { recursive: true })
  writeFileSync(join(home, 'journal', `${day}.ndjson`), lines.join(''))
}

test(
  'it counts events from before it was opened and from after, as metrics do',
  inWorld(async (world) => {
    await add(world, 'true')
    await add(world, 'exit 1', { max_retries: 1 })
    await runAll(world)
    const ledger = await world.queue.ledger()
    await until(() => ledger.isComplete, 5000, 'all is read')
    const news: Event[] = []
    ledger.listen((events) => news.push(...events))
    const same = async (): Promise<void> => {
      const { recent: _recent, duration_ms, ...told } = await world.queue.metrics()
      const { recent: _none, duration_ms: here, ...known } = ledger.metrics
      assert.equal(known, told)
      assert.equal([here.count, here.total, here.average], [duration_ms.count, duration_ms.total, duration_ms.average])
      assert.ok(Math.abs((here.p50 ?? 0) - (duration_ms.p50 ?? 0)) <= 0.01 * (duration_ms.p50 ?? 0) + 1)
    }
    await same()
    assert.equal(news, [])
    await add(world, 'true', { id: 'later' })
    await runAll(world)
    await until(() => news.some(({ event, job }) => event === 'completed' && job === 'later'), 5000, 'it is told')
    assert.equal(
      news.map(({ event }) => event),
      ['enqueued', 'started', 'completed'],
    )
    await same()
    ledger.close()
  }),
)

test(
  'it counts days that were folded into the totals once',
  inWorld(async ({ queue, home }) => {
    journal(home, '2026-01-01', line({}), line({ event: 'completed', duration_ms: 10 }))
    journal(home, '2026-01-02', line({}))
    const totals = { events: { enqueued: 5 }, durations: { count: 0, total: 0, buckets: {} }, folded: ['2026-01-01'] }
    writeFileSync(join(home, 'journal', 'totals.json'), JSON.stringify(totals))
    const ledger = await queue.ledger()
    await until(() => ledger.isComplete, 5000, 'all is read')
    assert.equal([ledger.metrics.events.enqueued, ledger.metrics.completed], [6, 0])
    ledger.close()
  }),
)

test(
  'a long journal is read bit by bit, and a line that is torn is passed over',
  inWorld(async ({ queue, home }) => {
    journal(home, '2026-01-01', ...Array.from({ length: 20_000 }, () => line({ event: 'started' })), '{"at":"torn')
    const ledger = await queue.ledger()
    await until(() => ledger.isComplete, 10_000, 'all is read')
    assert.is(ledger.metrics.events.started, 20_000)
    appendFileSync(join(home, 'journal', '2026-01-01.ndjson'), `\n${line({ event: 'started' })}`)
    await until(() => ledger.upToDate().metrics.events.started === 20_001, 5000, 'the next one is read')
    ledger.close()
  }),
)

const page = { matches: () => true, limit: 100, before: undefined, since: Number.NEGATIVE_INFINITY }

test(
  'pages go back over days and blocks, and leave nothing out',
  inWorld(async ({ queue, home }) => {
    const long = 'x'.repeat(5000)
    journal(home, '2026-01-01', ...Array.from({ length: 50 }, (_, n) => line({ job: `a${n}`, error: long })))
    journal(home, '2026-01-02', line({ job: 'b0' }), '\n', 'nonsense\n', line({ job: 'b1' }))
    const jobs: string[] = []
    for (let before: { day: string; offset: number } | undefined; ; ) {
      const { items, next } = await queue.eventPage({ ...page, limit: 7, before })
      jobs.push(...items.map(({ job }) => job))
      if (!next) break
      before = next
    }
    assert.equal(jobs, ['b1', 'b0', ...Array.from({ length: 50 }, (_, n) => `a${49 - n}`)])
  }),
)

test(
  'events after a cursor are returned, unless there are too many',
  inWorld(async ({ queue, home }) => {
    const [first, second, third] = [line({ job: 'a' }), line({ job: 'b' }), line({ job: 'c' })]
    journal(home, '2026-01-01', first, second)
    journal(home, '2026-01-02', third)
    const place = { day: '2026-01-01', offset: first.length }
    assert.equal(
      (await queue.eventsSince(place, 10))?.map(({ job }) => job),
      ['b', 'c'],
    )
    assert.equal(await queue.eventsSince({ day: '2026-01-02', offset: third.length }, 10), [])
    assert.is(await queue.eventsSince(place, 1), undefined)
    assert.is(await queue.eventsSince({ day: '2025-01-01', offset: 0 }, 10), undefined)
  }),
)

test('a spread knows durations to within a few percent, and may be added to another', () => {
  const [one, other] = [new Distribution(), new Distribution()]
  for (let ms = 1; ms <= 1000; ms++) (ms % 2 === 0 ? one : other).add(ms)
  one.merge(other)
  const { count, average, p50, p95 } = one.summary
  assert.equal([count, average], [1000, 500.5])
  assert.ok(Math.abs((p50 ?? 0) - 500) < 20 && Math.abs((p95 ?? 0) - 950) < 38, `${p50} ${p95}`)
  assert.equal(new Distribution().summary, { count: 0, average: null, p50: null, p95: null })
})

test('a job waits from when it may run to when it starts, also for its second attempt', () => {
  const series = new Series()
  const told = (event: Event['event'], seconds: number, due?: number): void =>
    series.add({
      at: isoTime(NOON + seconds * 1000),
      event,
      job: 'a',
      ...(due === undefined ? {} : { due: isoTime(NOON + due * 1000) }),
    })
  told('enqueued', 0, 10)
  told('started', 12)
  told('failed', 20, 25)
  told('started', 26)
  const [{ step } = { step: undefined }] = series.between(NOON, NOON + MINUTE_MS, MINUTE_MS)
  assert.is(step?.waited.summary.count, 2)
  assert.is(step?.waited.summary.average, 1500)
  assert.equal([step?.counts.started, step?.counts.failed], [2, 1])
})

test.run()
