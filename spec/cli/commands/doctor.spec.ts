import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isAlive, isUp, letGo, linesOf, runAll, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { onTmpfs } from '../../../fixtures/mounts.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { retryJob } from '../../../lib/operator/retry.ts'
import type { Diagnosis } from '../../../lib/queue.ts'
import { openHome } from '../../../lib/spool/layout.ts'

const test = suite('queuectl doctor')

interface Told {
  readonly code: number | null
  /** `level check: what`, one a finding. */
  readonly found: readonly string[]
  readonly fixed: readonly string[]
  readonly diagnosis: Diagnosis
}

async function doctor({ cli }: World, ...args: readonly string[]): Promise<Told> {
  const { code, stdout, stderr } = await cli(['doctor', '--json', ...args])
  assert.is(stderr, '')
  const diagnosis = JSON.parse(stdout) as Diagnosis
  const all = diagnosis.checks.flatMap(({ check, findings }) => findings.map((one) => ({ check, ...one })))
  return {
    code,
    found: all.map(({ check, level, what }) => `${level} ${check}: ${what}`),
    fixed: all.flatMap(({ fixed, partly_fixed }) => fixed ?? partly_fixed ?? []),
    diagnosis,
  }
}

/** What a home contains, with sizes and times of change, the scratch directory's own left out. */
const inventory = (home: string): string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'tmp')
    .map((name) => {
      const { size, mtimeMs, mode } = statSync(join(home, name))
      return `${name} ${size} ${mtimeMs} ${mode}`
    })
    .toSorted()

const old = (path: string): void => utimesSync(path, new Date(0), new Date(0))
const NAME = '1000-20200101T101500.123456Z'
const someone = (world: World, id: string): Promise<unknown> => add(world, 'true', { id })
const nameOf = (dir: string, id: string): string => readdirSync(dir).find((name) => name.includes(`-${id}`)) ?? ''

test(
  'finds nothing wrong with a home that is in use, and ends with 0',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await add(world, 'true', { id: 'job1' })
    await add(world, 'exit 1', { id: 'job2', max_retries: 1 })
    await settles(world.queue, 'job1')
    await settles(world.queue, 'job2', 'dead')
    const { code, found, diagnosis } = await doctor(world)
    assert.equal([code, diagnosis.healthy], [0, true])
    assert.equal(
      found.filter((line) => line.startsWith('problem')),
      [],
    )
    worker.kill()
    await worker.ended
  }),
)

test(
  'without --fix changes nothing',
  inWorld(async (world) => {
    await someone(world, 'job1')
    rmdirSync(join(world.home, 'hold'))
    writeFileSync(join(world.home, 'pending', `${NAME}-broken.json`), '{')
    writeFileSync(join(world.home, 'tmp/x.new'), '')
    old(join(world.home, 'tmp/x.new'))
    const before = inventory(world.home)
    assert.is((await doctor(world)).code, 1)
    assert.equal(inventory(world.home), before)
  }),
)

/** What is found about jobs that wait. */
const aboutDoors = async (world: World): Promise<string[]> =>
  (await doctor(world)).found.filter((line) => line.includes(' doors: '))

const NO_PARENT_YET = '2099-01-01T00:00:00Z'

test(
  'finds jobs that wait for one another in a ring, and says it once',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await add(world, 'true', { id: 'c', after: ['b'] })
    await world.cli(['hold', 'a'])
    assert.equal((await doctor(world)).found, [])
    const a = join(world.home, 'hold', nameOf(join(world.home, 'hold'), 'a'))
    writeFileSync(a, JSON.stringify({ ...JSON.parse(readFileSync(a, 'utf8')), after: ['c'] }))
    assert.is((await world.cli(['release', 'a'])).code, 0)
    const { code, found } = await doctor(world)
    assert.is(code, 1)
    assert.is(found.length, 1, found.join('\n'))
    assert.match(
      found[0] ?? '',
      /^problem doors: (\w) waits for \w waits for \w waits for \1: none of them can ever run$/,
    )
    await world.cli(['cancel', 'b'])
    assert.equal((await doctor(world)).found, [])
  }),
)

