import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runAll, SOON_MS } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import type { Event } from '../../../lib/journal/journal.ts'
import { openHome } from '../../../lib/spool/layout.ts'
import { recordEvents } from '../../../lib/journal/journal.ts'
import { shell } from '../../../fixtures/shell.ts'

const test = suite('queuectl events')

const parsed = (text: string): Event[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event)
const told = (text: string): string[] => parsed(text).map(({ job, event }) => `${job} ${event}`)

/** Events of these ages in milliseconds, oldest first. */
function tellPast({ home }: World, past: readonly (readonly [number, string])[]): void {
  for (const [ago, job] of past) recordEvents(openHome(home), [{ event: 'enqueued', job }], Date.now() - ago)
}

test(
  'it prints what happened, oldest first, a sentence a line',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'a', command: 'echo broken >&2; false', max_retries: 1 })
    await runAll(world)
    const { stdout } = await world.cli(['events'])
    const sentences = stdout.split('\n').map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ''))
    assert.is(sentences[0], 'a enqueued')
    assert.is(sentences[1], 'a (run 1) started')
    assert.is(sentences[3], 'a (run 1) is dead: exit code 1: broken')
  }),
)

test(
  '--json=lines is one object a line, and --json an array',
  inWorld(async (world) => {
    tellPast(world, [
      [10, 'a'],
      [5, 'b'],
    ])
    assert.equal(told((await world.cli(['events', '--json=lines'])).stdout), ['a enqueued', 'b enqueued'])
    const all = JSON.parse((await world.cli(['events', '--json'])).stdout) as Event[]
    assert.equal(
      all.map(({ job }) => job),
      ['a', 'b'],
    )
  }),
)

test(
  '--since takes an age, over midnight too',
  inWorld(async (world) => {
    tellPast(world, [
      [3 * 86_400_000, 'old'],
      [30 * 3_600_000, 'yesterday'],
      [1000, 'now'],
    ])
    const since = async (text: string): Promise<string[]> =>
      parsed((await world.cli(['events', '--json=lines', '--since', text])).stdout).map(({ job }) => job)
    assert.equal(await since('2d'), ['yesterday', 'now'])
    assert.equal(await since('1h'), ['now'])
  }),
)

test(
  '--since takes a date and time',
  inWorld(async (world) => {
    tellPast(world, [
      [7_200_000, 'old'],
      [1000, 'now'],
    ])
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
    assert.equal(told((await world.cli(['events', '--json=lines', '--since', hourAgo])).stdout), ['now enqueued'])
  }),
)

test(
  'events of a job that never was are not found, and those of one that was removed are',
  inWorld(async (world) => {
    tellPast(world, [[10, 'gone']])
    assert.is((await world.cli(['events', '--job', 'gone'])).code, 0)
    for (const more of [[], ['--follow']]) assert.is((await world.cli(['events', '--job', 'nosuch', ...more])).code, 4)
  }),
)

test(
  '--limit keeps the newest, --job those of one job',
  inWorld(async (world) => {
    tellPast(world, [
      [30, 'a'],
      [20, 'b'],
      [10, 'a'],
      [5, 'b'],
    ])
    assert.equal(told((await world.cli(['events', '--json=lines', '-n', '1'])).stdout), ['b enqueued'])
    assert.is(told((await world.cli(['events', '--json=lines', '--job', 'a'])).stdout).length, 2)
  }),
)

test(
  'without events it says so on stderr',
  inWorld(async ({ cli }) => {
    const { stdout, stderr, code } = await cli(['events'])
    assert.equal([stdout, stderr, code], ['', 'no events\n', 0])
  }),
)

