import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob } from '../../fixtures/job.ts'
import { exitStatus } from '../../lib/job/exit-status.ts'

const test = suite('exit statuses')

const cancelled = { at: '2026-11-22T10:15:00.000Z', reason: 'by hand' }

test('a completed job gives its own code, also one that only counts as success', () => {
  assert.is(exitStatus(aJob({ state: 'completed', exit_code: 0 })), 0)
  assert.is(exitStatus(aJob({ state: 'completed', exit_code: 3 })), 3)
})

test('a dead job gives its own code', () => {
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 7 })), 7)
})

test('a job ended by signal n gives 128+n', () => {
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 137, signal: 'SIGKILL' })), 137)
})

test('a job that timed out gives 124, whatever it ended with', () => {
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 143, timed_out: true })), 124)
})

test('a dead job without a code, or with one of success, gives 1', () => {
  assert.is(exitStatus(aJob({ state: 'dead' })), 1)
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 0 })), 1)
})

test('a cancelled job gives its own code if that is not 0, else 143', () => {
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 9, cancelled })), 9)
  assert.is(exitStatus(aJob({ state: 'dead', exit_code: 0, cancelled })), 143)
  assert.is(exitStatus(aJob({ state: 'dead', cancelled })), 143)
})

test('a job whose file was removed counts as cancelled', () => {
  assert.is(exitStatus(undefined), 143)
})

test.run()
