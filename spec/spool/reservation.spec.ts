/** Chosen ids: unique over all states, at the same moment too, and free again when nothing holds them. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { race } from '../../fixtures/race.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { SOON_MS } from '../../fixtures/jobs.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import { findExact } from '../../lib/spool/lookup.ts'

const test = suite('reserving ids')

/** The id, or the code of the refusal. */
const attempt = ({ queue }: World, id: string): Promise<string> =>
  queue.enqueue({ command: 'true', id }).then(
    (job) => job.id,
    (error: unknown) => {
      if (error instanceof QueueError) return error.code
      throw error
    },
  )

/** Moves the job by hand, as a person does with mv. */
function moveByHand({ home }: World, id: string, place: string): void {
  const seen = findExact(openHome(home), id)
  if (!seen) throw new Error(`no ${id}`)
  mkdirSync(join(home, place), { recursive: true })
  renameSync(seen.path, join(home, place, seen.fileName))
}

/** A reservation as a process leaves it that died before it published the job. */
function leaveReservation({ home }: World, id: string, text: string): void {
  mkdirSync(join(home, 'logs', id))
  writeFileSync(join(home, 'logs', id, '.reserved.1'), text)
}

/** Who a process is that has ended. */
const deadOwner = (): string => JSON.stringify({ ...ownIdentity(), pid: process.pid, start: '1' })

const PLACES = {
  pending: 'pending',
  scheduled: 'scheduled',
  processing: 'processing/worker-1-abcdef',
  failed: 'failed',
  held: 'hold',
  dead: 'dead',
  completed: 'done/2026-11-22',
  'an operator’s hands': 'processing/operator-1-abcdef/dead',
}
for (const [state, place] of Object.entries(PLACES))
  test(
    `an id is refused while its job is in ${state}`,
    inWorld(async (world) => {
      await attempt(world, 'job1')
      moveByHand(world, 'job1', place)
      assert.is(await attempt(world, 'job1'), 'DUPLICATE_JOB')
      // Also when the enqueueing process has ended, and its reservation with it.
      writeFileSync(join(world.home, 'logs/job1/.reserved.1'), deadOwner())
      assert.is(await attempt(world, 'job1'), 'DUPLICATE_JOB')
      assert.is(assertHomeIntact(world.home).size, 1)
    }),
  )

test(
  'the refusal says how to see the job that has the id',
  inWorld(async ({ queue }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    try {
      await queue.enqueue({ command: 'true', id: 'job1' })
      assert.unreachable()
    } catch (error) {
      assert.instance(error, QueueError)
      assert.match(`${(error as QueueError).message} ${(error as QueueError).hint}`, /job1.*exists.*show job1/)
    }
  }),
)

for (const id of [
  'last',
  'all',
  'worker-1',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '01arz3ndektsv4rrffq69g5fav',
  'a.json',
  '',
  '.',
  '..',
  '-x',
  'a/b',
  'a\nb',
  'a\0b',
  'ä',
  'a@b',
  'x'.repeat(129),
  'x'.repeat(10_240),
])
  test(
    `the id ${JSON.stringify(id.slice(0, 30))} (${id.length} characters) is refused before anything is written`,
    inWorld(async (world) => {
      assert.is(await attempt(world, id), 'INVALID_JOB')
      for (const place of ['pending', 'tmp', 'logs']) assert.equal(readdirSync(join(world.home, place)), [])
    }),
  )

for (const id of [
  '0',
  'LAST',
  'worker',
  'x'.repeat(128),
  'a.b-c_d',
  'done',
  'constructor',
  '1000-20261122T101500.123456Z-x',
])
  test(
    `the id ${id.slice(0, 30)} may be chosen`,
    inWorld(async (world) => {
      assert.is(await attempt(world, id), id)
      assert.is(assertHomeIntact(world.home).get(id), 'pending')
    }),
  )

const LEFTOVERS: Record<string, string> = {
  'a process that has ended': deadOwner(),
  'a process of another boot': JSON.stringify({ ...ownIdentity(), boot: 'another' }),
  'a process whose note a power cut emptied': '',
  'a process whose note a power cut tore': '{"pid":1,',
  'something that is not a process': 'null',
}
for (const [whose, text] of Object.entries(LEFTOVERS))
  test(
    `an id that ${whose} reserved and never used is free`,
    inWorld(async (world) => {
      leaveReservation(world, 'job1', text)
      assert.is(await attempt(world, 'job1'), 'job1')
      assert.is(await attempt(world, 'job1'), 'DUPLICATE_JOB')
    }),
  )

test(
  'an id that another machine reserved with an older version is free: it did not name what it needs to publish',
  inWorld(async (world) => {
    leaveReservation(world, 'job1', JSON.stringify({ ...ownIdentity(), machine: 'another' }))
    assert.is(await attempt(world, 'job1'), 'job1')
  }),
)

/** A clock that is ahead, for a program that is started with it. */
const TWO_MINUTES_LATER = `--import=data:text/javascript,${encodeURIComponent('{ const now = Date.now; Date.now = () => now() + 120_000 }')}`

/** Processes of which a pid tells us nothing, and what their reservations say. */
const UNKNOWN = {
  'another pid namespace': { ns: '1' },
  'another boot with our own machine id (a clone, or we before a reboot)': { boot: 'another' },
  'another machine': { boot: 'another', machine: 'another' },
}
for (const [whose, card] of Object.entries(UNKNOWN))
  test(
    `an id that a process of ${whose} reserved is taken only while that process cannot publish`,
    inWorld(async (world) => {
      const scratch = join(world.home, 'tmp/job1.1a2b3c4d.new')
      leaveReservation(
        world,
        'job1',
        JSON.stringify({ ...ownIdentity(), pid: 1, ...card, file: 'tmp/job1.1a2b3c4d.new' }),
      )
      writeFileSync(scratch, '')
      assert.is(await attempt(world, 'job1'), 'DUPLICATE_JOB')
      rmSync(scratch)
      assert.is(await attempt(world, 'job1'), 'job1')
    }),
  )

