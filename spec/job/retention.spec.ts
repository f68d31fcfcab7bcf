import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import {
  isAgeLimit,
  isCountLimit,
  isSizeLimit,
  isUnlimited,
  limitsOf,
  parseSize,
  surplus,
} from '../../lib/job/retention.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'

const test = suite('retention rules')

/** Settled this many seconds before noon. */
const settled = (ago: number, bytes = 0): { at: number; bytes: number; ago: number } => ({
  at: (NOON - ago * 1000) * 1000,
  bytes,
  ago,
})
const agesOf = (all: readonly { ago: number }[]): number[] => all.map(({ ago }) => ago)
const THREE = [settled(10, 100), settled(30, 100), settled(20, 100)]

test('without a limit nothing goes', () => assert.equal(surplus(THREE, {}, NOON), []))

test('what was settled longer ago goes, oldest first', () =>
  assert.equal(agesOf(surplus(THREE, { olderThan: 15 }, NOON)), [30, 20]))

test('what is exactly as old stays', () => assert.equal(agesOf(surplus(THREE, { olderThan: 30 }, NOON)), []))

test('all but the newest N go', () => assert.equal(agesOf(surplus(THREE, { keep: 1 }, NOON)), [30, 20]))

test('none is kept when 0 are', () => assert.equal(agesOf(surplus(THREE, { keep: 0 }, NOON)), [30, 20, 10]))

test('the newest that fit into the room stay', () =>
  assert.equal(agesOf(surplus(THREE, { maxBytes: 200 }, NOON)), [30]))

test('behind one that does not fit, a smaller older one goes too', () =>
  assert.equal(agesOf(surplus([settled(1, 50), settled(2, 500), settled(3, 1)], { maxBytes: 100 }, NOON)), [3, 2]))

test('a job that is over any of several limits goes', () =>
  assert.equal(agesOf(surplus(THREE, { olderThan: 25, keep: 1 }, NOON)), [30, 20]))

for (const [text, bytes] of [
  ['0', 0],
  ['500', 500],
  ['10k', 10_000],
  ['1.5GB', 1_500_000_000],
  ['2GiB', 2_147_483_648],
  ['64 MiB', 67_108_864],
  ['3tb', 3_000_000_000_000],
] as const)
  test(`${JSON.stringify(text)} is ${bytes} bytes`, () => assert.is(parseSize(text), bytes))

for (const text of ['', '-1', 'GB', '1 2', '1e3', '5 days'])
  test(`${JSON.stringify(text)} is no size`, () => assert.is(parseSize(text), undefined))

test('a setting may be all, a value or a number', () => {
  for (const isValid of [isAgeLimit, isCountLimit, isSizeLimit]) {
    for (const value of ['all', '7', 7]) assert.ok(isValid(value), String(value))
    for (const value of ['', 'none', -1, null, true, Number.NaN]) assert.not.ok(isValid(value), String(value))
  }
  assert.not.ok(isCountLimit('1.5'))
})

test('by default completed jobs stay for thirty days', () =>
  assert.equal(limitsOf(DEFAULTS, 'completed'), { olderThan: 30 * 86_400 }))

test('by default dead jobs stay for ever', () => assert.ok(isUnlimited(limitsOf(DEFAULTS, 'dead'))))

test('what is set for a state are its limits', () =>
  assert.equal(limitsOf({ ...DEFAULTS, keep_dead: '1d', keep_dead_count: '5', keep_dead_bytes: '1k' }, 'dead'), {
    olderThan: 86_400,
    keep: 5,
    maxBytes: 1000,
  }))

test.run()
