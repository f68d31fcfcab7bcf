/** What the journal records, and what of it can still be read after a crash. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Event, events, newestEvents, recordEvents } from '../../lib/journal/journal.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'

const test = suite('journal')

const DAY = 86_400_000
const TODAY = '2026-11-22.ndjson'

const inHome = (body: (home: Home) => void | Promise<void>): ReturnType<typeof inWorld> =>
  inWorld(({ home }) => body(openHome(home)))

async function all(home: Home): Promise<string[]> {
  const found: string[] = []
  for await (const event of events(home)) found.push(event.job)
  return found
}

const newest = (home: Home, limit: number, matches: (event: Event) => boolean = () => true): string[] =>
  newestEvents(home, matches, limit).map(({ job }) => job)

test(
  'an event is one line of the day it happened, in UTC, with its time',
  inHome((home) => {
    recordEvents(home, [{ event: 'completed', job: 'a', run: 1, duration_ms: 5 }], NOON)
    const line = '{"at":"2026-11-22T10:15:00.000Z","event":"completed","job":"a","run":1,"duration_ms":5}\n'
    assert.is(readFileSync(join(home.journal, TODAY), 'utf8'), line)
  }),
)

test(
  'events recorded together stand together, and a line end in one does not break it',
  inHome(async (home) => {
    recordEvents(
      home,
      [
        { event: 'failed', job: 'a', error: 'one\ntwo' },
        { event: 'dlq', job: 'b' },
      ],
      NOON,
    )
    assert.equal(await all(home), ['a', 'b'])
  }),
)

test(
  'a midnight in UTC parts the days, and they are read in order',
  inHome(async (home) => {
    const midnight = Date.UTC(2026, 10, 23)
    recordEvents(home, [{ event: 'started', job: 'next' }], midnight)
    recordEvents(home, [{ event: 'started', job: 'last' }], midnight - 1)
    assert.equal(readdirSync(home.journal).toSorted(), [TODAY, '2026-11-23.ndjson'])
    assert.equal(await all(home), ['last', 'next'])
  }),
)

test(
  'a journal that cannot be written is no error: nothing depends on it',
  inHome((home) => {
    rmSync(home.journal, { recursive: true })
    recordEvents(home, [{ event: 'started', job: 'a' }], NOON)
  }),
)

test(
  'a last line torn by a power cut is passed over',
  inHome(async (home) => {
    recordEvents(home, [{ event: 'started', job: 'a' }], NOON)
    appendFileSync(join(home.journal, TODAY), '{"at":"2026-11-22T10:15:0')
    assert.equal(await all(home), ['a'])
    assert.equal(newest(home, 5), ['a'])
  }),
)

for (const torn of ['{"at":"2026-11-22T10:15:0', '{', '\0\0\0\0'])
  test(
    `an event recorded after a line torn at ${JSON.stringify(torn)} is not lost with it`,
    inHome(async (home) => {
      recordEvents(home, [{ event: 'started', job: 'a' }], NOON)
      appendFileSync(join(home.journal, TODAY), torn)
      recordEvents(home, [{ event: 'started', job: 'b' }], NOON)
      recordEvents(home, [{ event: 'started', job: 'c' }], NOON)
      assert.equal(await all(home), ['a', 'b', 'c'])
      assert.equal(newest(home, 5), ['a', 'b', 'c'])
    }),
  )

test(
  'lines that are no events are passed over',
  inHome(async (home) => {
    writeFileSync(
      join(home.journal, TODAY),
      '\n\r\nnull\n5\n[]\n{}\n{"event":1,"job":"x"}\n{"event":"started","job":2}\n',
    )
    recordEvents(home, [{ event: 'started', job: 'a' }], NOON)
    assert.equal(await all(home), ['a'])
    assert.equal(newest(home, 5), ['a'])
  }),
)

test(
  'what else lies in journal/ is not read',
  inHome(async (home) => {
    writeFileSync(join(home.journal, 'totals.json'), '{"at":"x","event":"started","job":"x"}\n')
    writeFileSync(join(home.journal, '2026-11-22.ndjson.bak'), '{"at":"x","event":"started","job":"x"}\n')
    assert.equal(await all(home), [])
  }),
)

test(
  'a day that cannot be read does not hide the others',
  inHome(async (home) => {
    mkdirSync(join(home.journal, TODAY))
    recordEvents(home, [{ event: 'started', job: 'a' }], NOON + DAY)
    assert.equal(await all(home), ['a'])
    assert.equal(newest(home, 5), ['a'])
  }),
)

test(
  'the newest events are the last ones, oldest of them first',
  inHome((home) => {
    for (const job of ['a', 'b', 'c']) recordEvents(home, [{ event: 'started', job }], NOON)
    assert.equal(newest(home, 2), ['b', 'c'])
    assert.equal(newest(home, 0), [])
  }),
)

test(
  'the newest events reach back over days, as far as needed',
  inHome((home) => {
    for (const [n, job] of ['a', 'b', 'c', 'd'].entries())
      recordEvents(home, [{ event: 'started', job }], NOON + n * DAY)
    assert.equal(newest(home, 3), ['b', 'c', 'd'])
    assert.equal(newest(home, 9), ['a', 'b', 'c', 'd'])
  }),
)

test(
  'the newest events of a kind are found behind megabytes of others',
  inHome((home) => {
    const many = (job: string): { event: 'started'; job: string; error: string }[] =>
      Array.from({ length: 6000 }, () => ({ event: 'started', job, error: 'grüß '.repeat(20) }))
    recordEvents(home, [{ event: 'enqueued', job: 'old' }, ...many('x')], NOON)
    recordEvents(home, [{ event: 'enqueued', job: 'new' }, ...many('y')], NOON)
    assert.equal(
      newest(home, 2, ({ event }) => event === 'enqueued'),
      ['old', 'new'],
    )
    assert.equal(newest(home, 3), ['y', 'y', 'y'])
  }),
)

test(
  'a day larger than the longest string is searched to its beginning',
  inHome((home) => {
    recordEvents(home, [{ event: 'started', job: 'first' }], NOON)
    const fd = openSync(join(home.journal, TODAY), 'r+')
    // Holes, with a line end in each MiB.
    for (let n = 1; n <= 600; n++) writeSync(fd, '\n', n * 1_048_576)
    closeSync(fd)
    recordEvents(home, [{ event: 'completed', job: 'last' }], NOON)
    assert.equal(newest(home, 9), ['first', 'last'])
  }),
)

test.run()
