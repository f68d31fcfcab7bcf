import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName } from '../../fixtures/job.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { PendingList } from '../../lib/spool/pending.ts'

const test = suite('list of pending jobs')

/** The n-th job in order of arrival. */
const nth = (n: number, priority = 0): string => formatName({ ...aName({ id: `j${n}`, priority }), due: n * 1000 })

/** How many names are kept here. */
const KEPT = 100

const put = (dir: string, names: readonly string[]): void => {
  for (const name of names) writeFileSync(join(dir, name), '')
}

function takeAll(candidates: PendingList): string[] {
  const all: string[] = []
  for (let one = candidates.take(); one; one = candidates.take()) all.push(one.fileName)
  return all
}

const scanned = ({ dir }: World, names: readonly string[]): PendingList => {
  put(dir, names)
  const candidates = new PendingList({ maxNames: KEPT })
  candidates.scan(dir)
  return candidates
}

test('a list that has seen nothing is empty', () => {
  const candidates = new PendingList()
  assert.ok(candidates.isEmpty)
  assert.not(candidates.isDry)
  assert.is(candidates.take(), undefined)
})

test(
  'a directory that is gone is an empty list',
  inWorld(({ dir }) => {
    const candidates = new PendingList()
    candidates.scan(join(dir, 'nowhere'))
    assert.ok(candidates.isEmpty)
  }),
)

test(
  'the highest priority comes first, and within it the first that came',
  inWorld((world) => {
    const candidates = scanned(world, [nth(3), nth(1), nth(4, 5), nth(2), nth(5, -5)])
    assert.equal(takeAll(candidates), [nth(4, 5), nth(1), nth(2), nth(3), nth(5, -5)])
  }),
)

/** A list that takes any of so many best names of a rank; the last of them while `chance` says 0. */
const reaching = ({ dir }: World, names: readonly string[], reach: number, chance = () => 0): PendingList => {
  put(dir, names)
  const candidates = new PendingList({ maxNames: KEPT, reach: () => ({ names: reach, chance }) })
  candidates.scan(dir)
  return candidates
}

const firstTen = Array.from({ length: 10 }, (_, n) => nth(n))

test(
  'with a reach of some names a candidate is overtaken by no more than these',
  inWorld((world) => {
    const taken = takeAll(reaching(world, firstTen, 4))
    assert.not.equal(taken.slice(0, 4), firstTen.slice(0, 4))
    for (const from of [0, 4, 8]) assert.equal(taken.slice(from, from + 4).sort(), firstTen.slice(from, from + 4))
  }),
)

test(
  'whatever chance says, each name is taken once',
  inWorld((world) => {
    const candidates = reaching(world, firstTen, 7, Math.random)
    assert.equal(takeAll(candidates).sort(), firstTen)
  }),
)

test(
  'no reach goes beyond a priority',
  inWorld((world) => {
    const taken = takeAll(reaching(world, [nth(1, 5), nth(2), nth(3), nth(4, -5)], 4))
    assert.equal([taken[0], taken[3]], [nth(1, 5), nth(4, -5)])
  }),
)

test(
  'a name of a higher priority that appears comes before those that are within reach',
  inWorld((world) => {
    const candidates = reaching(world, firstTen, 4)
    const first = candidates.take()?.fileName
    candidates.add(nth(20, 1))
    assert.is(candidates.take()?.fileName, nth(20, 1))
    assert.equal([first ?? '', ...takeAll(candidates)].sort(), firstTen)
  }),
)

test(
  'a name within reach that is gone is not taken, and one that is told of again is taken once',
  inWorld((world) => {
    const candidates = reaching(world, [nth(1), nth(2), nth(3)], 3)
    assert.is(candidates.take()?.fileName, nth(3))
    candidates.drop(nth(1))
    candidates.add(nth(2))
    assert.equal(takeAll(candidates), [nth(2)])
  }),
)

test(
  'a candidate says what its name says',
  inWorld((world) => {
    assert.equal(scanned(world, [nth(7, 5)]).take()?.name, { priority: 5, due: 7000, id: 'j7', queue: 'default' })
  }),
)

test(
  'a name is offered once',
  inWorld((world) => {
    const candidates = scanned(world, [nth(1)])
    candidates.add(nth(1))
    assert.equal(takeAll(candidates), [nth(1)])
  }),
)

test(
  'a name that is gone is taken off the list',
  inWorld((world) => {
    const candidates = scanned(world, [nth(1), nth(2), nth(3)])
    candidates.drop(nth(2))
    candidates.drop(nth(9))
    assert.equal(takeAll(candidates), [nth(1), nth(3)])
  }),
)

test(
  'a name that arrives after the scan takes its place in the order',
  inWorld((world) => {
    const candidates = scanned(world, [nth(1), nth(3)])
    candidates.add(nth(2))
    candidates.add(nth(4))
    candidates.add(nth(9, 9))
    assert.equal(takeAll(candidates), [nth(9, 9), nth(1), nth(2), nth(3), nth(4)])
  }),
)

test(
  'dropped files are listed apart, and editors’ files are ignored',
  inWorld((world) => {
    const candidates = scanned(world, ['mine.json', nth(1), '.hidden.json', 'x.tmp', 'y.json~'])
    candidates.add('yours.json')
    candidates.add('.other.json')
    assert.equal([...candidates.dropped].toSorted(), ['mine.json', 'yours.json'])
    candidates.forget('mine.json')
    assert.equal(candidates.dropped, ['yours.json'])
    assert.equal(takeAll(candidates), [nth(1)])
  }),
)

test(
  'a new scan forgets what the last one saw',
  inWorld((world) => {
    const candidates = scanned(world, ['mine.json', nth(1)])
    candidates.scan(join(world.dir, 'nowhere'))
    assert.ok(candidates.isEmpty)
    assert.equal(candidates.dropped, [])
  }),
)

