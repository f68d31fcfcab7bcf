/** Records as they are read back: written by us, and perhaps edited by people since. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, aName } from '../../fixtures/job.ts'
import { NotJson, readJob } from '../../lib/job/parse.ts'

const test = suite('parsing stored records')

const RECORD = { ...aJob({ attempts: 1, runs: 2, history: [{ run: 1, outcome: 'failed', finished_at: 'x' }] }) }
const record = (changed: object, name = aName()): ReturnType<typeof readJob> =>
  readJob(JSON.stringify({ ...RECORD, ...changed }), name, 'pending')

test('a record is read as it was written', () => {
  assert.equal(record({}), aJob(RECORD))
})

test('the name wins over the content on id, queue and priority, and the directory on the state', () => {
  const job = readJob(
    JSON.stringify(aJob({ id: 'other', queue: 'other', priority: 7, state: 'dead' })),
    aName({ id: 'job2', queue: 'mail', priority: -5 }),
    'held',
  )
  assert.equal([job.id, job.queue, job.priority, job.state], ['job2', 'mail', -5, 'held'])
})

test('a forbidden id in the content does no harm where the name is right', () => {
  assert.is(record({ id: '../..', queue: 5, priority: 'high' }).id, 'job1')
})

test('a hand-written file with only a command is a whole job', () => {
  const job = readJob('{"command":"true"}', aName(), 'pending')
  assert.equal(job, aJob({ created_at: '2026-11-22T10:15:00.123Z', updated_at: '2026-11-22T10:15:00.123Z' }))
})

for (const member of ['attempts', 'runs', 'interruptions', 'retry_laters'] as const)
  for (const value of [-1, 1.5, '2', null, 1e300, []])
    test(`${member} edited to ${JSON.stringify(value)} is taken for 0`, () =>
      assert.is(record({ [member]: value })[member], 0))

for (const member of ['started_at', 'finished_at', 'next_retry_at', 'signal', 'last_error', 'worker'] as const)
  test(`${member} edited to something other than text is left out`, () => {
    assert.is(record({ [member]: 5 })[member], undefined)
    assert.is(record({ [member]: 'x' })[member], 'x')
  })

for (const member of ['exit_code', 'duration_ms', 'slot'] as const)
  test(`${member} edited to something other than a number is left out`, () => {
    assert.is(record({ [member]: 'x' })[member], undefined)
    assert.is(record({ [member]: 5 })[member], 5)
  })

test('what was edited in history to something other than runs is left out', () => {
  assert.equal(
    record({ history: [5, null, {}, { run: 'x', outcome: 'y' }, RECORD.history[0]] }).history,
    RECORD.history,
  )
  assert.equal(record({ history: 'none' }).history, [])
})

test('strays and cancelled of another shape are left out', () => {
  const job = record({ strays: ['x'], cancelled: 'yes', timed_out: 'yes' })
  assert.equal([job.strays, job.cancelled, job.timed_out], [undefined, undefined, undefined])
})

test('members we do not know are kept in a record', () => {
  assert.equal((record({ mine: [1] }) as { mine?: unknown }).mine, [1])
})

test('a record edited to an invalid one is refused', () => {
  assert.throws(() => record({ command: '' }), /its command is empty/)
  assert.throws(() => record({ timeout: 'long' }), /timeout/)
})

test('a record that is no JSON says so', () => {
  assert.throws(
    () => readJob('{"command":', aName(), 'pending'),
    (error: unknown) => error instanceof NotJson,
  )
})

test.run()