test(
  'finds what waits for a job that is nowhere, and which of it waits for ever',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a', run_at: NO_PARENT_YET })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await add(world, 'true', { id: 'c', after: [{ job: 'a', when: 'any' }] })
    await add(world, 'true', { id: 'd', after: ['a'], when_impossible: 'wait' })
    rmSync(join(world.home, 'scheduled', nameOf(join(world.home, 'scheduled'), 'a')))
    const { found, diagnosis } = await doctor(world)
    assert.equal(found.filter((line) => line.includes(' doors: ')).toSorted(), [
      'note doors: b waits for a, which is nowhere',
      'note doors: c waits for a, which is nowhere',
      'problem doors: d waits for a, which is nowhere, and waits on, as its when_impossible says',
    ])
    const advice = diagnosis.checks.flatMap(({ findings }) => findings.map((one) => one.advice ?? '')).join('\n')
    for (const words of ['the next worker cancels it', 'the next worker lets it go on', 'mv waiting/a/'])
      assert.match(advice, words)
  }),
)

test(
  'finds what lies in waiting/ and is neither a door nor a job, and hints that no retry can follow any more',
  inWorld(async (world) => {
    await add(world, 'exit 1', { id: 'a', max_retries: 1 })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await runAll(world)
    assert.equal((await doctor(world)).found, [])
    await retryJob(openHome(world.home), 'a')
    assert.equal((await doctor(world)).found, ['note doors: a was retried, and is still to bring back b'])
    rmSync(join(world.home, 'pending', nameOf(join(world.home, 'pending'), 'a')))
    writeFileSync(join(world.home, 'waiting/no door'), '')
    writeFileSync(join(world.home, 'waiting/a/notes.txt'), '')
    assert.equal(await aboutDoors(world), [
      'note doors: waiting/a/ says what was cancelled because of a, which is gone',
      'note doors: waiting/no door is no door: left alone',
      'note doors: waiting/a/notes.txt is no job: left alone',
    ])
  }),
)

test(
  'says so when there is no home, and makes none',
  inWorld(async ({ cli, dir }) => {
    const { code, stderr } = await cli(['doctor', '--home', join(dir, 'nowhere')])
    assert.is(code, 0)
    assert.match(stderr, /^there is no queue in .*nowhere yet; the first enqueue makes it, or: queuectl init --home /)
    assert.not(existsSync(join(dir, 'nowhere')))
  }),
)

test(
  'finds a missing place, and --fix makes it',
  inWorld(async (world) => {
    rmdirSync(join(world.home, 'hold'))
    assert.equal((await doctor(world)).found, ['problem structure: hold/ is missing'])
    const { code, fixed } = await doctor(world, '--fix')
    assert.equal([code, fixed], [0, ['made hold/']])
    assert.equal((await doctor(world)).found, [])
  }),
)

test(
  'finds a place that is no directory',
  inWorld(async (world) => {
    rmdirSync(join(world.home, 'hold'))
    writeFileSync(join(world.home, 'hold'), '')
    assert.equal((await doctor(world)).found, ['problem structure: hold is not a directory'])
  }),
)

test(
  'finds a home that others may write to, which every other command refuses, and moves nothing in it',
  inWorld(async (world) => {
    rmdirSync(join(world.home, 'hold'))
    chmodSync(join(world.home, 'pending'), 0o777)
    const { code, found } = await doctor(world)
    assert.is(code, 1)
    assert.ok(found.some((line) => /^problem permissions: .*pending can be written to by others/.test(line)))
    assert.match((await world.cli(['list'])).stderr, 'can be written to by others')
    assert.match((await world.cli(['doctor', '--fix'])).stderr, 'can be written to by others')
    assert.not(existsSync(join(world.home, 'hold')))
  }),
)

test(
  'names a job file that others may write to or read, where they can reach it',
  inWorld(async (world) => {
    await someone(world, 'job1')
    const path = join(world.home, 'pending', nameOf(join(world.home, 'pending'), 'job1'))
    chmodSync(path, 0o666)
    assert.equal((await doctor(world)).found, [])
    chmodSync(world.home, 0o755)
    chmodSync(join(world.home, 'pending'), 0o755)
    const { code, found } = await doctor(world)
    assert.is(code, 1)
    assert.ok(found.some((line) => /^problem permissions: 1 file can be written to by others.*job1/.test(line)))
    chmodSync(path, 0o644)
    const read = await doctor(world)
    assert.is(read.code, 0)
    assert.ok(read.found.some((line) => line.startsWith('note permissions: 1 file can be read by others')))
  }),
)

test(
  'finds settings that cannot be used',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'config.json'), '{"max_retrys":1}')
    const { code, found } = await doctor(world)
    assert.is(code, 1)
    assert.match(found.join('\n'), /^problem settings: .*unknown configuration key "max_retrys"$/)
  }),
)

