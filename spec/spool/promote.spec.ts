/** What is due comes to pending/, and never over what lies there. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName, NOON } from '../../fixtures/job.ts'
import { racer } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { readJob } from '../../lib/job/parse.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { hasWork, promote, putBack } from '../../lib/spool/transitions.ts'
import { quarantined, namesIn, put, claimFile, spoolHome } from '../../fixtures/spool-home.ts'

const test = suite('promoting due jobs')

test(
  'what is due is promoted under its name, and the next due time is returned',
  inWorld((world) => {
    const { home } = spoolHome(world)
    const first = put(home, 'scheduled', { id: 'first' }, NOON - 1)
    const retry = put(home, 'failed', { id: 'retry' }, NOON)
    put(home, 'scheduled', { id: 'later' }, NOON + 5000)
    put(home, 'failed', { id: 'sooner' }, NOON + 3000)
    const { promoted, next } = promote(home, NOON, 3600)
    assert.equal(promoted.toSorted(), [first, retry].toSorted())
    assert.is(next, NOON + 3000)
    assert.equal(namesIn(home, 'pending'), [first, retry].toSorted())
    assertHomeIntact(world.home)
  }),
)

test(
  'where nothing waits nothing is due',
  inWorld((world) => assert.equal(promote(spoolHome(world).home, NOON, 3600), { promoted: [], next: undefined })),
)

test(
  'a retry due further off than any backoff (the clock was set back) is due now',
  inWorld((world) => {
    const { home } = spoolHome(world)
    put(home, 'failed', {}, NOON + 7_200_001)
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'a first run far off waits however far off it is',
  inWorld((world) => {
    const { home } = spoolHome(world)
    put(home, 'scheduled', {}, NOON + 400 * 86_400_000)
    assert.equal(promote(home, NOON, 3600), { promoted: [], next: NOON + 400 * 86_400_000 })
  }),
)

test(
  'a job with a longest backoff of its own waits as long as that, though the configured one is shorter',
  inWorld((world) => {
    const { home } = spoolHome(world)
    put(home, 'failed', { max_backoff: 86_400 }, NOON + 80_000_000)
    assert.equal(promote(home, NOON, 3600), { promoted: [], next: NOON + 80_000_000 })
    put(home, 'failed', { id: 'job2', max_backoff: 86_400 }, NOON + 180_000_000)
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'an unreadable retry far off is due now, for a worker to set aside',
  inWorld((world) => {
    const { home } = spoolHome(world)
    writeFileSync(join(home.failed, formatName({ ...aName(), due: (NOON + 7_200_001) * 1000 })), '{')
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'a dropped file that lies in failed/ or scheduled/ is promoted at once',
  inWorld((world) => {
    const { home } = spoolHome(world)
    writeFileSync(join(home.failed, 'mine.json'), '{"command":"true"}')
    writeFileSync(join(home.scheduled, 'yours.json'), '{"command":"true"}')
    writeFileSync(join(home.scheduled, '.hidden.json'), '')
    assert.equal(promote(home, NOON, 3600).promoted.toSorted(), ['mine.json', 'yours.json'])
    assert.equal(namesIn(home, 'scheduled'), ['.hidden.json'])
  }),
)

test(
  'each due job is promoted by exactly one of many processes',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const names = Array.from({ length: 300 }, (_, n) => put(home, n % 2 ? 'failed' : 'scheduled', { id: `j${n}` }, n))
    const racers = await Promise.all([1, 2, 3, 4].map(() => racer(world.home, 'promote', 3)))
    const promoted = await Promise.all(racers.map((one) => one.go()))
    await Promise.all(racers.map((one) => one.end()))
    assert.equal(promoted.flat().toSorted(), names.toSorted())
    assert.equal(quarantined(home), [])
    assert.is(assertHomeIntact(world.home).size, 300)
  }),
)

test(
  'a copy in pending/ of a job that comes there is set aside, neither is lost',
  inWorld((world) => {
    const { home } = spoolHome(world)
    const fileName = put(home, 'failed', { command: 'the job' })
    put(home, 'pending', { command: 'the copy' })
    assert.equal(promote(home, NOON, 3600).promoted, [fileName])
    assert.is(readJob(readFileSync(join(home.pending, fileName), 'utf8'), aName(), 'pending').command, 'the job')
    assert.match(readFileSync(join(home.corrupt, quarantined(home)[0] ?? ''), 'utf8'), /the copy/)
    assertHomeIntact(world.home)
  }),
)

test(
  'a copy in pending/ of a job that is given back is set aside, neither is lost',
  inWorld((world) => {
    const here = spoolHome(world)
    const held = claimFile(here, put(here.home, 'pending', { command: 'the job' }))
    put(here.home, 'pending', { command: 'the copy' })
    assert.is(putBack(here.home, held), true)
    assert.is(quarantined(here.home).length, 1)
    assert.match(readFileSync(join(here.home.pending, held.fileName), 'utf8'), /the job/)
  }),
)

test(
  'there is work while anything that could run lies in pending/ or failed/',
  inWorld((world) => {
    const { home } = spoolHome(world)
    assert.is(hasWork(home), false)
    writeFileSync(join(home.pending, '.mine.json'), '')
    writeFileSync(join(home.pending, 'mine.json.tmp'), '')
    assert.is(hasWork(home), false)
    const fileName = put(home, 'failed')
    assert.is(hasWork(home), true)
    renameSync(join(home.failed, fileName), join(home.pending, fileName))
    assert.is(hasWork(home), true)
  }),
)

test.run()
