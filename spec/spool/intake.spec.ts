/** Dropped files that become jobs, and the ids they get. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { listDir } from '../../lib/disk/files.ts'
import { findExact } from '../../lib/spool/lookup.ts'
import { withIntake, dropAndTake } from '../../fixtures/intake-clock.ts'

const test = suite('intake of dropped files')

test(
  'a good file is taken at once and lies in pending/ under our grammar',
  withIntake(async (intake, { home }) => {
    const job = await dropAndTake(intake, 'mine.json', { id: 'job1', command: 'true', priority: 5, queue: 'mail' })
    assert.is(job.id, 'job1')
    assert.match(listDir(intake.home.pending).join(), /^0995-\d{8}T\d{6}\.\d{6}Z-job1@mail\.json$/)
    assert.equal([...assertHomeIntact(home)], [['job1', 'pending']])
    assert.equal(readdirSync(join(intake.holder.dir, 'intake')), [])
  }),
)

test(
  'a taken file has its defaults written in, and starts in the user’s home',
  withIntake(async (intake) => {
    await dropAndTake(intake, 'mine.json', { command: 'true' })
    const { max_retries, priority, attempts, state, cwd } = intake.job
    assert.equal([max_retries, priority, attempts, state, cwd], [3, 0, 0, 'pending', homedir()])
  }),
)

test(
  'a file whose run_at is to come goes to scheduled/',
  withIntake(async (intake) => {
    const job = await dropAndTake(intake, 'mine.json', { command: 'true', run_at: '2099-01-01T00:00:00Z' })
    assert.is(job.state, 'scheduled')
    assert.equal(listDir(intake.home.scheduled), ['1000-20990101T000000.000000Z-mine.json'])
  }),
)

test(
  'files are queued in the order they are taken in',
  withIntake(async (intake) => {
    for (const id of ['b', 'a', 'c']) await dropAndTake(intake, `${id}.json`, { command: 'true' })
    assert.equal(
      listDir(intake.home.pending)
        .toSorted()
        .map((name) => parseName(name)?.id),
      ['b', 'a', 'c'],
    )
  }),
)

test(
  'a byte order mark is no obstacle',
  withIntake(async (intake) => {
    assert.is((await dropAndTake(intake, 'mine.json', '\uFEFF{"command":"true"}')).command, 'true')
  }),
)

test(
  'members that only we write are dropped from a file',
  withIntake(async (intake) => {
    await dropAndTake(intake, 'mine.json', {
      command: 'true',
      attempts: 3,
      runs: 7,
      state: 'dead',
      history: [1],
      worker: 'x',
    })
    const { attempts, runs, state, history, worker } = intake.job
    assert.equal([attempts, runs, state, history, worker], [0, 0, 'pending', [], undefined])
  }),
)

test(
  'unknown members are kept',
  withIntake(async (intake) => {
    await dropAndTake(intake, 'mine.json', { command: 'true', ticket: [1, { a: null }] })
    assert.equal((intake.job as { ticket?: unknown }).ticket, [1, { a: null }])
  }),
)

test(
  'members in other words are understood, and the record says so',
  withIntake(async (intake) => {
    await dropAndTake(intake, 'mine.json', { cmd: 'true', name: 'given', retries: 5, priorty: 1 })
    const { id, max_retries, warnings } = intake.job
    assert.equal([id, max_retries], ['given', 5])
    assert.equal(warnings, [
      '"cmd" was read as command',
      '"name" was read as id',
      '"retries" was read as max_retries: 5 attempts in all',
      '"priorty" means nothing to queuectl; did you mean priority?',
    ])
  }),
)

test(
  'a member called __proto__ reaches nothing',
  withIntake(async (intake) => {
    await dropAndTake(intake, 'mine.json', '{"command":"true","__proto__":{"attempts":9,"env":{"A":"1"}}}')
    assert.is(intake.job.env, undefined)
    assert.is(({} as { attempts?: number }).attempts, undefined)
  }),
)

for (const [fileName, id] of [
  ['report.json', 'report'],
  ['a b\tc.json', 'a-b-c'],
  ['a\nb.json', 'a-b'],
  ['-rf.json', 'rf'],
  ['日本 x.json', 'x'],
  ['a@b.json', 'a-b'],
  [`${'x'.repeat(150)}.json`, 'x'.repeat(100)],
] as const)
  test(
    `a file called ${JSON.stringify(fileName.slice(0, 20))} without an id gets the id ${id.slice(0, 20)}`,
    withIntake(async (intake, { home }) => {
      assert.is((await dropAndTake(intake, fileName, { command: 'true' })).id, id)
      assert.is(assertHomeIntact(home).get(id), 'pending')
    }),
  )

for (const fileName of [
  '日本.json',
  'last.json',
  'all.json',
  'worker-1.json',
  'x.json.json',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV.json',
])
  test(
    `a file called ${fileName}, of which no id can be made, gets one of its own`,
    withIntake(async (intake, { home }) => {
      const { id } = await dropAndTake(intake, fileName, { command: 'true' })
      assert.is(assertHomeIntact(home).get(id), 'pending')
    }),
  )

test(
  'a stem that is taken gets a random tail',
  withIntake(async (intake, { queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'report' })
    const { id } = await dropAndTake(intake, 'report.json', { command: 'true' })
    assert.match(id, /^report-[0-9a-f]{6}$/)
    assert.is(assertHomeIntact(home).size, 2)
  }),
)

test(
  'a stem that a finished job has is taken',
  withIntake(async (intake, { queue }) => {
    await queue.enqueue({ command: 'true', id: 'report' })
    await queue.cancel('report')
    assert.match((await dropAndTake(intake, 'report.json', { command: 'true' })).id, /^report-/)
  }),
)

test(
  'a file that asks for an id that is taken is set aside, and says so',
  withIntake(async (intake, { queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    intake.drop('mine.json', { command: 'true', id: 'job1' })
    assert.is((await intake.take('mine.json')).kind, 'corrupt')
    assert.match(intake.reason, /job1 already exists/)
    assert.is(readFileSync(join(home, 'corrupt', intake.corrupt[0] ?? ''), 'utf8'), '{"command":"true","id":"job1"}')
    assert.is(assertHomeIntact(home).size, 1)
  }),
)

test(
  'an id is free once the job of a file was removed by hand, while the worker that took it in lives on',
  withIntake(async (intake, { queue }) => {
    await dropAndTake(intake, 'report.json', { command: 'true' })
    rmSync(findExact(intake.home, 'report')?.path ?? '')
    assert.is((await queue.enqueue({ command: 'true', id: 'report' })).id, 'report')
  }),
)

test.run()
