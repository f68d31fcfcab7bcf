/** Events into numbers. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { monotonicMs } from '../../lib/clock.ts'
import { type Event, EVENT_KINDS, type EventKind } from '../../lib/journal/journal.ts'
import { type Metrics, summarize } from '../../lib/journal/metrics.ts'

const test = suite('metrics from events')

const at = '2026-11-22T10:15:00.000Z'
const completed = (duration_ms: number): Event => ({ at, event: 'completed', job: 'a', duration_ms })

async function* of(events: Iterable<Event>): AsyncGenerator<Event> {
  yield* events
}
const sum = (events: Iterable<Event>, recent = 10): Promise<Metrics> => summarize(of(events), recent)

test('where nothing has happened all is zero and no duration is known', async () => {
  const { events, completed: done, dead, duration_ms, recent } = await sum([])
  assert.equal(Object.keys(events).toSorted(), [...EVENT_KINDS].toSorted())
  assert.ok(Object.values(events).every((count) => count === 0))
  assert.equal([done, dead, recent], [0, 0, []])
  assert.equal(duration_ms, { count: 0, total: 0, average: null, p50: null, p95: null })
})

test('each event is counted under its kind', async () => {
  const { events, completed: done, dead } = await sum(EVENT_KINDS.map((event) => ({ at, event, job: 'a' })))
  for (const kind of EVENT_KINDS) assert.is(events[kind], 1, kind)
  assert.equal([done, dead], [1, 1])
})

for (const event of ['of tomorrow', 'constructor', '__proto__', 'toString'])
  test(`an event of an unknown kind (${event}) is counted nowhere`, async () => {
    const { events } = await sum([{ at, event: event as EventKind, job: 'a' }])
    assert.equal(Object.keys(events).toSorted(), [...EVENT_KINDS].toSorted())
    assert.ok(Object.values(events).every((count) => count === 0))
  })

for (const [durations, p50, p95, average] of [
  [[7], 7, 7, 7],
  [[1, 3], 1, 3, 2],
  [[3, 1, 2], 2, 3, 2],
  [[1, 2, 3, 4], 2, 4, 2.5],
  [Array.from({ length: 20 }, (_, n) => n + 1), 10, 19, 10.5],
  [Array.from({ length: 100 }, (_, n) => 100 - n), 50, 95, 50.5],
] as const)
  test(`of ${durations.length} durations half are at most p50 and 95 of 100 at most p95`, async () => {
    const { duration_ms } = await sum(durations.map(completed))
    assert.equal([duration_ms.p50, duration_ms.p95, duration_ms.average], [p50, p95, average])
  })

test('only completed runs have a duration that counts', async () => {
  const failed: Event = { at, event: 'failed', job: 'a', duration_ms: 1000 }
  const edited = { at, event: 'completed', job: 'a', duration_ms: '5' } as unknown as Event
  const { duration_ms } = await sum([failed, edited, { at, event: 'completed', job: 'b' }, completed(4)])
  assert.equal(duration_ms, { count: 1, total: 4, average: 4, p50: 4, p95: 4 })
})

for (const [wanted, shown] of [
  [0, 0],
  [1, 1],
  [50, 50],
  [5000, 1000],
] as const)
  test(`of 1000 events the newest ${wanted} are ${shown}, newest first`, async () => {
    const events = Array.from({ length: 1000 }, (_, n): Event => ({ at, event: 'started', job: `j${n}` }))
    const { recent } = await sum(events, wanted)
    const expected = Array.from({ length: shown }, (_, n) => `j${999 - n}`)
    assert.equal(
      recent.map(({ job }) => job),
      expected,
    )
  })

for (const recent of [0, 10, 100_000])
  test(`200,000 events are summed up within seconds when ${recent} are to be shown`, async () => {
    function* many(): Generator<Event> {
      for (let n = 0; n < 200_000; n++) yield { at, event: 'started', job: 'a' }
    }
    const begun = monotonicMs()
    assert.is((await sum(many(), recent)).events.started, 200_000)
    assert.ok(monotonicMs() - begun < 5000, `took ${monotonicMs() - begun} ms`)
  })

test.run()
