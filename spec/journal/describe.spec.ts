/** Every event has a sentence. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EVENT_KINDS } from '../../lib/journal/journal.ts'
import { durationText, describeEvent } from '../../lib/journal/describe.ts'

const test = suite('sentences for events')

for (const event of EVENT_KINDS.filter((kind) => !/^(queue|schedule)_/.test(kind)))
  test(`a ${event} event is described by a sentence that names the job`, () => {
    assert.match(describeEvent({ event, job: 'job1' }), /^job1 \w/)
    assert.match(describeEvent({ event, job: 'job1', run: 3 }), /^job1 \(run 3\) \w/)
  })

for (const event of ['failed', 'dlq', 'cancelled', 'interrupted', 'corrupt'] as const)
  test(`a ${event} event says why`, () => {
    assert.match(describeEvent({ event, job: 'job1', error: 'no such file' }), /: no such file$/)
  })

for (const [queue, name] of [
  ['mail', 'queue mail'],
  ['_all', 'all queues'],
] as const)
  test(`events of ${name} name what was paused`, () => {
    assert.is(describeEvent({ event: 'queue_paused', job: '', queue, error: 'why' }), `${name} paused: why`)
    assert.is(describeEvent({ event: 'queue_resumed', job: '', queue }), `${name} resumed`)
  })

for (const event of EVENT_KINDS.filter((kind) => kind.startsWith('schedule_')))
  test(`a ${event} event names its schedule`, () => {
    assert.match(describeEvent({ event, job: '', schedule: 'backup' }), /schedule backup/)
  })

test('a failed attempt says when the next one is due', () => {
  const text = describeEvent({ event: 'failed', job: 'job1', error: 'exit code 1', due: '2026-11-22T10:15:02.000Z' })
  assert.is(text, 'job1 failed: exit code 1; next try at 2026-11-22T10:15:02.000Z')
})

test('a completed run says how long it took', () => {
  assert.is(describeEvent({ event: 'completed', job: 'job1', duration_ms: 1234 }), 'job1 completed in 1.23 s')
})

test('an event of a kind that a newer version records is told plainly', () => {
  const event = { event: 'put_to_sleep' as 'held', job: 'job1', error: 'tired' }
  assert.is(describeEvent(event), 'job1: put to sleep: tired')
})

for (const [ms, text] of [
  [0, '0 ms'],
  [0.4, '0 ms'],
  [999, '999 ms'],
  [999.7, '1.00 s'],
  [1000, '1.00 s'],
  [9999, '10.0 s'],
  [12_345, '12.3 s'],
] as const)
  test(`${ms} ms are written ${text}`, () => assert.is(durationText(ms), text))

test.run()
