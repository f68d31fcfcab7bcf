/**
 * A test that finds nothing in a broken program is none: protections are taken out of a copy of it, a few of them here
 * and all by `npm run faults`.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skippable } from '../../fixtures/skip.ts'
import { library } from './library.ts'
import { fits, isCaught, MUTANTS } from './mutants.ts'

const test = suite('mutants')

/** Caught within two seconds. */
const FAST = ['no directory sync', 'run without the inherited descriptor', 'O_EXCL of the run log dropped']

test('every mutant fits the program', () => {
  for (const mutant of MUTANTS) fits(mutant)
})

for (const mutant of MUTANTS.filter(({ name }) => FAST.includes(name)))
  test(
    `is caught: ${mutant.name}`,
    skippable(async () => {
      library()
      const { caught, words } = await isCaught(mutant)
      assert.ok(caught, words)
    }),
  )

test.run()
