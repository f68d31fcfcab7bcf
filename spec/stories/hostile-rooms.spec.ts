/** Something odd in the rooms that are made on first use: doors, limits, rates, schedules. It costs what it is about, no more. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inProcess } from '../../fixtures/in-process.ts'
import { add, runAll, settles } from '../../fixtures/jobs.ts'
import { PROGRAM } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'

const test = suite('hostile rooms')

/** One thing of a kind in each room, and the rooms themselves. */
const IN_ROOMS = ['waiting/p', 'limits/q.mail', 'rates/q.mail', 'rates/q.web/9-60', 'limits/q.web/1', 'fired/tick']
const ROOMS = ['waiting', 'limits', 'rates', 'fired']

const ODD: Readonly<Record<string, (path: string, outside: string) => void>> = {
  'a file': (path) => writeFileSync(path, 'x'),
  'a FIFO': (path) => makeFifos([path]),
  'a loop': (path) => symlinkSync(path, path),
  'a link to nothing': (path) => symlinkSync('nowhere', path),
  'a link out of the home': (path, outside) => symlinkSync(outside, path),
}

/** A home in which each room is in use: a job that is dead and was waited for, two queues with a limit and a rate, a schedule. */
async function furnish(world: World): Promise<void> {
  for (const queue of ['mail', 'web'])
    assert.is((await world.cli(['queue', 'set', queue, '--limit', '1', '--rate', '9/m', '--halt-after', '9'])).code, 0)
  assert.is((await world.cli(['schedule', 'add', 'tick', '--cron', '0 3 1 1 *', '--', 'true'])).code, 0)
  await add(world, 'exit 1', { id: 'p', max_retries: 0 })
  await add(world, 'true', { id: 'child', after: ['p'] })
  await add(world, 'true', { id: 'first', queue: 'mail' })
  await add(world, 'true', { id: 'second', queue: 'web' })
  await runAll(world)
}

/** What lies outside, by its path, with names that rooms have inside. */
function makeOutside(world: World): string {
  const outside = join(world.dir, 'outside')
  for (const dir of ['5', '3-60', '9-60', 'tick/7', 'q.mail/1']) mkdirSync(join(outside, dir), { recursive: true })
  writeFileSync(join(outside, 'tick/7/1000-20260101T000000.000000Z-alien.json'), '{"command":"true"}')
  writeFileSync(join(outside, 'tick/7/20260101T000000Z~01234567~1~fired'), '')
  for (const name of ['.failures', '.wanted', '3-60/kept']) writeFileSync(join(outside, name), 'keep')
  for (const name of ['3-60', '9-60', 'tick']) utimesSync(join(outside, name), 1, 1)
  return outside
}

const listed = (outside: string): string[] =>
  (readdirSync(outside, { recursive: true }) as string[])
    .sort()
    .map((name) => `${name} ${lstatSync(join(outside, name)).mtimeMs}`)

async function allAnswer(world: World): Promise<void> {
  for (const command of [
    'status',
    'list',
    'doctor',
    'explain child',
    'limit list',
    'queue list',
    'schedule list',
    'deps child',
  ]) {
    const { code, stdout, stderr } = await inProcess(world, command.split(' '))
    assert.ok(code !== null && code <= 6, `${command} ended with ${code}: ${stderr}`)
    assert.not.match(stdout + stderr, /^\s+at .*:\d+/m, command)
  }
}

// A room itself may be a link, as a person wishes.
for (const [what, make] of Object.entries(ODD))
  for (const places of what === 'a link out of the home' ? [IN_ROOMS] : [IN_ROOMS, ROOMS])
    test(
      `${what} in place of ${places === ROOMS ? 'each room' : 'something in each room'} is set aside, jobs run, and nothing outside is touched`,
      inWorld(async (world) => {
        await furnish(world)
        const outside = makeOutside(world)
        const before = listed(outside)
        for (const place of places) {
          const path = join(world.home, place)
          rmSync(path, { recursive: true, force: true })
          make(path, outside)
        }
        await add(world, 'true', { id: 'good' })
        for (const queue of ['mail', 'web']) await add(world, 'true', { id: `good-${queue}`, queue })
        await runAll(world, 2)
        for (const id of ['good', 'good-mail', 'good-web'])
          assert.is((await world.queue.get(id)).state, 'completed', id)
        await allAnswer(world)
        assert.equal(listed(outside), before)
        assert.ok(lstatSync(join(world.home, 'fired/tick')).isDirectory())
        // What could not be a door is made a door once one is needed.
        await add(world, 'false', { id: 'p2', max_retries: 0 })
        await add(world, 'true', { id: 'child2', after: [{ job: 'p2', when: 'fail' }] })
        await runAll(world)
        assert.is((await world.queue.get('child2')).state, 'completed')
        assert.equal(listed(outside), before)
      }),
    )

