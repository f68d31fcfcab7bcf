/** The changes of state, one rename each: who wins, where a job comes to lie, and what is never overwritten. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, aName, NOON } from '../../fixtures/job.ts'
import { race, racer } from '../../fixtures/race.ts'
import { referee } from '../../fixtures/referee.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { Job, State } from '../../lib/job/job.ts'
import { printJob } from '../../lib/job/job.ts'
import { formatName, parseName } from '../../lib/job/name.ts'
import { readJob } from '../../lib/job/read.ts'
import { type Home, openHome } from '../../lib/spool/home.ts'
import { joinWorkers, type OwnHolder } from '../../lib/spool/holders.ts'
import { makeFifos } from '../../lib/spool/liveness.ts'
import { claim, type Held, hasWork, promote, putBack, setAside, settleMove, stampHeld } from '../../lib/spool/moves.ts'

const test = suite('moves')

interface Bench {
  readonly home: Home
  readonly holder: OwnHolder
}

/** A home with a worker's directory of our own in it. */
const bench = (world: World): Bench => {
  const home = openHome(world.home)
  return { home, holder: joinWorkers(home, 1, NOON) }
}

/** Puts a job into a place as a file and returns its name. */
function put(home: Home, place: string, changed: Partial<Job> = {}, due = NOON): string {
  const job = aJob(changed)
  const fileName = formatName({ ...job, due: due * 1000 })
  mkdirSync(join(home.root, place), { recursive: true })
  writeFileSync(join(home.root, place, fileName), printJob(job))
  return fileName
}

function take({ home, holder }: Bench, fileName: string): Held {
  const name = parseName(fileName)
  const held = name && claim(home, holder.dir, fileName, name)
  if (!held) throw new Error(`${fileName} was not claimed`)
  return held
}

const list = (home: Home, ...path: string[]): string[] => readdirSync(join(home.root, ...path)).toSorted()
const corrupt = (home: Home): string[] => list(home, 'corrupt').filter((name) => !name.endsWith('.reason'))

// --- claim ------------------------------------------------------------------------------------------------------

test(
  'a claim moves the job into our directory under the name it has',
  inWorld((world) => {
    const here = bench(world)
    const fileName = put(here.home, 'pending')
    assert.is(take(here, fileName).path, join(here.holder.dir, fileName))
    assert.equal(list(here.home, 'pending'), [])
    assert.is(referee(world.home).get('job1'), 'processing')
  }),
)

test(
  'a claim of what somebody else has taken is lost',
  inWorld((world) => {
    const { home, holder } = bench(world)
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
    assert.is(referee(world.home).size, 500)
  }),
)

test(
  'a claim into a directory of ours that was taken away is refused and does not bring it back',
  inWorld((world) => {
    const { home, holder } = bench(world)
    const fileName = put(home, 'pending')
    renameSync(holder.dir, join(home.processing, 'rescue-1-abcdef'))
    assert.is(claim(home, holder.dir, fileName, aName()), undefined)
    assert.not(existsSync(holder.dir))
    assert.not(holder.isThere())
    assert.equal(list(home, 'pending'), [fileName])
  }),
)

for (const [what, make] of Object.entries<(path: string) => void>({
  'a directory': (path) => mkdirSync(path),
  'a FIFO': (path) => makeFifos([path]),
  'a symbolic link': (path) => symlinkSync('/etc/passwd', path),
}))
  test(
    `${what} under a job's name is set aside and never held`,
    inWorld((world) => {
      const { home, holder } = bench(world)
      const fileName = formatName(aName())
      make(join(home.pending, fileName))
      assert.is(claim(home, holder.dir, fileName, aName()), undefined)
      assert.is(corrupt(home).length, 1)
      assert.equal(list(home, 'pending'), [])
      referee(world.home)
    }),
  )

// --- settle -----------------------------------------------------------------------------------------------------

for (const [state, place, due] of [
  ['failed', 'failed', '20261122T101500.000000Z'],
  ['dead', 'dead', '20261122T101500.000000Z'],
  ['completed', 'done/2026-11-22', '20261122T101500.000000Z'],
] as const)
  test(
    `a job that settles as ${state} comes to lie in ${place}/ under the time it was given`,
    inWorld(async (world) => {
      const here = bench(world)
      const held = take(here, put(here.home, 'pending', { queue: 'mail', priority: 3 }, NOON - 5000))
      const job = aJob({ queue: 'mail', priority: 3, state })
      assert.ok(await stampHeld(held, job))
      assert.is(settleMove(here.home, held, job, state, NOON), true)
      assert.equal(list(here.home, place), [`0997-${due}-job1@mail.json`])
      assert.is(referee(world.home).get('job1'), state)
    }),
  )

test(
  'a job that is given back stands in line where it stood',
  inWorld((world) => {
    const here = bench(world)
    const fileName = put(here.home, 'pending', {}, NOON - 5000)
    assert.is(settleMove(here.home, take(here, fileName), aJob(), 'pending', NOON), true)
    assert.equal(list(here.home, 'pending'), [fileName])
    assert.is(putBack(here.home, take(here, fileName)), true)
    assert.equal(list(here.home, 'pending'), [fileName])
  }),
)

