import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorFingerprint } from '../../lib/job/fingerprint.ts'

const test = suite('fingerprint of an error')

const MASKED: Readonly<Record<string, string>> = {
  'exit code 1: request 550e8400-e29b-41d4-a716-446655440000 failed': 'exit code 1: request <uuid> failed',
  'exit code 1: cannot open /var/lib/x/1423.jpg: No such file': 'exit code 1: cannot open <path>: No such file',
  'exit code 1: user "Anna Bolik" not found': 'exit code 1: user <text> not found',
  'timed out after 300 s: id=8f14e45fceea167a': 'timed out after <n> s: id=<hex>',
  'ended by SIGKILL: 0xdeadbeef at line 418': 'ended by SIGKILL: <hex> at line <n>',
  'GET https://x.org/a/1?b=2 returned 503': 'GET <url> returned <n>',
  'thumb-1423 failed at 10.0.0.1:5432': 'thumb-<n> failed at <n>',
}

for (const [error, masked] of Object.entries(MASKED))
  test(`${error} becomes ${masked}`, () => assert.is(errorFingerprint(error), masked))

test('the exit code stays: it is what the command said about itself', () => {
  assert.is.not(errorFingerprint('exit code 3'), errorFingerprint('exit code 4'))
  assert.is(
    errorFingerprint('asked for a later run too often: exit code 75'),
    'asked for a later run too often: exit code 75',
  )
})

test('words and apostrophes stay', () => {
  assert.is(errorFingerprint("can't connect: it's a dead beef facade"), "can't connect: it's a dead beef facade")
})

test('a long error takes no long time', () => {
  assert.ok(errorFingerprint(`${'"'.repeat(100_000)}${'/a'.repeat(100_000)}`).length < 2000)
})

test.run()
