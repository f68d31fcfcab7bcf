/** Newest first, without sorting what nobody asks for. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName } from '../../fixtures/job.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { newestFirst } from '../../lib/spool/scan.ts'

const test = suite('order')

const nth = (n: number, priority: number): string => formatName({ ...aName({ id: `j${n}`, priority }), due: n * 1000 })

test('however few are looked for at first, all are given, newest first', () => {
  const anyNames = fc.uniqueArray(fc.nat(500), { maxLength: 60 })
  fc.assert(
    fc.property(anyNames, fc.integer({ min: 1, max: 10 }), (numbers, few) => {
      const fileNames = numbers.map((n) => nth(n, (n % 7) - 3))
      const wanted = numbers.toSorted((a, b) => b - a).map((n) => nth(n, (n % 7) - 3))
      assert.equal([...newestFirst(fileNames, few)], wanted)
    }),
  )
})

test('dropped files come last', () => {
  const fileNames = ['mine.json', nth(2, 0), 'other.json', nth(1, 5)]
  assert.equal([...newestFirst(fileNames, 1)].slice(0, 2), [nth(2, 0), nth(1, 5)])
  assert.equal([...newestFirst(fileNames, 1)].length, 4)
})

test.run()