test(
  '--follow shows the last ten, then each as it happens, until it is interrupted',
  inWorld(async (world) => {
    tellPast(
      world,
      Array.from({ length: 12 }, (_, i) => [20 - i, `p${i}`] as const),
    )
    const following = world.begin(['events', '--follow', '--json'])
    await until(
      () => following.stdout.includes('"p11"'),
      SOON_MS,
      () => following,
    )
    await world.queue.enqueue({ id: 'new', command: 'true' })
    await until(
      () => following.stdout.includes('"new"'),
      SOON_MS,
      () => following.stdout,
    )
    following.kill('SIGINT')
    const { code, stdout } = await following.ended
    assert.is(code, 130)
    assert.equal(told(stdout), [...Array.from({ length: 10 }, (_, i) => `p${i + 2} enqueued`), 'new enqueued'])
  }),
)

test(
  '--follow prints each event once while many are being recorded',
  inWorld(async (world) => {
    const wanted = Array.from({ length: 300 }, (_, i) => `j${i}`)
    const telling = (async () => {
      for (const id of wanted) await world.queue.enqueue({ id, command: 'true' })
    })()
    await until(async () => (await world.queue.count()).pending > 20, SOON_MS, 'some are enqueued')
    const following = world.begin(['events', '--follow', '--json', '--since', '1h'])
    await telling
    await until(
      () => following.stdout.includes('"j299"'),
      SOON_MS,
      () => following.stdout.slice(-200),
    )
    following.kill('SIGTERM')
    const { code, stdout } = await following.ended
    assert.is(code, 143)
    assert.equal(
      parsed(stdout).map(({ job }) => job),
      wanted,
    )
  }),
)

test(
  '--follow goes on with the next day',
  inWorld(async (world) => {
    tellPast(world, [[86_400_000, 'yesterday']])
    const following = world.begin(['events', '--follow', '--json'])
    await until(
      () => following.stdout.includes('yesterday'),
      SOON_MS,
      () => following,
    )
    tellPast(world, [[0, 'today']])
    await until(
      () => following.stdout.includes('today'),
      SOON_MS,
      () => following.stdout,
    )
    following.kill('SIGINT')
    await following.ended
  }),
)

test(
  '--follow waits for the rest of a line',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'journal'), { recursive: true })
    const path = join(world.home, 'journal', `${new Date().toISOString().slice(0, 10)}.ndjson`)
    const line = `${JSON.stringify({ at: new Date().toISOString(), event: 'enqueued', job: 'wörk' })}\n`
    const bytes = Buffer.from(line)
    const middle = bytes.indexOf(0xc3) + 1
    writeFileSync(path, '')
    const following = world.begin(['events', '--follow', '--json'])
    recordEvents(openHome(world.home), [{ event: 'enqueued', job: 'first' }])
    await until(
      () => following.stdout.includes('first'),
      SOON_MS,
      () => following,
    )
    writeFileSync(path, bytes.subarray(0, middle), { flag: 'a' })
    writeFileSync(path, bytes.subarray(middle), { flag: 'a' })
    await until(
      () => following.stdout.includes('wörk'),
      SOON_MS,
      () => following.stdout,
    )
    following.kill('SIGINT')
    await following.ended
  }),
)

test(
  'a reader that has gone ends it with success',
  inWorld(async (world) => {
    tellPast(
      world,
      Array.from({ length: 2000 }, (_, i) => [3000 - i, `p${i}`] as const),
    )
    const { stdout, stderr } = await shell(world, '{ queuectl events; echo $? >status; } | head -1; cat status')
    assert.match(stdout, /p0 enqueued\n0\n$/)
    assert.is(stderr, '')
  }),
)

test(
  '--since of nonsense is refused',
  inWorld(async ({ cli }) => assert.is((await cli(['events', '--since', 'recently'])).code, 2)),
)

test(
  'an event of a kind that a newer version records is shown plainly',
  inWorld(async ({ cli, home, queue }) => {
    await queue.count()
    const event = { at: new Date().toISOString(), event: 'put_to_sleep', job: 'job1' }
    appendFileSync(join(home, 'journal', `${event.at.slice(0, 10)}.ndjson`), `${JSON.stringify(event)}\n`)
    const { code, stdout } = await cli(['events'])
    assert.is(code, 0)
    assert.match(stdout, /  job1: put to sleep\n$/)
    assert.is((await cli(['metrics'])).code, 0)
  }),
)

test.run()
