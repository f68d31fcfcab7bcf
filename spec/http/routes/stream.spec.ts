import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, letGo, runAll, settles, untilLetGo } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWeb, type Stream, type SentEvent } from '../../../fixtures/web.ts'

const test = suite('event streams over HTTP')

const changedTo = (id: string, place: string) => (one: SentEvent) =>
  one.event === 'jobs' &&
  one.data.changed.some((row: { id: string; lies_in: string }) => row.id === id && row.lies_in === place)
const removed = (id: string) => (one: SentEvent) => one.event === 'jobs' && one.data.removed.includes(id)

test(
  'a stream begins with counts and workers, and reports jobs as they are enqueued, run and end',
  inWeb(async (web) => {
    const stream = await web.listen('/api/v1/stream')
    await stream.until('counts', (one) => one.event === 'stats' && one.data.pending === 0)
    await stream.until('workers', (one) => one.event === 'workers' && one.data.items.length === 0)
    await add(web, untilLetGo('a'), { id: 'a' })
    await stream.until('a is pending', changedTo('a', 'pending'))
    const worker = await web.startWorker()
    await isUp(web, 'a')
    await stream.until('a runs', changedTo('a', 'processing'))
    await stream.until(
      'the worker runs a',
      (one) => one.event === 'workers' && one.data.items[0]?.running[0]?.id === 'a',
    )
    letGo(web, 'a')
    await stream.until('a is over', changedTo('a', 'completed'))
    await stream.until('it is counted', (one) => one.event === 'stats' && one.data.completed === 1)
    await stream.until(
      'its event',
      (one) => one.event === 'events' && one.data.items.some(({ event }: { event: string }) => event === 'completed'),
    )
    worker.kill()
    await worker.ended
    await stream.until(
      'no worker',
      (one) => one.event === 'stats' && one.data.active_workers === 0 && one.data.completed === 1,
    )
  }),
)

test(
  'changes by mv and rm reach a stream within 300 ms',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const stream = await web.listen('/api/v1/stream?topics=jobs')
    const path = await fileOf(web.queue, 'a')
    const held = join(web.home, 'hold', basename(path))
    const times: number[] = []
    const took = async (change: () => void, isTold: (one: SentEvent) => boolean): Promise<void> => {
      const from = stream.received.length
      const begun = performance.now()
      change()
      times.push((await stream.until('the change', isTold, from)).at - begun)
    }
    for (let i = 0; i < 3; i++) {
      await took(() => renameSync(path, held), changedTo('a', 'held'))
      await took(() => renameSync(held, path), changedTo('a', 'pending'))
    }
    await took(() => rmSync(path), removed('a'))
    // The machine may be busy with other tests: one change in time shows that nothing delays them by design.
    assert.ok(Math.min(...times) < 300 && (times.at(-1) ?? 0) < 5000, times.join())
  }),
)

test(
  'a dropped file is reported when it appears and when it is taken in',
  inWeb(async (web) => {
    const stream = await web.listen('/api/v1/stream?topics=jobs')
    writeFileSync(join(web.home, 'pending', 'drop.json'), '{"command":"true"}')
    await stream.until('it lies there', changedTo('drop', 'pending'))
    await runAll(web)
    await stream.until('it is over', changedTo('drop', 'completed'))
    const { json } = await web.ask('/api/v1/jobs')
    assert.is(json.total, 1)
  }),
)

test(
  'a change by an operator is one change, not a removal',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const stream = await web.listen('/api/v1/stream?topics=jobs')
    for (let i = 0; i < 5; i++) {
      const from = stream.received.length
      await web.queue.cancel('a')
      await stream.until('it is dead', changedTo('a', 'dead'), from)
      const next = stream.received.length
      await web.queue.retry('a')
      await stream.until('it is pending', changedTo('a', 'pending'), next)
    }
    assert.is(stream.received.some(removed('a')), false)
  }),
)

test(
  'the progress of a running job is reported',
  inWeb(async (web) => {
    const command = `echo 40 >"$QUEUECTL_PROGRESS"; ${untilLetGo('a')}`
    await add(web, command, { id: 'a' })
    const stream = await web.listen('/api/v1/stream?topics=jobs')
    const worker = await web.startWorker()
    await isUp(web, 'a')
    await stream.until('its progress', (one) => one.data.changed.some((row: { progress?: object }) => row.progress))
    letGo(web, 'a')
    await settles(web.queue, 'a')
    worker.kill()
    await worker.ended
  }),
)

