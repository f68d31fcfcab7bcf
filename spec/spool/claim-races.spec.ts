/**
 * Each change of an operator against a worker that claims the job at that moment, a thousand times: one of the two has
 * it, and no job is lost or there twice.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aThousand, duel } from '../../fixtures/claim-duel.ts'
import type { Act } from '../../fixtures/claim-duel-thread.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { parseName } from '../../lib/job/file-name.ts'
import type { Job } from '../../lib/job/job.ts'

const test = suite('operators racing a claim')

const idOf = (fileName: string): string => parseName(fileName)?.id ?? ''

/** What a worker does; what an operator does; where the job lies when he was first, and where when he was not. */
const DUELS = [
  ['claim', 'hold', 'held', 'processing'],
  ['claim', 'mv', 'held', 'processing'],
  ['claim', 'move', 'pending', 'processing'],
  ['claim', 'priority', 'pending', 'processing'],
  ['complete', 'cancel', 'dead', 'completed'],
] satisfies [Act, Act, string, string][]

for (const [claim, verb, ours, theirs] of DUELS)
  test(
    `a thousand times ${verb} against a ${claim} of the same job, one of them has it`,
    inWorld(async (world) => {
      const fileNames = await aThousand(world)
      const [claimed, changed] = await duel(world.home, fileNames, claim, verb)
      const where = assertHomeIntact(world.home)
      for (const [n, fileName] of fileNames.entries()) {
        const isOurs = changed[n] === 'done'
        const told = `${fileName}: ${claim} ${claimed[n]}, ${verb} ${changed[n]}`
        assert.is.not(claimed[n] === 'done', isOurs, told)
        assert.is(where.get(idOf(fileName)), isOurs ? ours : theirs, told)
      }
      assert.ok(claimed.includes('done'), 'the claim has won at least once')
      assert.ok(changed.includes('done'), `${verb} has won at least once`)
    }),
  )

test(
  'a thousand times top against a claim of the same job, it is in one place',
  inWorld(async (world) => {
    // The last one first: what is first is on top already.
    const fileNames = (await aThousand(world)).toReversed()
    const [claimed, changed] = await duel(world.home, fileNames, 'claim', 'top')
    const where = assertHomeIntact(world.home)
    for (const [n, fileName] of fileNames.entries()) {
      assert.ok(claimed[n] === 'done' || changed[n] === 'done', fileName)
      assert.is(where.get(idOf(fileName)), claimed[n] === 'done' ? 'processing' : 'pending', fileName)
    }
    assert.ok(claimed.includes('done'), 'the claim has won at least once')
    assert.ok(claimed.includes('NOT_FOUND'), 'top has won at least once')
  }),
)

test(
  'a thousand times edit against a claim of the same job, what is claimed is what was written last',
  inWorld(async (world) => {
    const fileNames = await aThousand(world)
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
    assert.ok(changed.includes('done'), 'the edit has won at least once')
    assert.ok(changed.includes('WRONG_STATE'), 'the claim has won at least once')
  }),
)

test(
  'a hundred times edit against cancel of the same job, it is in one place',
  inWorld(async (world) => {
    const fileNames = (await aThousand(world)).slice(0, 100)
    const told = await duel(world.home, fileNames, 'edit', 'cancel')
    assert.is(assertHomeIntact(world.home).size, 1000)
    for (const result of told.flat()) assert.ok(['done', 'WRONG_STATE', 'FAILED'].includes(result), result)
  }),
)

test.run()