test(
  'finds a job that cannot be read, and --fix sets it aside with its bytes and the reason',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'pending', `${NAME}-broken.json`), '{"command":')
    assert.match((await doctor(world)).found.join('\n'), /^problem jobs: pending\/\S+broken.json cannot be read/)
    assert.match((await doctor(world, '--fix')).fixed.join('\n'), /^moved pending\/\S+ to corrupt\/, bytes untouched$/)
    const aside = readdirSync(join(world.home, 'corrupt')).find((name) => name.endsWith('.json')) ?? ''
    assert.is(readFileSync(join(world.home, 'corrupt', aside), 'utf8'), '{"command":')
    assertHomeIntact(world.home)
    assert.match((await doctor(world)).found.join('\n'), /^problem corrupt: corrupt\/\S+broken.json: /)
  }),
)

test(
  'finds a job in two places, and leaves to a person which one is meant',
  inWorld(async (world) => {
    await someone(world, 'job1')
    const from = join(world.home, 'pending', nameOf(join(world.home, 'pending'), 'job1'))
    writeFileSync(join(world.home, 'dead', `${NAME}-job1.json`), readFileSync(from))
    const { code, found, fixed } = await doctor(world, '--fix')
    assert.is(code, 1)
    assert.match(found.join('\n'), /^problem jobs: job1 is in 2 places: pending\/\S+, dead\/\S+$/)
    assert.equal(fixed, [])
  }),
)

test(
  'finds the copy of a job that has run since, and --fix sets aside that copy',
  inWorld(async (world) => {
    await someone(world, 'job1')
    const fileName = nameOf(join(world.home, 'pending'), 'job1')
    const copy = readFileSync(join(world.home, 'pending', fileName))
    await world.cli(['worker', 'start', '--foreground', '--burst'])
    writeFileSync(join(world.home, 'pending', fileName), copy)
    const { code, fixed } = await doctor(world, '--fix')
    assert.is(code, 0)
    assert.equal(fixed, [`moved pending/${fileName} to corrupt/, bytes untouched`])
    assert.equal([...assertHomeIntact(world.home)], [['job1', 'completed']])
  }),
)

test(
  'lists quarantined files, with the reason',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'corrupt/1234-x.json'), 'x')
    writeFileSync(join(world.home, 'corrupt/1234-x.json.reason'), 'it is not JSON\n')
    assert.equal((await doctor(world)).found, ['problem corrupt: corrupt/1234-x.json: it is not JSON'])
  }),
)

test(
  'finds leftovers of dead commands and settled runs, and --fix removes them',
  inWorld(async (world) => {
    const left = ['tmp/x.new', 'run/gone.1.mark']
    for (const path of left) {
      writeFileSync(join(world.home, path), '')
      old(join(world.home, path))
    }
    const { code, found } = await doctor(world)
    assert.equal(
      [code, found],
      [
        0,
        [
          'note leftovers: tmp/x.new is left over from a command that died',
          'note leftovers: run/gone.1.mark is left over from a run that is settled',
        ],
      ],
    )
    assert.equal((await doctor(world, '--fix')).fixed, ['removed tmp/x.new', 'removed run/gone.1.mark'])
    assert.equal((await doctor(world)).found, [])
  }),
)

test(
  'finds output of a job that is gone, and leaves it',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'logs/gone'))
    const { code, found } = await doctor(world, '--fix')
    assert.is(code, 0)
    assert.match(
      found.join('\n'),
      /^note leftovers: logs\/ has the output or reservation of 1 id without a job, such as gone$/,
    )
    assert.ok(existsSync(join(world.home, 'logs/gone')))
  }),
)

test(
  'names the processes that a run left behind',
  inWorld(async (world) => {
    await add(world, 'sleep 30 & echo $! >pid', { id: 'job1' })
    await world.cli(['worker', 'start', '--foreground', '--burst'])
    const pid = readFileSync(join(world.dir, 'pid'), 'utf8').trim()
    const { code, found } = await doctor(world)
    process.kill(Number(pid), 'SIGKILL')
    await until(() => !isAlive(Number(pid)), SOON_MS, 'it is gone')
    assert.is(code, 0)
    assert.match(found.join('\n'), `note leftovers: run 1 of job1 is over and left process ${pid} running`)
  }),
)

test(
  'finds a dead worker, and --fix settles what has ended, with its true exit code',
  inWorld(async (world) => {
    await add(world, untilLetGo('ends', 7), { id: 'ends', max_retries: 1 })
    const worker = await world.startWorker()
    await isUp(world, 'ends')
    worker.kill('SIGKILL')
    await worker.ended
    letGo(world, 'ends')
    await until(() => linesOf(join(world.home, 'run/ends.1.mark')).length === 2, SOON_MS, 'its exit is recorded')
    assert.match((await doctor(world)).found.join('\n'), /problem holders: worker-\S+ is dead and holds 1 job/)
    const { fixed } = await doctor(world, '--fix')
    assert.match(fixed.join('\n'), /^moved processing\/worker-\S+ends.json to dead\/\S+ends.json/)
    const { attempts, exit_code } = await world.queue.get('ends')
    assert.equal([attempts, exit_code], [1, 7])
    assertHomeIntact(world.home)
    assert.equal((await doctor(world)).found, [])
  }),
)

