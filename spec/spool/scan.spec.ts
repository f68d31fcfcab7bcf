/** Finding jobs while they lie still and while they move. */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aJob, aName } from '../../fixtures/job.ts'
import { racer } from '../../fixtures/race.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { printJob } from '../../lib/job/print.ts'
import { formatName } from '../../lib/job/file-name.ts'
import { countJobs, jobFiles, newestFirst, readJobFile } from '../../lib/spool/scan.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { findExact, findMatches } from '../../lib/spool/lookup.ts'

const test = suite('finding jobs')

/** Puts a job's file where a person might put it by hand. */
function put({ home }: World, place: string, id: string, text = printJob(aJob({ id }))): string {
  const path = join(home, place, formatName(aName({ id })))
  mkdirSync(join(home, place), { recursive: true })
  writeFileSync(path, text)
  return path
}

const ULIDS = ['01K9ZZZZZZABCDEFGHJKABCDEF', '01K9ZZZZZZABCDEFGHJKXBCDEF', '01K9ZZZZZZABCDEFGHJKQQQQQQ'] as const

const meant = ({ home }: World, text: string): string[] => findMatches(openHome(home), text).map((seen) => seen.name.id)

for (const [place, state] of [
  ['pending', 'pending'],
  ['scheduled', 'scheduled'],
  ['processing/worker-1-abcdef', 'processing'],
  ['processing/rescue-1-abcdef', 'processing'],
  ['processing/operator-1-abcdef/dead', 'dead'],
  ['processing/operator-1-abcdef/hold', 'held'],
  ['processing/operator-1-abcdef/processing', 'processing'],
  ['processing', 'processing'],
  ['failed', 'failed'],
  ['hold', 'held'],
  ['dead', 'dead'],
  ['done/2026-11-22', 'completed'],
  ['done', 'completed'],
] as const)
  test(
    `a job in ${place}/ is ${state}`,
    inWorld(async (world) => {
      put(world, place, 'job1')
      assert.is(findExact(openHome(world.home), 'job1')?.state, state)
      assert.is((await world.queue.get('job1')).state, state)
      assert.is((await world.queue.count())[state], 1)
      assert.equal(
        (await world.queue.list({ states: [state] })).map(({ id }) => id),
        ['job1'],
      )
    }),
  )

test(
  'an exact id goes before a made one that ends in it',
  inWorld((world) => {
    put(world, 'pending', ULIDS[0])
    put(world, 'dead', 'ABCDEF')
    assert.equal(meant(world, 'ABCDEF'), ['ABCDEF'])
  }),
)

for (const [text, found] of [
  ['QQQQQQ', [ULIDS[2]]],
  ['qqqqqq', [ULIDS[2]]],
  ['kqqqqqq', [ULIDS[2]]],
  ['QQQQQ', []],
  ['ABCDEF', [ULIDS[0]]],
  ['BCDEF', []],
  ['JKXBCDEF', [ULIDS[1]]],
  ['01K9ZZ', []],
  [ULIDS[0], [ULIDS[0]]],
  [ULIDS[0].toLowerCase(), [ULIDS[0]]],
  ['', []],
] as const)
  test(
    `of made ids ${JSON.stringify(text)} means ${found.length === 0 ? 'none' : found.join()}`,
    inWorld((world) => {
      for (const id of ULIDS) put(world, 'pending', id)
      assert.equal(meant(world, text), found)
    }),
  )

test(
  'a short id that fits several is refused, and the refusal names them',
  inWorld(async (world) => {
    const ids = ['01K9ZZZZZZABCDEFGHJKABCDEF', '01K9ZZZZZYABCDEFGHJKABCDEF']
    for (const id of ids) put(world, 'pending', id)
    const error = await queueErrorOf(() => world.queue.get('abcdef'))
    assert.is(error.code, 'USAGE')
    for (const id of ids) assert.ok(error.hint?.includes(id))
  }),
)

test(
  'a chosen id is typed in full',
  inWorld((world) => {
    put(world, 'pending', 'nightly-report')
    assert.equal(meant(world, 'report'), [])
    assert.equal(meant(world, 'NIGHTLY-REPORT'), [])
  }),
)

test(
  '`last` is the job enqueued last that is still there',
  inWorld(async ({ home, queue }) => {
    assert.is((await queueErrorOf(() => queue.get('last'))).code, 'NOT_FOUND')
    await queue.enqueue({ command: 'true', id: 'one' })
    await queue.enqueueAll([
      { command: 'true', id: 'two' },
      { command: 'true', id: 'three' },
    ])
    assert.is((await queue.get('last')).id, 'three')
    rmSync(findExact(openHome(home), 'three')?.path ?? '')
    assert.is((await queue.get('last')).id, 'two')
  }),
)

test(
  'what is not there is not found',
  inWorld(async ({ queue }) => {
    for (const verb of ['get', 'retry', 'cancel', 'purge', 'output'] as const)
      assert.is((await queueErrorOf(() => queue[verb]('x'))).code, 'NOT_FOUND')
  }),
)

test(
  'the later place in the flow counts for a job that is seen twice',
  inWorld((world) => {
    put(world, 'pending', 'job1')
    put(world, 'dead', 'job1')
    assert.equal(
      findMatches(openHome(world.home), 'job1').map(({ state }) => state),
      ['dead'],
    )
  }),
)

