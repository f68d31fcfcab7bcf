/** When a job of a unique key keeps another one out. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { State } from '../../lib/job/state.ts'
import { keepsOut, slugOfKey, whyNotKey, whyNotWhile } from '../../lib/job/unique.ts'

const test = suite('unique keys')

const HOUR = 3_600_000
const NOW = 10 * HOUR

const BY_STATE: readonly (readonly [State, { readonly queued: boolean; readonly active: boolean }])[] = [
  ['waiting', { queued: true, active: true }],
  ['pending', { queued: true, active: true }],
  ['scheduled', { queued: true, active: true }],
  ['held', { queued: true, active: true }],
  ['processing', { queued: false, active: true }],
  ['failed', { queued: false, active: true }],
  ['completed', { queued: false, active: false }],
  ['dead', { queued: false, active: false }],
]
for (const [state, keeps] of BY_STATE)
  test(`a job that is ${state} keeps others out as queued and active say`, () => {
    assert.is(keepsOut({ state }, 'queued', NOW), keeps.queued)
    assert.is(keepsOut({ state }, 'active', NOW), keeps.active)
    assert.is(keepsOut({ state }, undefined, NOW), keeps.active)
  })

const AFTER_SUCCESS: readonly (readonly [string, number, boolean])[] = [
  ['at once', 0, true],
  ['half an hour later', HOUR / 2, true],
  ['after the hour', HOUR, false],
  ['when the clock was set back', -1, false],
]
for (const [when, ago, keeps] of AFTER_SUCCESS)
  test(`success:1h ${keeps ? 'keeps' : 'lets'} another ${keeps ? 'out' : 'in'} ${when}`, () => {
    const finished_at = new Date(NOW - ago).toISOString()
    assert.is(keepsOut({ state: 'completed', finished_at }, 'success:1h', NOW), keeps)
    assert.not(keepsOut({ state: 'dead', finished_at }, 'success:1h', NOW))
    assert.ok(keepsOut({ state: 'processing' }, 'success:1h', NOW))
  })

test('what a key may not be is said', () => {
  for (const key of ['', ' ', ' a', 'a\n', 'x'.repeat(81), 'ä', '\ud800']) assert.ok(whyNotKey(key), key)
  for (const key of ['x', '%'.repeat(80), 'a/b', '..', 'report 7']) assert.is(whyNotKey(key), undefined)
})

test('the name of a key on disk stays in its directory, and another key has another name', () => {
  for (const key of ['..', '.', 'a/b', '../x']) assert.not.match(slugOfKey(key), /^\.|\//)
  assert.is.not(slugOfKey('a/b'), slugOfKey('a%2Fb'))
  assert.ok(slugOfKey('%'.repeat(80)).length <= 240)
})

test('how long a key counts is queued, active or success with a time', () => {
  for (const text of ['queued', 'active', 'success:90', 'success:1h']) assert.is(whyNotWhile(text), undefined)
  for (const text of ['', 'success', 'success:', 'success:soon', 'running']) assert.ok(whyNotWhile(text))
})

test.run()
