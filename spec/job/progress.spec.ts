import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseProgress, progressText } from '../../lib/job/progress.ts'

const test = suite('parsing progress')

for (const [text, progress] of [
  ['37', { pct: 37 }],
  ['37\n', { pct: 37 }],
  ['37.5 %\n', { pct: 37.5 }],
  ['120', { pct: 100 }],
  ['{"pct":37,"note":"half"}', { pct: 37, note: 'half' }],
  ['{"note":"resting"}', { note: 'resting' }],
  ['{"pct":-3}', { pct: 0 }],
  ['10\n20\n30\n', { pct: 30 }],
  ['10\n{"pct":2', { pct: 10 }],
  ['10\nnonsense\n', { pct: 10 }],
  ['{"pct":"37"}', undefined],
  ['', undefined],
  ['-5', undefined],
  ['{}', undefined],
  ['null', undefined],
] as const)
  test(`${JSON.stringify(text)} says ${JSON.stringify(progress)}`, () => {
    assert.equal(parseProgress(text), progress)
  })

test('a note of any length is cut', () => {
  assert.is(parseProgress(JSON.stringify({ note: 'x'.repeat(999) }))?.note?.length, 200)
})

test('it is read as a share and a note', () => {
  assert.is(progressText({ pct: 37.9, note: 'nearly' }), '37 % nearly')
  assert.is(progressText({ note: 'nearly' }), 'nearly')
})

test.run()
