/** Unique keys: of any number of enqueues of one at once exactly one makes a job, and the others are told its id. */
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, runAll, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { cleanEnv, start } from '../../fixtures/program.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import { QueueError } from '../../lib/errors.ts'
import type { Job } from '../../lib/job/job.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { sweep } from '../../lib/spool/leftovers.ts'

const test = suite('unique')

const codeOf = (result: unknown): string => (result instanceof QueueError ? result.code : `no error: ${String(result)}`)
const refusal = (promise: Promise<unknown>): Promise<string> => promise.catch((error: unknown) => error).then(codeOf)
const linksOf = ({ home }: World, key: string): string[] => readdirSync(join(home, 'unique', key)).sort()

test(
  'a second job of a key is not enqueued, and the answer is the first',
  inWorld(async (world) => {
    const first = await add(world, 'true', { unique: 'report' })
    const second = await add(world, 'true', { unique: 'report' })
    assert.is(first.deduplicated, undefined)
    assert.is(second.id, first.id)
    assert.is(second.deduplicated, true)
    assert.is((await world.queue.list()).length, 1)
  }),
)

test(
  'the command prints the id of the job that is there, and succeeds',
  inWorld(async (world) => {
    const first = await add(world, 'true', { unique: 'report' })
    const said = await world.cli(['enqueue', '--unique', 'report', '-c', 'true'])
    assert.is(said.code, 0, said.stderr)
    assert.is(said.stdout, `Already there: ${first.id}\n`)
  }),
)

test(
  'a second job of a key is refused where that is asked for',
  inWorld(async (world) => {
    const { id } = await add(world, 'true', { unique: 'report' })
    const said = await world.cli(['enqueue', '--unique', 'report', '--on-conflict', 'reject', '-c', 'true'])
    assert.is(said.code, 1)
    assert.match(said.stderr, `the unique key report: ${id} has it`)
  }),
)

test(
  'a key is free again once its job is completed, and once it is dead',
  inWorld(async (world) => {
    for (const command of ['true', 'false', 'true']) {
      const job = await add(world, command, { unique: 'report', max_retries: 1 })
      assert.is(job.deduplicated, undefined)
      await runAll(world)
    }
    assert.equal(linksOf(world, 'report'), ['1', '1.used', '2', '2.used', '3', '3.used'])
  }),
)

test(
  'with success:TIME a job that has completed keeps another one out for that time',
  inWorld(async (world) => {
    const { id } = await add(world, 'true', { unique: 'report' })
    await runAll(world)
    const again = await add(world, 'true', { unique: 'report', unique_while: 'success:1h' })
    assert.is(again.id, id)
    assert.is((await add(world, 'true', { unique: 'report' })).deduplicated, undefined)
  }),
)

test(
  'while a job runs another one may be enqueued where only queued ones count, and one more may not',
  inWorld(async (world) => {
    const wanted = { unique: 'report', unique_while: 'queued' }
    const first = await add(world, untilLetGo('first'), wanted)
    await world.startWorker()
    await isUp(world, 'first')
    assert.is((await add(world, 'true', { unique: 'report' })).id, first.id)
    const second = await add(world, untilLetGo('second'), { ...wanted, run_at: '2099-01-01T00:00:00Z' })
    assert.is.not(second.id, first.id)
    assert.is((await add(world, 'true', wanted)).id, second.id)
    letGo(world, 'first')
    await settles(world.queue, first.id)
  }),
)

test(
  'of 16 commands at once that enqueue one key, one makes a job and all others are told its id',
  inWorld(async (world) => {
    for (const key of ['a', 'b', 'c']) {
      const said = await Promise.all(
        Array.from({ length: 16 }, () => world.cli(['enqueue', '--json', '--unique', key, '-c', 'true'])),
      )
      const jobs = said.map(({ stdout }) => JSON.parse(stdout) as Job)
      assert.is(jobs.filter(({ deduplicated }) => !deduplicated).length, 1)
      assert.is(new Set(jobs.map(({ id }) => id)).size, 1)
    }
    assert.is((await world.queue.list()).length, 3)
  }),
)

test(
  'of 16 programs that enqueue the same keys at once, one makes the job of each and all others are told its id',
  inWorld(async (world) => {
    const keys = rounds(20, 1000)
    await world.queue.count()
    const racer = fileURLToPath(new URL('key-racer.js', import.meta.url))
    const racers = Array.from({ length: 16 }, () =>
      start(process.execPath, [racer, world.home, String(keys)], { cwd: world.dir, env: cleanEnv() }),
    )
    const ran = await Promise.all(racers.map(({ ended }) => ended))
    for (const { code, stderr } of ran) assert.is(code, 0, stderr)
    const lines = ran.flatMap(({ stdout }) => stdout.trim().split('\n'))
    assert.is(lines.filter((line) => line.endsWith(' made')).length, keys)
    assert.is(new Set(lines.map((line) => line.replace(/ \w+$/, ''))).size, keys, 'each key has one id')
    assert.is((await world.queue.list()).length, keys)
  }),
)

