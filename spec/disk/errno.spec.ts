/** Whose trouble a failure is: the table. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type FailureKind, failureKind } from '../../lib/disk/errno.ts'
import { QueueError } from '../../lib/errors.ts'

const test = suite('kinds of failures')

const TABLE: Readonly<Record<string, FailureKind>> = {
  ENOENT: 'gone',
  ELOOP: 'content',
  ENOTDIR: 'content',
  EISDIR: 'content',
  ENAMETOOLONG: 'content',
  ENXIO: 'content',
  EIO: 'surroundings',
  EACCES: 'surroundings',
  EPERM: 'surroundings',
  ESTALE: 'surroundings',
  EROFS: 'surroundings',
  ETIMEDOUT: 'surroundings',
  ENOTCONN: 'surroundings',
  ENOSPC: 'machine',
  EDQUOT: 'machine',
  EMFILE: 'machine',
  ENFILE: 'machine',
  ENOMEM: 'machine',
  EAGAIN: 'machine',
  EINVAL: 'unknown',
}

const withCode = (code: string): Error => Object.assign(new Error(code), { code })

for (const [code, kind] of Object.entries(TABLE))
  test(`${code} is of the kind ${kind}, also as the cause of what is told`, () => {
    assert.is(failureKind(withCode(code)), kind)
    assert.is(failureKind(new QueueError('FAILED', 'it failed', undefined, { cause: withCode(code) })), kind)
  })

test('what a check of ours refuses fails by its content', () =>
  assert.is(failureKind(new QueueError('INVALID_JOB', 'no command')), 'content'))

test('a bug is of no kind', () => assert.is(failureKind(new TypeError('undefined is not a function')), 'unknown'))

test.run()
