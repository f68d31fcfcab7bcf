import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Dependent,
  judge,
  type ParentState,
  parentsFirst,
  type Standing,
  whyNotAfter,
} from '../../lib/job/after.ts'

const test = suite('dependencies')

const STATES: readonly ParentState[] = ['unfinished', 'completed', 'dead', 'gone']

/** What a condition on A comes to, for each state of A in the order above. */
for (const [when, ...kinds] of [
  ['success', 'waits', 'free', 'impossible', 'impossible'],
  ['any', 'waits', 'free', 'free', 'free'],
  ['fail', 'waits', 'impossible', 'free', 'free'],
] as const)
  for (const [i, is] of STATES.entries())
    test(`a job after ${when} of one that is ${is}: ${kinds[i]}`, () => {
      assert.is(judge({ after: [{ job: 'A', when }] }, () => is).kind, kinds[i])
    })

const AB = { after: ['A', { job: 'B', when: 'any' }] } as const

for (const [what, job, states, standing] of [
  ['all must hold', AB, { A: 'completed', B: 'unfinished' }, { kind: 'waits', at: 'B', met: ['A'] }],
  ['it waits at the first', AB, { A: 'unfinished', B: 'unfinished' }, { kind: 'waits', at: 'A', met: [] }],
  ['what holds meanwhile is kept', AB, { A: 'unfinished', B: 'dead' }, { kind: 'waits', at: 'A', met: ['B'] }],
  [
    'what was met is not asked again',
    { ...AB, met: ['A'] },
    { A: 'dead', B: 'dead' },
    { kind: 'free', met: ['A', 'B'] },
  ],
  [
    'one that cannot hold ends it at once',
    AB,
    { A: 'dead', B: 'unfinished' },
    { kind: 'impossible', because: 'A', is: 'dead', met: [] },
  ],
  [
    'or it goes on waiting there',
    { ...AB, when_impossible: 'wait' },
    { A: 'dead', B: 'dead' },
    { kind: 'waits', at: 'A', met: ['B'] },
  ],
  ['without parents it is free', {}, {}, { kind: 'free', met: [] }],
] as [string, Dependent, Record<string, ParentState>, Standing][])
  test(what, () => {
    assert.equal(
      judge(job, (id) => states[id] ?? 'gone'),
      standing,
    )
  })

for (const [value, why] of [
  [['a', { job: 'b', when: 'any' }, { job: 'c' }], undefined],
  [[], undefined],
  ['a', /expected an array/],
  [{}, /expected an array/],
  [['../a'], /an id is/],
  [[5], /expected ids/],
  [[{ job: 'a', when: 'done' }], /one of success, any, fail/],
  [[{ job: 'a', delay: 5 }], /"delay" means nothing/],
  [[{ when: 'any' }], /the id of a job/],
  [['a', { job: 'a', when: 'fail' }], /a is named twice/],
  [Array.from({ length: 1001 }, (_, i) => `j${i}`), /at most 1000/],
] as const)
  test(`after: ${JSON.stringify(value).slice(0, 40)} is ${why ? 'refused' : 'understood'}`, () => {
    const found = whyNotAfter(value)
    if (why) assert.match(found ?? '', why)
    else assert.is(found, undefined)
  })

/** Jobs of which each may wait for those before it, in any order. */
const graph = fc.array(fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), { maxLength: 30 }).chain((all) => {
  const jobs = all.map((parents, i) => ({
    id: `j${i}`,
    after: [...new Set(parents.filter((parent) => parent < i))].map((parent) => `j${parent}`),
  }))
  return fc.shuffledSubarray(jobs, { minLength: jobs.length })
})

test('parents come before their children, each once', () =>
  fc.assert(
    fc.property(graph, (jobs) => {
      const { order, cycles } = parentsFirst(jobs)
      assert.is(cycles.size, 0)
      assert.equal(
        [...order].toSorted((a, b) => a - b),
        jobs.map((_, i) => i),
      )
      const place = new Map(order.map((i, at) => [jobs[i]?.id, at]))
      for (const { id, after } of jobs)
        for (const parent of after) assert.ok((place.get(parent) ?? -1) < (place.get(id) ?? -1), `${parent} ${id}`)
    }),
  ))

test('jobs that wait for one another are named, and others are not', () => {
  const { cycles } = parentsFirst([
    { id: 'a', after: ['c'] },
    { id: 'b', after: ['a'] },
    { id: 'c', after: ['b'] },
    { id: 'd', after: ['a'] },
    { after: ['d'] },
  ])
  assert.equal(
    [...cycles.keys()].toSorted((a, b) => a - b),
    [0, 1, 2],
  )
  assert.equal(cycles.get(0), ['a', 'c', 'b', 'a'])
})

/** Every job of a graph, judged again and again in any order, as parents end in any order and way. */
test('in any graph each job runs once all it waits for has succeeded, or is cancelled for a reason, and none is stuck', () =>
  fc.assert(
    fc.property(graph, fc.infiniteStream(fc.nat({ max: 99 })), (jobs, chance) => {
      const next = (): number => chance.next().value ?? 0
      const state = new Map<string, ParentState>(jobs.map(({ id }) => [id, 'unfinished']))
      const met = new Map<string, readonly string[]>()
      const started = new Set<string>()
      for (let turns = 0; turns < 5000 && [...state.values()].includes('unfinished'); turns++) {
        const job = jobs[next() % jobs.length]
        if (!job || state.get(job.id) !== 'unfinished') continue
        const known = met.get(job.id) ?? []
        const standing = judge({ after: job.after, met: known }, (id) => state.get(id) ?? 'gone')
        met.set(job.id, standing.met)
        if (standing.kind === 'impossible') {
          assert.is.not(state.get(standing.because), 'completed')
          state.set(job.id, 'dead')
        } else if (standing.kind === 'free') {
          assert.not(started.has(job.id))
          started.add(job.id)
          for (const parent of job.after) assert.is(state.get(parent), 'completed')
          state.set(job.id, next() % 5 === 0 ? 'dead' : 'completed')
        }
      }
      assert.not([...state.values()].includes('unfinished'))
    }),
    { numRuns: 200 },
  ))

test('a chain of any length is put in order', () => {
  const jobs = Array.from({ length: 50_000 }, (_none, i) => ({ id: `j${i}`, after: [`j${i + 1}`] }))
  const { order, cycles } = parentsFirst(jobs)
  assert.equal([order[0], order.at(-1), order.length, cycles.size], [49_999, 0, 50_000, 0])
})

test.run()