test(
  'files that are no jobs are not seen',
  inWorld((world) => {
    for (const name of ['.x.json', 'x.json~', 'x.tmp', 'README']) writeFileSync(join(world.home, 'pending', name), '{}')
    mkdirSync(join(world.home, 'processing/worker-1-abcdef'))
    writeFileSync(join(world.home, 'processing/worker-1-abcdef/worker.json'), '{}')
    assert.equal([...jobFiles(openHome(world.home))], [])
  }),
)

test(
  'a dropped file is seen before it is taken in, by its stem and as the job it will be',
  inWorld(async ({ home, queue }) => {
    writeFileSync(join(home, 'pending/report.json'), '{"command":"true","queue":"mail","attempts":7,"runs":9}')
    const job = await queue.get('report')
    assert.equal([job.id, job.queue, job.state, job.attempts, job.runs], ['report', 'mail', 'pending', 0, 0])
  }),
)

for (const [what, make] of Object.entries<(path: string) => void>({
  'a FIFO': (path) => makeFifos([path]),
  'a directory': (path) => mkdirSync(path),
  'a link to nowhere': (path) => symlinkSync('nowhere', path),
  'a broken text': (path) => writeFileSync(path, '{'),
}))
  test(
    `${what} among the jobs does not keep them from being listed`,
    inWorld(async ({ home, queue }) => {
      await queue.enqueue({ command: 'true', id: 'job1' })
      make(join(home, 'pending/mine.json'))
      make(join(home, 'pending', formatName(aName({ id: 'mine2' }))))
      const listed = await queue.list()
      assert.ok(listed.some(({ id, job }) => id === 'job1' && job !== undefined))
      for (const one of listed) if (one.id !== 'job1') assert.ok(one.unreadable, JSON.stringify(one))
      assert.ok(listed.length === 3 || what === 'a link to nowhere')
    }),
  )

test(
  'a sighted file that has moved on reads as nothing',
  inWorld((world) => {
    const path = put(world, 'pending', 'job1')
    const [seen] = [...jobFiles(openHome(world.home))]
    renameSync(path, join(world.home, 'hold', basename(path)))
    assert.is(seen && readJobFile(seen), undefined)
  }),
)

test(
  'counts tell every state, the files set aside, and pending with what is not due yet',
  inWorld((world) => {
    for (const place of [
      'pending',
      'waiting/other',
      'scheduled',
      'scheduled',
      'failed',
      'hold',
      'dead',
      'done/2026-11-22',
    ])
      put(world, place, `j${Math.random().toString(36).slice(2, 8)}`)
    writeFileSync(join(world.home, 'corrupt/1a2b3c4d-x.json'), '')
    writeFileSync(join(world.home, 'corrupt/1a2b3c4d-x.json.reason'), '')
    assert.equal(countJobs(openHome(world.home)), {
      waiting: 1,
      pending: 4,
      scheduled: 2,
      processing: 0,
      failed: 1,
      held: 1,
      dead: 1,
      completed: 1,
      corrupt: 1,
    })
  }),
)

for (const between of [
  ['pending', 'hold'],
  ['failed', 'pending'],
  ['pending', 'dead'],
] as [string, string][])
  test(
    `a job that moves between ${between.join('/ and ')}/ all the time is never said to be missing`,
    inWorld(async (world) => {
      const path = put(world, between[0], 'job1')
      for (let n = 0; n < 50; n++) put(world, 'pending', `other${n}`)
      const home = openHome(world.home)
      const mover = await racer(world.home, 'shuttle', { id: 'job1', between, times: 60_000 })
      let moved = 0
      const moving = mover.go().then((times) => (moved = times))
      let missed = 0
      let looks = 0
      for (; looks < 400; looks++) {
        if (!findExact(home, 'job1')) missed++
        if (findMatches(home, 'job1').length !== 1) missed++
      }
      await mover.end().then(() => moving.catch(() => {}))
      assert.is(missed, 0, `${missed} misses in ${looks} looks, ${moved} moves of ${basename(path)}`)
      assert.is(readdirSync(join(world.home, 'corrupt')).length, 0)
    }),
  )

const nth = (n: number, priority: number): string => formatName({ ...aName({ id: `j${n}`, priority }), due: n * 1000 })

test('however few are looked for at first, all are given, newest first', () => {
  const anyNames = fc.uniqueArray(fc.nat(500), { maxLength: 60 })
  fc.assert(
    fc.property(anyNames, fc.integer({ min: 1, max: 10 }), (numbers, few) => {
      const fileNames = numbers.map((n) => nth(n, (n % 7) - 3))
      const wanted = numbers.toSorted((a, b) => b - a).map((n) => nth(n, (n % 7) - 3))
      assert.equal([...newestFirst(fileNames, few)], wanted)
    }),
  )
})

test('dropped files come last', () => {
  const fileNames = ['mine.json', nth(2, 0), 'other.json', nth(1, 5)]
  assert.equal([...newestFirst(fileNames, 1)].slice(0, 2), [nth(2, 0), nth(1, 5)])
  assert.equal([...newestFirst(fileNames, 1)].length, 4)
})

test.run()