test(
  'a stream that reconnects gets what it missed, once',
  inWeb(async (web) => {
    const first = await web.listen('/api/v1/stream')
    await add(web, 'true', { id: 'a' })
    const seen = await first.until('a', changedTo('a', 'pending'))
    first.close()
    await add(web, 'true', { id: 'b' })
    await until(async () => (await web.ask('/api/v1/jobs')).json.total === 2, 5000, 'b is known')
    const second = await web.listen('/api/v1/stream', { 'last-event-id': seen.id ?? '' })
    await second.until('b', changedTo('b', 'pending'))
    assert.is(
      second.received.some(({ event }) => event === 'reset'),
      false,
    )
    assert.is(second.received.some(changedTo('a', 'pending')), false)
  }),
)

test(
  'a stream that reconnects to another server gets the missed events and a reset',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const first = await web.listen('/api/v1/stream')
    await add(web, 'true', { id: 'b' })
    const isOf = (job: string) => (one: SentEvent) =>
      one.event === 'events' && one.data.items.some((event: { job: string }) => event.job === job)
    const { id = '' } = await first.until('b', isOf('b'))
    await add(web, 'true', { id: 'c' })
    await first.until('c', isOf('c'))
    const [, ...place] = id.split('.')
    const second = await web.listen('/api/v1/stream', { 'last-event-id': ['00000000', ...place].join('.') })
    await second.until('reset', ({ event }) => event === 'reset')
    await second.until('c', isOf('c'))
    assert.is(second.received.some(isOf('b')), false)
  }),
)

test(
  'an invalid id of the last event is answered with a reset',
  inWeb(async (web) => {
    for (const id of ['x', '1.2.3.4.5', '9'.repeat(30), '..2026-11-22.-1', '....']) {
      const stream = await web.listen('/api/v1/stream', { 'last-event-id': id })
      await stream.until('reset', ({ event }) => event === 'reset')
    }
  }),
)

test(
  'a change of very many jobs is a reset with correct counts',
  inWeb(async (web) => {
    const stream = await web.listen('/api/v1/stream')
    await web.queue.enqueueAll(Array.from({ length: 1500 }, () => ({ command: 'true' })))
    await stream.until('reset', ({ event }) => event === 'reset')
    await stream.until('counts', (one) => one.event === 'stats' && one.data.pending === 1500)
  }),
)

const textOf = (stream: Stream, name: string): string =>
  stream.received
    .filter((one) => one.event === 'log' && one.data.stream === name)
    .map((one) => one.data.text as string)
    .join('')

test(
  'the output of a run is streamed as it is written, and ends with its outcome',
  inWeb(async (web) => {
    await add(web, `echo begun; echo warned >&2; ${untilLetGo('a', 3)}`, { id: 'a', max_retries: 1 })
    const worker = await web.startWorker()
    await isUp(web, 'a')
    const stream = await web.listen('/api/v1/jobs/a/attempts/last/log/stream')
    await stream.until('begun', (one) => one.data.text === 'begun\n')
    await stream.until('warned', (one) => one.data.stream === 'stderr')
    letGo(web, 'a')
    const end = await stream.until('the end', ({ event }) => event === 'end')
    assert.is(end.data.outcome, 'failed')
    await until(() => stream.isOver, 5000, 'the stream is over')
    worker.kill()
    await worker.ended
  }),
)

test(
  'an output stream that reconnects continues where it was, within a line or a character',
  inWeb(async (web) => {
    await add(web, 'printf "aäb\\nc"; printf "\\360\\237"; printf "\\230\\200x\\n"; echo err >&2', { id: 'a' })
    await runAll(web)
    const path = '/api/v1/jobs/a/attempts/1/log/stream'
    const whole = await web.listen(`${path}?stream=stdout`)
    await whole.until('end', ({ event }) => event === 'end')
    assert.is(textOf(whole, 'stdout'), 'aäb\nc😀x\n')
    assert.is(textOf(whole, 'stderr'), '')
    const later = await web.listen(`${path}?stream=stdout`, { 'last-event-id': '3' })
    await later.until('end', ({ event }) => event === 'end')
    assert.is(textOf(later, 'stdout'), 'b\nc😀x\n')
    const merged = await web.listen(path, { 'last-event-id': '5.1' })
    await merged.until('end', ({ event }) => event === 'end')
    assert.equal([textOf(merged, 'stdout'), textOf(merged, 'stderr')], ['c😀x\n', 'rr\n'])
    assert.is(merged.received.at(-1)?.id, '12.4')
  }),
)

test(
  'open streams do not delay the shutdown',
  inWeb(async (web) => {
    const streams = await Promise.all([web.listen('/api/v1/stream'), web.listen('/api/v1/stream?topics=jobs')])
    await web.end()
    await until(() => streams.every(({ isOver }) => isOver), 5000, 'both are over')
  }),
)

test.run()
