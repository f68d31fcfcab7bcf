/** A short storm of kills and jumps of the clock over schedules; `npm run faults` has the long one. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { clockStorm, type Fired, whatIsWrong } from './clocks.ts'

const test = suite('schedules in a storm')

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const at = (number: number, time: number): Fired => ({ id: `minutes-${number}`, at: time, number })
const BEFORE = [at(2, 100 * MINUTE), at(3, 101 * MINUTE)]

for (const [what, fired, setBack, wrong] of [
  ['one after the other are right', [...BEFORE, at(4, 102 * MINUTE)], 0, []],
  ['one that lacks', [...BEFORE, at(4, 103 * MINUTE)], 0, ['lost: 1 before minutes-4']],
  ['one that comes twice', [...BEFORE, at(4, 101 * MINUTE)], 0, ['twice: minutes-4 after minutes-3']],
  ['a new begin after a clock that was set back is right', [...BEFORE, at(5, 101 * MINUTE - HOUR)], 1, []],
  [
    'a new begin that nothing explains',
    [...BEFORE, at(5, 101 * MINUTE - HOUR)],
    0,
    ['began 1 times, and was set back 0 times'],
  ],
  ['one that a new begin lost', [...BEFORE, at(5, 104 * MINUTE)], 1, ['lost between minutes-3 and minutes-5']],
  ['no time of it', [at(2, MINUTE + 1)], 0, ['minutes-2 is no time of it']],
  ['none at all', [], 0, ['never fired']],
] as const)
  test(`the judge of the storm knows: ${what}`, () => {
    assert.equal(whatIsWrong('minutes', fired, setBack), wrong)
  })

test(
  'under kills and a clock that jumps each time fires at most once, and with missed all exactly once',
  skippable(async () => {
    const { wrong, fired, exact } = await clockStorm({ seed: 5, signals: 16, jumps: 24 })
    assert.equal(wrong, [])
    assert.ok(exact > 100 && fired > exact, `${fired} fired, ${exact} of them exactly once`)
  }),
)

test.run()
