/** Rounds of a worker, one after the other. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Loop } from '../../lib/worker/loop.ts'

const test = suite('rounds of a worker')

/** A turn of the loop: what was asked for before has been done by then. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('after the last round a wake-up starts no other', async () => {
  let count = 0
  const loop = new Loop(async () => {
    count++
    return undefined
  })
  loop.wake()
  await loop.over
  loop.wake()
  await turn()
  await turn()
  assert.is(count, 1)
})

test('a wake-up during a round is followed by one more', async () => {
  let count = 0
  const loop: Loop = new Loop(async () => {
    count++
    if (count > 1) return undefined
    loop.wake()
    await turn()
    await turn()
    return 1_000_000
  })
  loop.wake()
  await loop.over
  assert.is(count, 2)
})

test.run()
