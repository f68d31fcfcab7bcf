/** What `dlq export --redact` hides. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob } from '../../fixtures/job.ts'
import { redactJob } from '../../lib/job/redact.ts'

const test = suite('redacted jobs')

for (const [command, redacted] of [
  ['curl -u me https://me:s3cret@host/x', 'curl -u me https://[redacted]@host/x'],
  ['pg_dump --password=hunter2 db', 'pg_dump --password=[redacted] db'],
  ['deploy --api-key abc123 --verbose', 'deploy --api-key [redacted] --verbose'],
  ["GITHUB_TOKEN='a b' make", 'GITHUB_TOKEN=[redacted] make'],
  ['curl -H "Authorization: Bearer eyJhbGciOi.J9"', 'curl -H "Authorization: Bearer [redacted]"'],
  [
    ['mysql', '--password', 'hunter2', 'db'],
    ['mysql', '--password', '[redacted]', 'db'],
  ],
  ['make test', 'make test'],
  ['echo tokenize passage', 'echo tokenize passage'],
  ['scp me@host:/x .', 'scp me@host:/x .'],
] as const)
  test(`${JSON.stringify(command)} is shown without its secret`, () =>
    assert.equal(redactJob(aJob({ command })).command, redacted))

test('the values of the environment and the input are hidden, their names are not', () => {
  const { env, stdin } = redactJob(aJob({ env: { A: 'x', KEY: 'long secret' }, stdin: 'hello' }))
  assert.equal([env, stdin], [{ A: '[redacted]', KEY: '[redacted]' }, '[redacted]'])
})

test('a value of the environment is hidden wherever it is repeated', () => {
  const run = {
    run: 1,
    outcome: 'failed',
    finished_at: '2026-11-22T10:15:00.000Z',
    error: 'bad key: long secret',
  } as const
  const job = redactJob(aJob({ env: { KEY: 'long secret' }, command: 'x "long secret"', history: [run] }))
  assert.equal([job.command, job.history[0]?.error], ['x "[redacted]"', 'bad key: [redacted]'])
})

test('unknown members that are named like a secret are hidden, others are kept', () => {
  const job = redactJob(aJob({ meta: { db_password: 'x', ticket: 7 } }))
  assert.equal(job.meta, { db_password: '[redacted]', ticket: 7 })
})

test.run()
