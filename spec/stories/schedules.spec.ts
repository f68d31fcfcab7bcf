/** Schedules as people use them: the commands, files by hand, overlapping jobs, workers that are killed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { isUp, letGo, linesOf, outputOf, runAll, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('schedules')

const file = (world: World, name: string): string => join(world.home, 'schedules', `${name}.json`)

async function ok({ cli }: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(args)
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

/** The ids of the jobs that a schedule has made, as its history says. */
const made = async ({ queue }: World, name: string): Promise<string[]> =>
  (await queue.scheduleHistory(name)).flatMap(({ job }) => job ?? [])

/** A schedule whose last time was so many seconds ago, as if no worker had been there since. */
async function missedSince(world: World, name: string, members: object, seconds: number): Promise<void> {
  await world.queue.addSchedule(name, { job: { command: 'true', cwd: world.dir }, ...members })
  const dir = join(world.home, 'fired', name, '1')
  const [stamp = ''] = readdirSync(dir)
  const then = new Date(Date.now() - seconds * 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  rmSync(join(dir, stamp))
  writeFileSync(join(dir, stamp.replace(/^[^~]+/, then)), '')
}

test(
  'a schedule makes a job at each of its times, which knows what it is for',
  inWorld(async (world) => {
    assert.match(
      await ok(
        world,
        'schedule',
        'add',
        'tick',
        '--every',
        '1s',
        '--tag',
        'x',
        '-c',
        'echo $QUEUECTL_SCHEDULE $QUEUECTL_SCHEDULED_FOR',
      ),
      /^Added tick\n {2}every 1s\n {2}20/,
    )
    await world.startWorker({ count: 2 })
    const id = await until(async () => (await made(world, 'tick')).at(-1), SOON_MS, 'it fired')
    const job = await settles(world.queue, id)
    assert.equal([job.schedule, job.tags], ['tick', ['x']])
    assert.is((await outputOf(world.queue, id)).out, `tick ${job.schedule_time}\n`)
    assert.match(id, /^tick-\d{8}T\d{6}Z-\d+$/)
  }),
)

test(
  'each time fires once, whoever of several workers is killed',
  inWorld(async (world) => {
    const log = join(world.dir, 'log')
    await world.queue.addSchedule('tick', {
      every: '1s',
      missed: 'all',
      overlap: 'allow',
      job: { command: `echo $QUEUECTL_SCHEDULED_FOR >>${log}`, cwd: world.dir },
    })
    const first = Date.now()
    for (let round = 0; round < rounds(3, 40); round++) {
      const workers = [await world.startWorker(), await world.startWorker()]
      const before = linesOf(log).length
      await until(() => linesOf(log).length >= before + 1, SOON_MS, 'one ran')
      for (const worker of workers) worker.kill('SIGKILL')
      await Promise.all(workers.map(({ ended }) => ended))
    }
    await runAll(world)
    const times = linesOf(log)
      .map(Date.parse)
      .sort((a, b) => a - b)
    assert.ok(times.length >= Math.floor((Date.now() - first) / 1000) - 1, `${times.length} times`)
    for (const [n, at] of times.entries()) if (n > 0) assert.is(at - (times[n - 1] ?? 0), 1000)
    for (const [id, state] of assertHomeIntact(world.home)) assert.is(state, 'completed', id)
  }),
)

for (const [missed, jobs] of [
  ['once', 1],
  ['skip', 0],
  ['all', 5],
] as const)
  test(
    `of five times at which no worker was there, missed ${missed} makes ${jobs}`,
    inWorld(async (world) => {
      await missedSince(world, 'x', { every: '1h', missed, overlap: 'allow' }, 5 * 3600 + 1800)
      await runAll(world)
      assert.is((await made(world, 'x')).length, jobs)
      await runAll(world)
      assert.is((await world.queue.count()).completed, jobs)
    }),
  )

test(
  'with overlap skip nothing is made while its last job runs',
  inWorld(async (world) => {
    await world.queue.addSchedule('x', { every: '1s', job: { command: untilLetGo('a'), cwd: world.dir } })
    await world.startWorker({ count: 3 })
    await isUp(world, 'a')
    await until(
      async () => (await world.queue.scheduleHistory('x')).some(({ did }) => did === 'skipped'),
      SOON_MS,
      'one was skipped',
    )
    assert.is((await made(world, 'x')).length, 1)
    await ok(world, 'schedule', 'rm', 'x')
    letGo(world, 'a')
    await until(async () => (await world.queue.count()).completed === 1, SOON_MS, 'it ended')
  }),
)

test(
  'with overlap queue the next one waits for its last job',
  inWorld(async (world) => {
    await world.queue.addSchedule('x', {
      every: '1s',
      max_runs: 2,
      overlap: 'queue',
      job: { command: untilLetGo('a'), cwd: world.dir },
    })
    await world.startWorker({ count: 3 })
    await isUp(world, 'a')
    const run_at = new Date(Date.now() + 2500).toISOString()
    await world.queue.enqueue({ id: 'later', command: 'true', run_at, cwd: world.dir })
    await settles(world.queue, 'later')
    assert.is((await made(world, 'x')).length, 1)
    letGo(world, 'a')
    await until(async () => (await world.queue.count()).completed === 3, SOON_MS, 'both ran')
    assert.is((await world.queue.schedule('x'))?.state, 'over')
  }),
)

test(
  'with overlap replace its last job is cancelled',
  inWorld(async (world) => {
    await world.queue.addSchedule('x', {
      every: '1s',
      max_runs: 2,
      overlap: 'replace',
      job: { command: untilLetGo('a'), cwd: world.dir },
    })
    await world.startWorker({ count: 3 })
    await until(async () => (await made(world, 'x')).length === 2, SOON_MS, 'it was replaced')
    const [second = '', first = ''] = await made(world, 'x')
    assert.match((await settles(world.queue, first, 'dead')).cancelled?.reason ?? '', /the schedule x occurs again/)
    letGo(world, 'a')
    await settles(world.queue, second)
  }),
)

test(
  'a file that is dropped is obeyed, and one that is removed no more',
  inWorld(async (world) => {
    await world.startWorker()
    mkdirSync(join(world.home, 'schedules'))
    writeFileSync(file(world, 'x'), '{"every":"1s","job":{"command":"true"}}')
    await until(async () => (await made(world, 'x')).length >= 2, SOON_MS, 'it fires')
    rmSync(file(world, 'x'))
    await world.queue.enqueue({
      id: 'a',
      command: 'true',
      run_at: new Date(Date.now() + 2500).toISOString(),
      cwd: world.dir,
    })
    const before = (await made(world, 'x')).length
    await settles(world.queue, 'a')
    assert.ok((await made(world, 'x')).length <= before + 1)
  }),
)

test(
  'one that cannot be read is named by list, status, doctor and check, and mended fires',
  inWorld(async (world) => {
    await missedSince(world, 'x', { every: '1h' }, 5400)
    const good = readFileSync(file(world, 'x'), 'utf8')
    writeFileSync(file(world, 'x'), good.replace('"every"', '"evry"'))
    const ran = await world.cli(['worker', 'start', '--foreground', '--burst'])
    assert.match(ran.stderr, /schedules\/x\.json cannot be obeyed, so it fires nothing: there is no member "evry"/)
    assert.match(await ok(world, 'schedule', 'list'), /BAD: there is no member "evry"/)
    assert.match(await ok(world, 'status'), /Schedule: {3}x fires nothing: there is no member "evry"/)
    assert.match((await world.cli(['doctor'])).stdout, /x\.json fires nothing/)
    const checked = await world.cli(['schedule', 'check'])
    assert.is(checked.code, 2)
    assert.match(checked.stdout, /schedules\/x\.json:[2-9]: there is no member "evry"/)
    writeFileSync(file(world, 'x'), good)
    await runAll(world)
    assert.is((await made(world, 'x')).length, 1)
  }),
)

test(
  'pause, resume, run-now, edit and rm do what they say',
  inWorld(async (world) => {
    await ok(world, 'schedule', 'add', 'x', '--cron', '30 2 * * *', '--tz', 'Europe/Berlin', '--', 'true')
    assert.is(await ok(world, 'schedule', 'pause', 'x', '-m', 'holidays'), 'Paused x\n')
    assert.match(
      await ok(world, 'schedule', 'show', 'x'),
      /^x: paused \(holidays\)\n {2}runs true\n.*\n {2}at 02:30 every day, Europe\/Berlin\n/,
    )
    assert.is(await ok(world, 'schedule', 'resume', 'x'), 'Resumed x\n')
    assert.is(await ok(world, 'schedule', 'resume', 'x'), 'x: not paused\n')
    assert.match(await ok(world, 'schedule', 'run-now', 'x'), /^Enqueued x-manual-[0-9A-Z]{26}\n$/)
    const editor = { env: { EDITOR: 'sed -i s/30/45/' } }
    const edited = await world.cli(['schedule', 'edit', 'x'], editor)
    assert.match(edited.stdout, /^Changed x\n {2}at 02:45 every day/)
    const spoiled = await world.cli(['schedule', 'edit', 'x'], { env: { EDITOR: 'sed -i s/45/99/' } })
    assert.is(spoiled.code, 2)
    assert.match(spoiled.stderr, /invalid schedule x: cron.*\n.*your text is in /)
    assert.match(readFileSync(file(world, 'x'), 'utf8'), /45 2/)
    assert.is(await ok(world, 'schedule', 'rm', 'x'), 'Removed x\n')
    assert.not.ok(existsSync(file(world, 'x')))
  }),
)

test(
  'next prints the next times in the zone of the schedule, or in another',
  inWorld(async (world) => {
    await ok(world, 'schedule', 'add', 'x', '--cron', '30 2 * * *', '--tz', 'Asia/Kathmandu', '--', 'true')
    const own = await ok(world, 'schedule', 'next', 'x', '-n', '2')
    assert.is([...own.matchAll(/02:30:00 Asia\/Kathmandu/g)].length, 2)
    assert.match(await ok(world, 'schedule', 'next', '--tz', 'UTC'), /20:45:00 UTC/)
  }),
)

test(
  'a crontab is imported, and what cannot be is named',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'crontab.txt'), 'A=1\n30 2 * * * ./backup.sh\n@reboot ./start\n')
    const dry = await world.cli(['schedule', 'import', 'crontab.txt', '--tz', 'UTC', '--dry-run'])
    assert.equal(
      [dry.code, dry.stdout],
      [
        6,
        'crontab.txt:2: would add backup: at 02:30 every day, UTC\ncrontab.txt:3: not imported: @reboot names no time; a service can run a command at boot\n',
      ],
    )
    assert.equal(await world.queue.schedules(), [])
    assert.is((await world.cli(['schedule', 'import', 'crontab.txt', '--tz', 'UTC'])).code, 6)
    assert.equal(
      (await world.queue.schedules()).map(({ name }) => name),
      ['backup'],
    )
    const again = await world.cli(['schedule', 'import', 'crontab.txt'])
    assert.equal([again.code, /nothing was added/.test(again.stderr)], [3, true])
  }),
)