test(
  'leaves a run that outlived its worker to the next worker, and says so',
  inWorld(async (world) => {
    await add(world, untilLetGo('goes-on'), { id: 'goes-on' })
    const worker = await world.startWorker()
    const pid = await isUp(world, 'goes-on')
    worker.kill('SIGKILL')
    await worker.ended
    const { code, diagnosis } = await doctor(world, '--fix')
    assert.is(code, 1)
    assert.match(JSON.stringify(diagnosis), 'still runs, and the next worker adopts it')
    process.kill(pid, 0)
    const next = await world.startWorker()
    letGo(world, 'goes-on')
    assert.equal(await settles(world.queue, 'goes-on').then((job) => [job.attempts, job.runs]), [1, 1])
    next.kill()
    await next.ended
    assertHomeIntact(world.home)
  }),
)

test(
  'puts back what a command that died was changing',
  inWorld(async (world) => {
    await someone(world, 'job1')
    const fileName = nameOf(join(world.home, 'pending'), 'job1')
    const operator = join(world.home, 'processing/operator-1-abcdef')
    mkdirSync(join(operator, 'dead'), { recursive: true })
    const text = readFileSync(join(world.home, 'pending', fileName))
    writeFileSync(join(operator, 'dead', fileName.replace('job1', 'job2')), text)
    assert.match((await doctor(world, '--fix')).fixed.join('\n'), 'back in dead/')
    assert.equal([...assertHomeIntact(world.home).keys()].toSorted(), ['job1', 'job2'])
  }),
)

test(
  'finds jobs of a time that has not come',
  inWorld(async (world) => {
    await someone(world, 'job1')
    const dir = join(world.home, 'pending')
    const name = nameOf(dir, 'job1')
    writeFileSync(join(world.home, 'dead', `1000-20990101T000000.000000Z-late.json`), readFileSync(join(dir, name)))
    assert.match((await doctor(world)).found.join('\n'), /^note jobs: dead\/\S+late.json is dated \d+ hours from now$/)
  }),
)

test(
  'names files in pending/ that a person may take for jobs',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'pending/job.yaml'), '')
    writeFileSync(join(world.home, 'pending/.job.json.swp'), '')
    assert.equal((await doctor(world)).found, [
      'note jobs: pending/ has 1 file not called *.json or *.sh, such as job.yaml: left alone',
    ])
  }),
)

test(
  'names a worker of another version',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    const path = join(world.home, 'processing', worker.info.name, 'worker.json')
    const card = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    assert.match(String(card.version), /^\d+\.\d+\.\d+/)
    writeFileSync(path, JSON.stringify({ ...card, version: '0.0.1' }))
    assert.match((await doctor(world)).found.join('\n'), /^note versions: worker-\S+ runs queuectl 0\.0\.1, this is \d/)
    worker.kill()
    await worker.ended
  }),
)

test(
  'says that a home in memory does not outlive the machine',
  inWorld((world) =>
    onTmpfs(world.dir, 'size=4m', async (mounted) => {
      const home = join(mounted, 'home')
      await world.cli(['init', '--home', home])
      const { stdout } = await world.cli(['doctor', '--home', home])
      assert.match(stdout, /^note {4}file system +the home is in memory \(tmpfs\)/m)
    }),
  ),
)

test(
  'says what to do, and shows control characters in what it found',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'corrupt/12-\x1b[2J.json'), '')
    const { code, stdout } = await world.cli(['doctor'])
    assert.is(code, 1)
    assert.not.match(stdout, '\x1b')
    assert.match(stdout, /^problem corrupt +corrupt\/12-\\e\[2J\.json: unknown\n +-> fix it/m)
    assert.match(stdout, /^1 problem left$/m)
  }),
)

test(
  'is asked by a worker that starts, which logs what it finds',
  inWorld(async (world) => {
    await onTmpfs(world.dir, 'size=8m', async (mounted) => {
      const home = join(mounted, 'home')
      const { stderr } = await world.cli(['worker', 'start', '--foreground', '--burst', '--home', home])
      assert.match(stderr, 'doctor: the home is in memory (tmpfs)')
    })
  }),
)

test.run()
