/** A claim: who wins, and what is never held. */
import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName } from '../../fixtures/job.ts'
import { race } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { claim } from '../../lib/spool/transitions.ts'
import { namesIn, put, claimFile, spoolHome } from '../../fixtures/spool-home.ts'

const test = suite('claiming a job')

test(
  'a claim moves the job into our directory under the name it has',
  inWorld((world) => {
    const here = spoolHome(world)
    const fileName = put(here.home, 'pending')
    assert.is(claimFile(here, fileName).path, join(here.holder.dir, fileName))
    assert.equal(namesIn(here.home, 'pending'), [])
    assert.is(assertHomeIntact(world.home).get('job1'), 'processing')
  }),
)

test(
  'a claim of a job that was taken already is lost',
  inWorld((world) => {
    const { home, holder } = spoolHome(world)
    assert.is(claim(home, holder.dir, formatName(aName()), aName()), undefined)
  }),
)

test(
  'each of 500 jobs goes to exactly one of six processes',
  inWorld(async (world) => {
    const requests = Array.from({ length: 500 }, () => ({ command: 'true' }))
    await world.queue.enqueueAll(requests)
    const names = readdirSync(join(world.home, 'pending')).toSorted()
    const won = await race(world.home, 'claimAll', [null, null, null, null, null, null])
    assert.equal(won.flat().toSorted(), names)
    assert.is(assertHomeIntact(world.home).size, 500)
  }),
)

test(
  'a claim into a directory of ours that was taken away is refused and does not bring it back',
  inWorld((world) => {
    const { home, holder } = spoolHome(world)
    const fileName = put(home, 'pending')
    renameSync(holder.dir, join(home.processing, 'rescue-1-abcdef'))
    assert.is(claim(home, holder.dir, fileName, aName()), undefined)
    assert.not(existsSync(holder.dir))
    assert.not(holder.isThere())
    assert.equal(namesIn(home, 'pending'), [fileName])
  }),
)

test.run()