test(
  'of jobs of one key that are enqueued together, the first is made',
  inWorld(async (world) => {
    const results = await world.queue.enqueueAll(
      ['z', 'a', 'z', 'a'].map((unique, n) => ({ command: 'true', unique, id: `job${n}` })),
    )
    const ids = results.map((result) => (result instanceof QueueError ? result.code : result.id))
    assert.equal(ids, ['job0', 'job1', 'job0', 'job1'])
    assert.is((await world.queue.list()).length, 2)
  }),
)

test(
  'two processes that enqueue the same keys in opposite order do not wait for each other',
  inWorld(async (world) => {
    const keys = Array.from({ length: 50 }, (_, n) => `key${n}`)
    const input = (names: string[]): string =>
      names.map((unique) => JSON.stringify({ command: 'true', unique })).join('\n')
    const [one, other] = await Promise.all(
      [keys, keys.toReversed()].map((names) => world.cli(['enqueue', '-q', '-'], { input: input(names) })),
    )
    assert.is(one?.code, 0, one?.stderr)
    assert.is(other?.code, 0, other?.stderr)
    assert.is((await world.queue.list()).length, keys.length)
    assert.equal(one?.stdout.split('\n').sort(), other?.stdout.split('\n').sort())
  }),
)

test(
  'a key that a process took and died with before its job was there is free',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'unique/report'), { recursive: true })
    const dead = { ...ownIdentity(), start: '1', job: 'nobody', file: 'tmp/nobody.1-00000000.new' }
    writeFileSync(join(world.home, 'unique/report/1'), JSON.stringify(dead))
    assert.is((await add(world, 'true', { unique: 'report' })).deduplicated, undefined)
    assert.equal(linksOf(world, 'report'), ['1', '2', '2.used'])
  }),
)

test(
  'a key that a power cut tore is free',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'unique/report'), { recursive: true })
    writeFileSync(join(world.home, 'unique/report/1'), '{"pid":')
    assert.is((await add(world, 'true', { unique: 'report' })).deduplicated, undefined)
  }),
)

test(
  'a process that is about to publish its job is waited for',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'unique/report'), { recursive: true })
    writeFileSync(
      join(world.home, 'unique/report/1'),
      JSON.stringify({ ...ownIdentity(), job: 'soon', file: 'tmp/soon.1-00000000.new' }),
    )
    const said = world.cli(['enqueue', '--unique', 'report', '-c', 'true'])
    await until(
      () => readdirSync(join(world.home, 'tmp')).some((name) => name.startsWith('unique.')),
      SOON_MS,
      'it waits',
    )
    writeFileSync(join(world.home, 'unique/report/1.used'), '')
    const { code, stdout } = await said
    assert.is(code, 0)
    assert.match(stdout, /^Enqueued /)
  }),
)

test(
  'a job whose id is another job by now keeps nobody out',
  inWorld(async (world) => {
    await add(world, 'true', { unique: 'report', id: 'a' })
    await world.queue.cancel('a')
    await world.queue.purge('a')
    await add(world, 'true', { id: 'a' })
    assert.is((await add(world, 'true', { unique: 'report' })).deduplicated, undefined)
  }),
)

test(
  'a dropped file whose key is taken is set aside with the id of the job that has it',
  inWorld(async (world) => {
    const { id } = await add(world, 'false', { unique: 'report', run_at: '2099-01-01T00:00:00Z' })
    writeFileSync(join(world.home, 'pending/mine.json'), JSON.stringify({ command: 'true', unique: 'report' }))
    await runAll(world)
    const shown = await world.cli(['doctor'])
    assert.match(shown.stdout, `unique: ${id} has the key report`)
  }),
)

test(
  'a dead job is not retried while another one has its key, unless that is asked for, and has the key afterwards',
  inWorld(async (world) => {
    const dead = await add(world, 'false', { unique: 'report', max_retries: 1 })
    await runAll(world)
    const other = await add(world, 'true', { unique: 'report', run_at: '2099-01-01T00:00:00Z' })
    assert.is(await refusal(world.queue.retry(dead.id)), 'WRONG_STATE')
    await world.queue.cancel(other.id)
    await world.queue.retry(dead.id)
    assert.is((await add(world, 'true', { unique: 'report' })).id, dead.id)
    assert.is((await world.queue.retry(other.id, { force: true })).state, 'pending')
  }),
)

test(
  'a key whose job is gone is swept after a day, and one whose job is there is not',
  inWorld(async (world) => {
    const { id } = await add(world, 'true', { unique: 'gone' })
    await add(world, 'true', { unique: 'kept' })
    await world.queue.cancel(id)
    await world.queue.purge(id)
    for (const key of ['gone', 'kept']) utimesSync(join(world.home, 'unique', key), 1, 1)
    sweep(openHome(world.home), Date.now())
    assert.equal(readdirSync(join(world.home, 'unique')), ['kept'])
  }),
)

for (const [what, more] of [
  ['an empty key', { unique: '' }],
  ['a time without a key', { unique_while: 'queued' }],
  ['what is to become of a conflict without a key', { on_conflict: 'reject' }],
  ['a word that is no time', { unique: 'a', unique_while: 'soon' }],
  ['replace, which does not exist', { unique: 'a', on_conflict: 'replace' }],
] as const)
  test(
    `${what} is refused`,
    inWorld(async (world) => {
      assert.is(await refusal(add(world, 'true', more as object)), 'INVALID_JOB')
    }),
  )

test.run()