for (const [args, code, words] of [
  [['add'], 2, /which name\?/],
  [['add', 'x', '--', 'true'], 2, /one of cron and every/],
  [['add', 'x', '--cron', '61 * * * *', '--', 'true'], 2, /cron: "61 \* \* \* \*"/],
  [['add', '../x', '--every', '1m', '--', 'true'], 2, /a name is/],
  [['add', 'x', '--every', '1m', '--run-at', '2030-01-01', '--', 'true'], 2, /run_at is of a single job/],
  [['show', 'nosuch'], 4, /no schedule "nosuch"/],
  [['pause', 'nosuch'], 4, /no such schedule/],
  [['run-now', 'nosuch'], 4, /no such schedule/],
  [['rm', '../x'], 4, /no such schedule/],
  [['next', '--tz', 'Mars/Base'], 2, /no time zone/],
  [['check', 'nosuch.json'], 4, /cannot check/],
] as const)
  test(
    `schedule ${args.join(' ')} is refused with ${code}`,
    inWorld(async ({ cli }) => {
      const ran = await cli(['schedule', ...args])
      assert.is(ran.code, code, ran.stdout + ran.stderr)
      assert.match(ran.stderr, words)
    }),
  )

test(
  'an id of the form that schedules make is refused',
  inWorld(async ({ cli }) => {
    const ran = await cli(['enqueue', '--id', 'backup-20261125T030000Z-42', '--', 'true'])
    assert.is(ran.code, 2)
    assert.match(ran.stderr, /made by schedules/)
  }),
)

test.run()