test(
  'of more names than are kept the best are kept, and then the list knows that there are more',
  inWorld((world) => {
    const names = Array.from({ length: 250 }, (_, n) => nth(n))
    const candidates = scanned(world, names.toReversed())
    assert.not(candidates.isDry)
    assert.equal(takeAll(candidates), names.slice(0, KEPT))
    assert.ok(candidates.isDry)
    assert.ok(candidates.isEmpty)
  }),
)

test(
  'names that fit are all kept, and there are no more',
  inWorld((world) => {
    const candidates = scanned(
      world,
      Array.from({ length: KEPT }, (_, n) => nth(n)),
    )
    assert.is(takeAll(candidates).length, KEPT)
    assert.not(candidates.isDry)
  }),
)

test(
  'while there is more than is known, a name behind all that is known waits for the next scan',
  inWorld((world) => {
    const candidates = scanned(
      world,
      Array.from({ length: 250 }, (_, n) => nth(n)),
    )
    candidates.add(nth(9000))
    candidates.add(nth(9001, 1))
    const all = takeAll(candidates)
    assert.is(all[0], nth(9001, 1))
    assert.not(all.includes(nth(9000)))
  }),
)

test(
  'a name whose date does not exist is a dropped file, once its turn comes',
  inWorld((world) => {
    const odd = nth(1).replace(/-\d{8}T/, '-20209999T')
    assert.equal(scanned(world, [odd, nth(1)]).dropped, [odd])
  }),
)

test(
  'a worker that is there for one job finds it behind very many others',
  inWorld(({ dir }) => {
    put(
      dir,
      Array.from({ length: 250 }, (_, n) => nth(n)),
    )
    const candidates = new PendingList({ only: 'j240', maxNames: KEPT })
    candidates.scan(dir)
    assert.equal(takeAll(candidates), [nth(240)])
  }),
)

/** The n-th job of a queue. */
const inQueue = (n: number, queue: string): string => formatName({ ...aName({ id: `j${n}` }), queue, due: n * 1000 })

test(
  'the best name of all queues comes first',
  inWorld((world) => {
    const candidates = scanned(world, [inQueue(3, 'a'), nth(2), inQueue(1, 'b'), inQueue(4, 'b')])
    candidates.add(inQueue(0, 'c'))
    assert.equal(takeAll(candidates), [inQueue(0, 'c'), inQueue(1, 'b'), nth(2), inQueue(3, 'a'), inQueue(4, 'b')])
  }),
)

test(
  'behind very many names of a queue that must wait those of another are found, and nothing is left to scan',
  inWorld(({ dir }) => {
    const blocked = Array.from({ length: 250 }, (_, n) => inQueue(n, 'mail'))
    put(dir, [...blocked, nth(998), nth(999)])
    const candidates = new PendingList({ maxNames: KEPT, mustWait: ({ queue }) => queue === 'mail' })
    candidates.scan(dir)
    assert.equal(takeAll(candidates), [nth(998), nth(999)])
    assert.ok(candidates.isEmpty)
    assert.not(candidates.isDry)
  }),
)

test(
  'a name that is like that of a job, with a line that is none, is that of a dropped file',
  inWorld((world) => {
    const [odd, good] = [inQueue(1, 'mail--'), inQueue(2, 'mail')]
    const candidates = scanned(world, [odd, good])
    assert.equal(candidates.dropped, [odd])
    assert.equal(takeAll(candidates), [good])
    assert.is(candidates.add(odd), 'dropped')
  }),
)

test(
  'jobs of a key that must wait are passed over, and those of another key and of none are found behind them',
  inWorld(({ dir }) => {
    const blocked = Array.from({ length: 250 }, (_, n) => inQueue(n, 'mail--a'))
    put(dir, [...blocked, inQueue(997, 'mail--b'), inQueue(998, 'mail'), nth(999)])
    const candidates = new PendingList({ maxNames: KEPT, mustWait: ({ slug }) => slug === 'a' })
    candidates.scan(dir)
    assert.equal(takeAll(candidates), [inQueue(997, 'mail--b'), inQueue(998, 'mail'), nth(999)])
    assert.not(candidates.isDry)
  }),
)

test(
  'a queue that need not wait any more offers the names that it had',
  inWorld(({ dir }) => {
    let isPaused = true
    put(dir, [inQueue(1, 'mail'), inQueue(2, 'mail')])
    const candidates = new PendingList({ mustWait: () => isPaused })
    candidates.scan(dir)
    assert.ok(candidates.isEmpty)
    candidates.drop(inQueue(1, 'mail'))
    isPaused = false
    assert.equal(takeAll(candidates), [inQueue(2, 'mail')])
  }),
)

test('names that only ever arrive are kept in bounds, the best of them', () => {
  const candidates = new PendingList({ maxNames: KEPT })
  const names = Array.from({ length: 500 }, (_, n) => nth(n))
  for (const name of names.toReversed()) candidates.add(name)
  const all = takeAll(candidates)
  assert.ok(all.length >= KEPT && all.length <= 2 * KEPT + 1, String(all.length))
  assert.equal(all, names.slice(0, all.length))
})

test('whatever arrives in whatever order comes out best first, each name once', () => {
  const arrivals = fc.array(fc.tuple(fc.nat({ max: 50 }), fc.integer({ min: -3, max: 3 })), { maxLength: 100 })
  fc.assert(
    fc.property(arrivals, (all) => {
      const candidates = new PendingList()
      const names = all.map(([n, priority]) => nth(n, priority))
      for (const name of names) candidates.add(name)
      assert.equal(takeAll(candidates), [...new Set(names)].toSorted())
    }),
  )
})

test.run()