test(
  'a room may be a link to a directory',
  inWorld(async (world) => {
    for (const room of ROOMS) {
      mkdirSync(join(world.dir, room), { mode: 0o700 })
      symlinkSync(join(world.dir, room), join(world.home, room))
    }
    await furnish(world)
    assert.is((await world.queue.get('child')).cancelled?.because, 'p')
    for (const id of ['first', 'second']) assert.is((await world.queue.get(id)).state, 'completed')
    assert.ok(existsSync(join(world.dir, 'fired/tick/1')))
    assert.equal(readdirSync(join(world.home, 'corrupt')), [])
  }),
)

/** The program, such that permissions bind it even where root runs it. */
function bound(world: World): string {
  if (process.getuid?.() !== 0) return PROGRAM
  const drops = ['--bounding-set', '-dac_override,-dac_read_search']
  if (spawnSync('setpriv', [...drops, 'true']).status !== 0) skip('there is no setpriv')
  const path = join(world.dir, 'bound.cjs')
  const args = JSON.stringify([...drops, process.execPath, PROGRAM])
  writeFileSync(
    path,
    `const ran = require('node:child_process').spawnSync('setpriv', [...${args}, ...process.argv.slice(2)], { stdio: 'inherit' })\nprocess.exitCode = ran.status ?? 1\n`,
  )
  return path
}

const SHUT = [
  ['waiting/p', 'limits/q.mail', 'rates/q.mail', 'fired/tick'],
  ['waiting'],
  ['limits', 'rates'],
  ['schedules'],
  ['fired'],
]

for (const places of SHUT)
  test(
    `jobs that have nothing to do with it run while ${places.join(', ')} cannot be read`,
    inWorld(async (world) => {
      await furnish(world)
      const program = bound(world)
      mkdirSync(join(world.home, 'waiting/p'), { recursive: true })
      await add(world, 'true', { id: 'good' })
      await add(world, 'true', { id: 'good-mail', queue: 'mail' })
      for (const place of places) chmodSync(join(world.home, place), 0)
      try {
        const ran = await world.cli(['worker', 'start', '--foreground', '--burst'], { program })
        assert.is(ran.code, 0, ran.stderr)
        assert.match(ran.stderr, new RegExp(`${places[0]}`))
        assert.ok(
          readdirSync(join(world.home, 'done'), { recursive: true }).some((name) =>
            String(name).endsWith('-good.json'),
          ),
        )
        const status = await world.cli(['status'], { program })
        assert.is(status.code, 0, status.stderr)
      } finally {
        for (const place of places) chmodSync(join(world.home, place), 0o700)
      }
      await runAll(world)
      assert.is((await world.queue.get('good-mail')).attempts, 1)
      assert.equal(readdirSync(join(world.home, 'corrupt')), [])
    }),
  )

test(
  'no job starts while it cannot be seen which queues are paused, status says why, and all run afterwards',
  inWorld(async (world) => {
    await furnish(world)
    const queues = join(world.home, 'queues')
    renameSync(queues, join(world.dir, 'queues'))
    symlinkSync('../nowhere', queues)
    await add(world, 'true', { id: 'waits' })
    await runAll(world)
    assert.is((await world.queue.get('waits')).state, 'pending')
    assert.match((await world.cli(['explain', 'waits'])).stdout, /queues is not a directory/)
    assert.match((await world.cli(['doctor'])).stdout, /queues is not a directory/)
    rmSync(queues)
    symlinkSync('../queues', queues)
    await runAll(world)
    await settles(world.queue, 'waits')
  }),
)

test(
  'schedules that others may write to fire nothing, and that is said',
  inWorld(async (world) => {
    const { home } = world
    mkdirSync(join(home, 'schedules'), { recursive: true })
    chmodSync(join(home, 'schedules'), 0o777)
    writeFileSync(join(home, 'schedules/theirs.json'), '{"every":"1s","job":{"command":"true"}}')
    const worker = await world.startWorker()
    await settles(world.queue, (await add(world, 'true', { id: 'good' })).id)
    assert.match(worker.stderr, /schedules can be written to by others, who could run commands as you/)
    assert.not.ok(existsSync(join(home, 'fired')))
    worker.kill()
    assert.match((await world.cli(['doctor'])).stdout, /schedules can be written to by others/)
    assert.match(readFileSync(join(home, 'schedules/theirs.json'), 'utf8'), /1s/)
  }),
)

test.run()
