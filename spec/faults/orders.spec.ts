/** Every order of the steps of those who meet at a door, and what each protection there is for. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Actor, type LeftOut, playAll, type Scene } from './orders.ts'

const test = suite('orders of steps at a door')

const ENDS = ['completed', 'dead'] as const
const WHENS = ['success', 'any', 'fail'] as const
const MEETINGS: readonly (readonly Actor[])[] = [
  ['enqueue', 'end'],
  ['enqueue', 'end', 'prune'],
  ['enqueue', 'end', 'retry'],
  ['end', 'retry', 'prune'],
  ...(process.env.SPEC_LONG ? ([['enqueue', 'end', 'retry', 'prune']] as const) : []),
]

for (const actors of MEETINGS)
  for (const when of WHENS)
    for (const ends of ENDS)
      test(`${actors.join(', ')}: a child after ${when} of one that is first ${ends} is right in every order`, () => {
        const { situations, wrong } = playAll({ when, ends, actors })
        assert.equal(wrong, [])
        assert.ok(situations > 50, `${situations} situations`)
        if (process.env.SPEC_LONG) process.stdout.write(`${situations} `)
      })

const MUTANTS: Readonly<Record<LeftOut, Omit<Scene, 'without'>>> = {
  'the sign of an enqueue': { when: 'success', ends: 'completed', actors: ['enqueue', 'end', 'prune'] },
  'the look of a pruner at what it has in hand': {
    when: 'success',
    ends: 'completed',
    actors: ['enqueue', 'end', 'prune'],
  },
  'the hint of a cancel': { when: 'success', ends: 'dead', actors: ['end', 'retry'] },
  'the look of workers at hints': { when: 'success', ends: 'dead', actors: ['end', 'retry'] },
  'the wait for a child in another hand': { when: 'success', ends: 'dead', actors: ['end', 'retry'] },
}

for (const [without, scene] of Object.entries(MUTANTS))
  test(`without ${without} some order goes wrong`, () => {
    assert.ok(playAll({ ...scene, without: without as LeftOut }, 1).wrong.length > 0)
  })

test.run()
