/**
 * Each operator command races, again and again, against a worker that claims the job at that moment: exactly one of the
 * two wins, and no job is lost or doubled.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { manyJobs, duel } from '../../fixtures/claim-duel.ts'
import type { Act } from '../../fixtures/claim-duel-thread.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { parseName } from '../../lib/job/file-name.ts'
import type { Job } from '../../lib/job/job.ts'

const test = suite('operators racing a claim')

const idOf = (fileName: string): string => parseName(fileName)?.id ?? ''

/** What the worker does; what the operator does; the job's state when the operator wins, and when the worker does. */
const DUELS = [
  ['claim', 'hold', 'held', 'processing'],
  ['claim', 'mv', 'held', 'processing'],
  ['claim', 'move', 'pending', 'processing'],
  ['claim', 'priority', 'pending', 'processing'],
  ['complete', 'cancel', 'dead', 'completed'],
] satisfies [Act, Act, string, string][]

for (const [claim, verb, ours, theirs] of DUELS)
  test(
    `when ${verb} and ${claim} race for a job, exactly one wins`,
    inWorld(async (world) => {
      const fileNames = await manyJobs(world)
      const [claimed, changed] = await duel(world.home, fileNames, claim, verb)
      const where = assertHomeIntact(world.home)
      for (const [n, fileName] of fileNames.entries()) {
        const isOurs = changed[n] === 'done'
        const result = `${fileName}: ${claim} ${claimed[n]}, ${verb} ${changed[n]}`
        assert.is.not(claimed[n] === 'done', isOurs, result)
        assert.is(where.get(idOf(fileName)), isOurs ? ours : theirs, result)
      }
      assert.ok(claimed.includes('done'), 'the claim wins at least once')
      assert.ok(changed.includes('done'), `${verb} wins at least once`)
    }),
  )

test(
  'when top and a claim race for a job, it is in one place',
  inWorld(async (world) => {
    // From the last to the first: the first is on top already.
    const fileNames = (await manyJobs(world)).toReversed()
    const [claimed, changed] = await duel(world.home, fileNames, 'claim', 'top')
    const where = assertHomeIntact(world.home)
    for (const [n, fileName] of fileNames.entries()) {
      assert.ok(claimed[n] === 'done' || changed[n] === 'done', fileName)
      assert.is(where.get(idOf(fileName)), claimed[n] === 'done' ? 'processing' : 'pending', fileName)
    }
    assert.ok(claimed.includes('done'), 'the claim wins at least once')
    assert.ok(claimed.includes('NOT_FOUND'), 'top wins at least once')
  }),
)

test(
  'when edit and a claim race for a job, the claimed job is what was written last',
  inWorld(async (world) => {
    const fileNames = await manyJobs(world)
    const [claimed, changed] = await duel(world.home, fileNames, 'claimAtLast', 'edit')
    assert.is(assertHomeIntact(world.home).size, fileNames.length)
    const found = new Map<string, string>()
    const dir = join(world.home, 'processing')
    for (const holder of readdirSync(dir))
      for (const name of readdirSync(join(dir, holder))) found.set(name, join(dir, holder, name))
    for (const [n, fileName] of fileNames.entries()) {
      assert.is(claimed[n], 'done', fileName)
      const { command } = JSON.parse(readFileSync(found.get(fileName) ?? '', 'utf8')) as Job
      assert.is(command, changed[n] === 'done' ? 'edited' : 'true', `${fileName}: ${changed[n]}`)
    }
    assert.ok(changed.includes('done'), 'the edit wins at least once')
    assert.ok(changed.includes('WRONG_STATE'), 'the claim wins at least once')
  }),
)

test(
  'when edit and cancel race for a job, it is in one place',
  inWorld(async (world) => {
    const all = await manyJobs(world)
    const fileNames = all.slice(0, 100)
    const results = await duel(world.home, fileNames, 'edit', 'cancel')
    assert.is(assertHomeIntact(world.home).size, all.length)
    for (const result of results.flat()) assert.ok(['done', 'WRONG_STATE', 'FAILED'].includes(result), result)
  }),
)

test.run()