test(
  'a job completed a millisecond before midnight in UTC lies in that day, and the next in the next',
  inWorld((world) => {
    const here = bench(world)
    const midnight = Date.UTC(2026, 10, 23)
    for (const [id, at] of [
      ['early', midnight - 1],
      ['late', midnight],
    ] as const)
      assert.ok(settleMove(here.home, take(here, put(here.home, 'pending', { id })), aJob({ id }), 'completed', at))
    assert.equal(list(here.home, 'done'), ['2026-11-22', '2026-11-23'])
    assert.match(list(here.home, 'done/2026-11-23').join(), /-late\.json$/)
  }),
)

test(
  'a job that was taken away does not settle, and nothing is made for it',
  inWorld((world) => {
    const here = bench(world)
    const held = take(here, put(here.home, 'pending'))
    rmSync(held.path)
    for (const state of ['completed', 'failed', 'dead', 'pending'] as State[])
      assert.is(settleMove(here.home, held, aJob(), state, NOON), false)
    for (const place of ['done', 'failed', 'dead', 'pending']) assert.equal(list(here.home, place), [])
  }),
)

test(
  'a worker whose directory was taken over can neither stamp nor settle',
  inWorld(async (world) => {
    const here = bench(world)
    const held = take(here, put(here.home, 'pending'))
    const before = readFileSync(held.path, 'utf8')
    renameSync(here.holder.dir, join(here.home.processing, 'rescue-1-abcdef'))
    assert.is(await stampHeld(held, aJob({ attempts: 9 })), false)
    assert.is(settleMove(here.home, held, aJob(), 'completed', NOON), false)
    assert.is(readFileSync(join(here.home.processing, 'rescue-1-abcdef', held.fileName), 'utf8'), before)
    assert.is(referee(world.home).get('job1'), 'processing')
  }),
)

test(
  'of many processes that complete the first job of a day none loses its own',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const days = Array.from({ length: 60 }, (_, n) => NOON + n * 86_400_000)
    const given = [1, 2, 3, 4].map((who) =>
      days.map((at, n) => ({ fileName: put(home, 'pending', { id: `j${who}-${n}` }), at })),
    )
    const settled = await race(world.home, 'complete', given)
    assert.is(settled.flat().filter((isDone) => !isDone).length, 0)
    assert.is([...referee(world.home).values()].filter((state) => state === 'completed').length, 240)
    assert.is(list(home, 'done').length, 60)
  }),
)

for (const state of ['completed', 'failed', 'dead', 'pending'] as const)
  test(
    `a job settles as ${state} though the directory for it was removed`,
    inWorld((world) => {
      const here = bench(world)
      const held = take(here, put(here.home, 'pending'))
      for (const place of ['done', 'failed', 'dead', 'pending']) rmSync(join(world.home, place), { recursive: true })
      assert.is(settleMove(here.home, held, aJob(), state, NOON), true)
      openHome(world.home)
      assert.is(referee(world.home).get('job1'), state)
    }),
  )

test(
  'a home that was removed is not brought back by a settling job',
  inWorld((world) => {
    const here = bench(world)
    const held = take(here, put(here.home, 'pending'))
    rmSync(world.home, { recursive: true })
    for (const state of ['completed', 'failed', 'dead', 'pending'] as const)
      assert.is(settleMove(here.home, held, aJob(), state, NOON), false)
    assert.not(existsSync(world.home))
  }),
)

// --- promote ----------------------------------------------------------------------------------------------------

test(
  'what is due is promoted under the name it has, and the next due time is told',
  inWorld((world) => {
    const { home } = bench(world)
    const first = put(home, 'scheduled', { id: 'first' }, NOON - 1)
    const retry = put(home, 'failed', { id: 'retry' }, NOON)
    put(home, 'scheduled', { id: 'later' }, NOON + 5000)
    put(home, 'failed', { id: 'sooner' }, NOON + 3000)
    const { promoted, next } = promote(home, NOON, 3600)
    assert.equal(promoted.toSorted(), [first, retry].toSorted())
    assert.is(next, NOON + 3000)
    assert.equal(list(home, 'pending'), [first, retry].toSorted())
    referee(world.home)
  }),
)

test(
  'where nothing waits nothing is due',
  inWorld((world) => assert.equal(promote(bench(world).home, NOON, 3600), { promoted: [], next: undefined })),
)