test(
  'a process that may live and has not published for a minute is kept from publishing, and only then its id is taken',
  inWorld(async (world) => {
    const scratch = join(world.home, 'tmp/job1.1a2b3c4d.new')
    leaveReservation(world, 'job1', JSON.stringify({ ...ownIdentity(), ns: '1', file: 'tmp/job1.1a2b3c4d.new' }))
    writeFileSync(scratch, '')
    const said = await world.cli(['enqueue', '--id', 'job1', 'true'], { env: { NODE_OPTIONS: TWO_MINUTES_LATER } })
    assert.is(said.code, 0, said.stderr)
    assert.not(existsSync(scratch))
  }),
)

test(
  'a file of a reservation that lies elsewhere than a job that is being made is neither looked at nor removed',
  inWorld(async (world) => {
    const mine = join(world.home, 'mine.new')
    writeFileSync(mine, '')
    for (const file of ['tmp/../mine.new', 'processing/worker-1/../../mine.new', mine, '../mine.new']) {
      leaveReservation(world, 'job1', JSON.stringify({ ...ownIdentity(), ns: '1', file }))
      assert.is(await attempt(world, 'job1'), 'job1')
      await world.queue.cancel('job1')
      await world.queue.purge('job1')
      assert.ok(existsSync(mine))
    }
  }),
)

test(
  'of enqueues of the same ids from two pid namespaces, one wins each',
  inWorld(async (world) => {
    const unshare = ['unshare', '--pid', '--fork', '--mount-proc']
    if (spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']).status !== 0) skip('only root may unshare')
    const ids = Array.from({ length: 400 }, (_, n) => `x${n}`)
    const batch = world.begin(['enqueue', '-'], {
      input: ids.map((id) => JSON.stringify({ command: 'true', id })).join('\n'),
    })
    await until(() => existsSync(join(world.home, 'logs/x20')), SOON_MS, 'some ids are reserved')
    const other = start(
      unshare[0] ?? '',
      [...unshare.slice(1), process.execPath, PROGRAM, 'enqueue', '--id', 'x3', 'true'],
      {
        cwd: world.dir,
        env: { ...cleanEnv(), HOME: world.dir, QUEUECTL_HOME: world.home },
      },
    )
    const [all, one] = await Promise.all([batch.ended, other.ended])
    assert.is([all.code, one.code].filter((code) => code === 0).length, 1, all.stderr + one.stderr)
    assert.is(readdirSync(join(world.home, 'pending')).filter((name) => name.endsWith('-x3.json')).length, 1)
  }),
)

test(
  'an id whose directory of logs is empty is free',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'logs/job1'))
    assert.is(await attempt(world, 'job1'), 'job1')
  }),
)

test(
  'an id is free once its job and its logs are pruned',
  inWorld(async (world) => {
    await attempt(world, 'job1')
    await world.queue.cancel('job1')
    await world.queue.purge('job1')
    assert.is(await attempt(world, 'job1'), 'job1')
  }),
)

test(
  'an id is free once its job was removed by hand, while the enqueueing process lives on',
  inWorld(async (world) => {
    await attempt(world, 'job1')
    rmSync(findExact(openHome(world.home), 'job1')?.path ?? '')
    assert.is(await attempt(world, 'job1'), 'job1')
    await world.queue.enqueueAll([{ command: 'true', id: 'job2' }])
    rmSync(findExact(openHome(world.home), 'job2')?.path ?? '')
    assert.is(await attempt(world, 'job2'), 'job2')
  }),
)

test(
  'a file in the way of the logs of an id is an error, and not a wait for ever',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'logs/job1'), 'in the way')
    assert.is(await attempt(world, 'job1'), 'NOT_WRITABLE')
    assert.equal(readdirSync(join(world.home, 'tmp')), [])
  }),
)

/** How many processes race. */
const PROCESSES = rounds(10, 30)

test(
  'when many processes want one id, exactly one gets it, and each gets the id that only it wants',
  inWorld(async ({ home }) => {
    const wanted = Array.from({ length: PROCESSES }, (_, n) => ['shared', `own${n}`])
    const told = await race(home, 'enqueue', wanted)
    assert.is(told.filter(([shared]) => shared === 'shared').length, 1)
    assert.is(told.filter(([shared]) => shared === 'DUPLICATE_JOB').length, PROCESSES - 1)
    const own = wanted.map(([, id = '']) => id)
    assert.equal(
      told.map(([, id]) => id),
      own,
    )
    assert.equal([...assertHomeIntact(home).keys()].toSorted(), ['shared', ...own].toSorted())
    assert.equal(readdirSync(join(home, 'tmp')), [])
  }),
)

test(
  'when many processes find the reservation of a dead one, exactly one takes it over',
  inWorld(async (world) => {
    const rivals = rounds(4, 6)
    const leftovers = Array.from({ length: 50 }, (_, n) => `job${n}`)
    for (const id of leftovers) leaveReservation(world, id, deadOwner())
    const told = await race(
      world.home,
      'enqueue',
      Array.from({ length: rivals }, () => leftovers),
    )
    for (const [n, id] of leftovers.entries()) {
      assert.is(told.filter((one) => one[n] === id).length, 1, id)
      assert.is(told.filter((one) => one[n] === 'DUPLICATE_JOB').length, rivals - 1, id)
    }
    assert.equal([...assertHomeIntact(world.home).keys()].toSorted(), leftovers.toSorted())
  }),
)

test.run()