test(
  'a retry due further off than any backoff (the clock was set back) is due now',
  inWorld((world) => {
    const { home } = bench(world)
    put(home, 'failed', {}, NOON + 7_200_001)
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'a first run far off waits however far off it is',
  inWorld((world) => {
    const { home } = bench(world)
    put(home, 'scheduled', {}, NOON + 400 * 86_400_000)
    assert.equal(promote(home, NOON, 3600), { promoted: [], next: NOON + 400 * 86_400_000 })
  }),
)

test(
  'a job with a longest backoff of its own waits as long as that, though the configured one is shorter',
  inWorld((world) => {
    const { home } = bench(world)
    put(home, 'failed', { max_backoff: 86_400 }, NOON + 80_000_000)
    assert.equal(promote(home, NOON, 3600), { promoted: [], next: NOON + 80_000_000 })
    put(home, 'failed', { id: 'job2', max_backoff: 86_400 }, NOON + 180_000_000)
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'an unreadable retry far off is due now, for a worker to set aside',
  inWorld((world) => {
    const { home } = bench(world)
    writeFileSync(join(home.failed, formatName({ ...aName(), due: (NOON + 7_200_001) * 1000 })), '{')
    assert.is(promote(home, NOON, 3600).promoted.length, 1)
  }),
)

test(
  'a dropped file that lies in failed/ or scheduled/ is promoted at once',
  inWorld((world) => {
    const { home } = bench(world)
    writeFileSync(join(home.failed, 'mine.json'), '{"command":"true"}')
    writeFileSync(join(home.scheduled, 'yours.json'), '{"command":"true"}')
    writeFileSync(join(home.scheduled, '.hidden.json'), '')
    assert.equal(promote(home, NOON, 3600).promoted.toSorted(), ['mine.json', 'yours.json'])
    assert.equal(list(home, 'scheduled'), ['.hidden.json'])
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
    assert.equal(corrupt(home), [])
    assert.is(referee(world.home).size, 300)
  }),
)

test(
  'a copy in pending/ of a job that comes there is set aside, neither is lost',
  inWorld((world) => {
    const { home } = bench(world)
    const fileName = put(home, 'failed', { command: 'the job' })
    put(home, 'pending', { command: 'the copy' })
    assert.equal(promote(home, NOON, 3600).promoted, [fileName])
    assert.is(readJob(readFileSync(join(home.pending, fileName), 'utf8'), aName(), 'pending').command, 'the job')
    assert.match(readFileSync(join(home.corrupt, corrupt(home)[0] ?? ''), 'utf8'), /the copy/)
    referee(world.home)
  }),
)

test(
  'a copy in pending/ of a job that is given back is set aside, neither is lost',
  inWorld((world) => {
    const here = bench(world)
    const held = take(here, put(here.home, 'pending', { command: 'the job' }))
    put(here.home, 'pending', { command: 'the copy' })
    assert.is(putBack(here.home, held), true)
    assert.is(corrupt(here.home).length, 1)
    assert.match(readFileSync(join(here.home.pending, held.fileName), 'utf8'), /the job/)
  }),
)

test(
  'there is work while anything that could run lies in pending/ or failed/',
  inWorld((world) => {
    const { home } = bench(world)
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

// --- set aside --------------------------------------------------------------------------------------------------

test(
  'what is set aside keeps its bytes and its name behind something random, with the reason beside it',
  inWorld((world) => {
    const { home } = bench(world)
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0a])
    writeFileSync(join(home.pending, 'mine.json'), bytes)
    assert.is(setAside(home, join(home.pending, 'mine.json'), 'mine.json', 'it is not JSON'), true)
    const [name = ''] = corrupt(home)
    assert.match(name, /^[0-9a-f]{8}-mine\.json$/)
    assert.equal(readFileSync(join(home.corrupt, name)), bytes)
    assert.is(readFileSync(join(home.corrupt, `${name}.reason`), 'utf8'), 'it is not JSON\n')
  }),
)

test(
  'two files of one name are set aside side by side',
  inWorld((world) => {
    const { home } = bench(world)
    for (const text of ['one', 'two']) {
      writeFileSync(join(home.pending, 'mine.json'), text)
      setAside(home, join(home.pending, 'mine.json'), 'mine.json', 'why')
    }
    assert.equal(corrupt(home).map((name) => readFileSync(join(home.corrupt, name), 'utf8')).toSorted(), ['one', 'two'])
  }),
)

for (const fileName of [`${'x'.repeat(250)}.json`, `${'日'.repeat(83)}.json`, `${'👍'.repeat(62)}.json`])
  test(
    `a name of ${Buffer.byteLength(fileName)} bytes can be set aside (${fileName.slice(0, 2)}…)`,
    inWorld((world) => {
      const { home } = bench(world)
      writeFileSync(join(home.pending, fileName), 'bytes')
      assert.is(setAside(home, join(home.pending, fileName), fileName, 'why'), true)
      assert.is(readFileSync(join(home.corrupt, corrupt(home)[0] ?? ''), 'utf8'), 'bytes')
      referee(world.home)
    }),
  )

test(
  'what was gone before it was set aside leaves nothing',
  inWorld((world) => {
    const { home } = bench(world)
    assert.is(setAside(home, join(home.pending, 'mine.json'), 'mine.json', 'why'), false)
    assert.equal(list(home, 'corrupt'), [])
  }),
)

test.run()
