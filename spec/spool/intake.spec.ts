/** Dropped files: what becomes a job, what is set aside, and when. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { racer } from '../../fixtures/race.ts'
import { referee } from '../../fixtures/referee.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { DEFAULTS, type Job } from '../../lib/job/job.ts'
import { isMadeId, parseName } from '../../lib/job/name.ts'
import { names } from '../../lib/spool/files.ts'
import { findExact } from '../../lib/spool/find.ts'
import { type Home, openHome } from '../../lib/spool/home.ts'
import { holderOf, joinWorkers, type OwnHolder } from '../../lib/spool/holders.ts'
import { Intake, putBackIntake, type Taken } from '../../lib/spool/intake.ts'
import { makeFifos } from '../../lib/spool/liveness.ts'
import { promote } from '../../lib/spool/moves.ts'

const test = suite('intake')

/** A worker's intake on a clock that the test moves. */
class Desk {
  readonly home: Home
  readonly holder: OwnHolder
  readonly #intake: Intake
  #ms = 0

  constructor(world: World) {
    this.home = openHome(world.home)
    this.holder = joinWorkers(this.home, 1, NOON)
    this.#intake = new Intake(() => this.#ms)
  }

  drop(fileName: string, content: string | Uint8Array | object): void {
    const isText = typeof content === 'string' || content instanceof Uint8Array
    writeFileSync(join(this.home.pending, fileName), isText ? content : JSON.stringify(content))
  }

  take(fileName: string): Promise<Taken> {
    return this.#intake.take(this.home, this.holder.dir, fileName, DEFAULTS)
  }

  pass(ms: number): void {
    this.#ms += ms
  }

  /** What becomes of a file that nobody touches, after so many seconds. */
  async after(seconds: number, fileName: string): Promise<Taken['kind']> {
    await this.take(fileName)
    this.pass(seconds * 1000)
    return (await this.take(fileName)).kind
  }

  /** The one job in `pending/`. */
  get job(): Job {
    const [name = ''] = names(this.home.pending)
    return JSON.parse(readFileSync(join(this.home.pending, name), 'utf8')) as Job
  }

  get corrupt(): string[] {
    return names(this.home.corrupt).filter((name) => !name.endsWith('.reason'))
  }

  get reason(): string {
    return readFileSync(join(this.home.corrupt, `${this.corrupt[0]}.reason`), 'utf8').trim()
  }
}

const inDesk = (body: (desk: Desk, world: World) => Promise<void> | void): ReturnType<typeof inWorld> =>
  inWorld((world) => body(new Desk(world), world))

async function taken(desk: Desk, fileName: string, content: string | Uint8Array | object): Promise<Job> {
  desk.drop(fileName, content)
  const result = await desk.take(fileName)
  if (result.kind !== 'taken') throw new Error(`not taken: ${JSON.stringify(result)}`)
  return result.job
}

// --- what becomes a job -------------------------------------------------------------------------------------------

test(
  'a good file is taken at once and lies in pending/ under our grammar',
  inDesk(async (desk, { home }) => {
    const job = await taken(desk, 'mine.json', { id: 'job1', command: 'true', priority: 5, queue: 'mail' })
    assert.is(job.id, 'job1')
    assert.match(names(desk.home.pending).join(), /^0995-\d{8}T\d{6}\.\d{6}Z-job1@mail\.json$/)
    assert.equal([...referee(home)], [['job1', 'pending']])
    assert.equal(readdirSync(join(desk.holder.dir, 'intake')), [])
  }),
)

test(
  'a taken file has its defaults written in, and starts in the user’s home',
  inDesk(async (desk) => {
    await taken(desk, 'mine.json', { command: 'true' })
    const { max_retries, priority, attempts, state, cwd } = desk.job
    assert.equal([max_retries, priority, attempts, state, cwd], [3, 0, 0, 'pending', homedir()])
  }),
)

test(
  'a file whose run_at is to come goes to scheduled/',
  inDesk(async (desk) => {
    const job = await taken(desk, 'mine.json', { command: 'true', run_at: '2099-01-01T00:00:00Z' })
    assert.is(job.state, 'scheduled')
    assert.equal(names(desk.home.scheduled), ['1000-20990101T000000.000000Z-mine.json'])
  }),
)

test(
  'files are queued in the order they are taken in',
  inDesk(async (desk) => {
    for (const id of ['b', 'a', 'c']) await taken(desk, `${id}.json`, { command: 'true' })
    assert.equal(
      names(desk.home.pending).toSorted().map((name) => parseName(name)?.id),
      ['b', 'a', 'c'],
    )
  }),
)

test(
  'a byte order mark is no obstacle',
  inDesk(async (desk) => {
    assert.is((await taken(desk, 'mine.json', '\uFEFF{"command":"true"}')).command, 'true')
  }),
)

test(
  'members that only we write are dropped from a file',
  inDesk(async (desk) => {
    await taken(desk, 'mine.json', { command: 'true', attempts: 3, runs: 7, state: 'dead', history: [1], worker: 'x' })
    const { attempts, runs, state, history, worker } = desk.job
    assert.equal([attempts, runs, state, history, worker], [0, 0, 'pending', [], undefined])
  }),
)

test(
  'members that nobody knows are kept',
  inDesk(async (desk) => {
    await taken(desk, 'mine.json', { command: 'true', ticket: [1, { a: null }] })
    assert.equal(desk.job.ticket, [1, { a: null }])
  }),
)

test(
  'a member called __proto__ reaches nothing',
  inDesk(async (desk) => {
    await taken(desk, 'mine.json', '{"command":"true","__proto__":{"attempts":9,"env":{"A":"1"}}}')
    assert.is(desk.job.env, undefined)
    assert.is(({} as { attempts?: number }).attempts, undefined)
  }),
)

// --- ids ----------------------------------------------------------------------------------------------------------

for (const [fileName, id] of [
  ['report.json', 'report'],
  ['a b\tc.json', 'a-b-c'],
  ['a\nb.json', 'a-b'],
  ['-rf.json', 'rf'],
  ['日本 x.json', 'x'],
  ['a@b.json', 'a-b'],
  [`${'x'.repeat(150)}.json`, 'x'.repeat(100)],
] as const)
  test(
    `a file called ${JSON.stringify(fileName.slice(0, 20))} without an id gets the id ${id.slice(0, 20)}`,
    inDesk(async (desk, { home }) => {
      assert.is((await taken(desk, fileName, { command: 'true' })).id, id)
      assert.is(referee(home).get(id), 'pending')
    }),
  )

for (const fileName of ['日本.json', 'last.json', 'all.json', 'worker-1.json', 'x.json.json', '01ARZ3NDEKTSV4RRFFQ69G5FAV.json'])
  test(
    `a file called ${fileName}, of which no id can be made, gets one of its own`,
    inDesk(async (desk, { home }) => {
      const { id } = await taken(desk, fileName, { command: 'true' })
      assert.is(referee(home).get(id), 'pending')
    }),
  )

test(
  'a stem that is taken gets a random tail',
  inDesk(async (desk, { queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'report' })
    const { id } = await taken(desk, 'report.json', { command: 'true' })
    assert.match(id, /^report-[0-9a-f]{6}$/)
    assert.is(referee(home).size, 2)
  }),
)

test(
  'a stem that a finished job has is taken',
  inDesk(async (desk, { queue }) => {
    await queue.enqueue({ command: 'true', id: 'report' })
    await queue.cancel('report')
    assert.match((await taken(desk, 'report.json', { command: 'true' })).id, /^report-/)
  }),
)

test(
  'a file that asks for an id that is taken is set aside, and says so',
  inDesk(async (desk, { queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    desk.drop('mine.json', { command: 'true', id: 'job1' })
    assert.is((await desk.take('mine.json')).kind, 'corrupt')
    assert.match(desk.reason, /job1 already exists/)
    assert.is(readFileSync(join(home, 'corrupt', desk.corrupt[0] ?? ''), 'utf8'), '{"command":"true","id":"job1"}')
    assert.is(referee(home).size, 1)
  }),
)

test(
  'an id is free once the job of a file was removed by hand, while the worker that took it in lives on',
  inDesk(async (desk, { queue }) => {
    await taken(desk, 'report.json', { command: 'true' })
    rmSync(findExact(desk.home, 'report')?.path ?? '')
    assert.is((await queue.enqueue({ command: 'true', id: 'report' })).id, 'report')
  }),
)

// --- what is set aside, and when ----------------------------------------------------------------------------------

const WRONG: Record<string, string | Uint8Array> = {
  'a syntax error': '{"command": "true",}',
  'two objects': '{"command":"true"}{"command":"true"}',
  'an array': '[{"command":"true"}]',
  'a number': '42',
  'null': 'null',
  'a string': '"true"',
  'no command': '{}',
  'an empty command': '{"command":" "}',
  'a command that is a number': '{"command":1}',
  'an unknown zone of time': '{"command":"true","run_at":"tomorrow"}',
  'an id with a slash': '{"command":"true","id":"../../x"}',
  'an id that is reserved': '{"command":"true","id":"last"}',
  'a NUL in the command': '{"command":"a\\u0000b"}',
  'bytes that are no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
  'UTF-16': Buffer.from('\uFEFF{"command":"true"}', 'utf16le'),
  'an object nested 200,000 deep': `{"command":"true","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
  'more than a job may hold': `{"command":"true","a":"${'x'.repeat(2_097_152)}"}`,
}
for (const [what, content] of Object.entries(WRONG))
  test(
    `${what}: the file waits for two seconds of stillness, then it is set aside with its bytes`,
    inDesk(async (desk, { home }) => {
      desk.drop('mine.json', content)
      assert.is((await desk.take('mine.json')).kind, 'waiting')
      desk.pass(1999)
      assert.is((await desk.take('mine.json')).kind, 'waiting')
      desk.pass(1)
      assert.is((await desk.take('mine.json')).kind, 'corrupt')
      assert.equal(readFileSync(join(home, 'corrupt', desk.corrupt[0] ?? '')), Buffer.from(content))
      assert.ok(desk.reason.length > 5, desk.reason)
      assert.is(referee(home).size, 0)
    }),
  )

const UNFINISHED: Record<string, string | Uint8Array> = {
  'an empty file': '',
  'blanks': ' \n',
  'a text that ends in the middle': '{"command":"tr',
  'a text that ends behind a comma': '{"command":"true",',
  'a text that ends in a word': '{"command":"true","a":tru',
  'a text that ends in the middle of a character': Buffer.from('{"command":"grüß').subarray(0, 15),
}
for (const [what, content] of Object.entries(UNFINISHED))
  test(
    `${what} waits for a minute of stillness, then it is set aside`,
    inDesk(async (desk) => {
      desk.drop('mine.json', content)
      assert.is(await desk.after(59.9, 'mine.json'), 'waiting')
      desk.pass(100)
      assert.is((await desk.take('mine.json')).kind, 'corrupt')
      assert.is(desk.corrupt.length, 1)
    }),
  )

test(
  'every beginning of a good file is one that merely ends too early',
  inDesk(async (desk) => {
    const whole = Buffer.from('{"command":["echo","grüß \\u00df"],"priority":-12,"env":{"A":"1e5"},"x":[true,null,1.5e3]}')
    for (let end = 1; end < whole.length; end++) {
      desk.drop(`n${end}.json`, whole.subarray(0, end))
      const kind = await desk.after(10, `n${end}.json`)
      assert.is(kind, 'waiting', `after ${whole.subarray(0, end).toString()}`)
      unlinkSync(join(desk.home.pending, `n${end}.json`))
    }
  }),
)

test(
  'a file that is being written to starts its time anew, and is taken when it is whole',
  inDesk(async (desk) => {
    const path = join(desk.home.pending, 'mine.json')
    desk.drop('mine.json', '{"command":')
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '"true"')
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '}')
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file that is mended in time is taken',
  inDesk(async (desk) => {
    desk.drop('mine.json', 'oops')
    assert.is(await desk.after(1, 'mine.json'), 'waiting')
    desk.drop('mine.json', { command: 'true' })
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'another file under the name of one that was wrong has its own time',
  inDesk(async (desk) => {
    desk.drop('mine.json', 'oops')
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    desk.drop('mine.json', 'oops')
    assert.is((await desk.take('mine.json')).kind, 'waiting')
  }),
)

// --- what is no file of ours --------------------------------------------------------------------------------------

const STRANGE: Record<string, [(path: string) => void, RegExp]> = {
  'a symbolic link': [(path) => symlinkSync('/etc/hostname', path), /symbolic link/],
  'a symbolic link to nowhere': [(path) => symlinkSync('nowhere', path), /symbolic link/],
  'a FIFO': [(path) => makeFifos([path]), /not a regular file/],
  'a directory': [(path) => mkdirSync(path), /not a regular file/],
  'a directory with something in it': [(path) => mkdirSync(join(path, 'x'), { recursive: true }), /not a regular file/],
}
for (const [what, [make, reason]] of Object.entries(STRANGE))
  test(
    `${what} is set aside as it is`,
    inDesk(async (desk) => {
      make(join(desk.home.pending, 'mine.json'))
      assert.is(await desk.after(2, 'mine.json'), 'corrupt')
      assert.match(desk.reason, reason)
      assert.equal(names(desk.home.pending), [])
      assert.is(desk.corrupt.length, 1)
    }),
  )

test(
  'a file with a second name waits for a minute, then it is set aside',
  inDesk(async (desk, { dir }) => {
    desk.drop('mine.json', { command: 'true' })
    linkSync(join(desk.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    desk.pass(1000)
    assert.is((await desk.take('mine.json')).kind, 'corrupt')
    assert.match(desk.reason, /hard link/)
  }),
)

test(
  'a file whose second name goes is taken',
  inDesk(async (desk, { dir }) => {
    desk.drop('mine.json', { command: 'true' })
    linkSync(join(desk.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await desk.after(1, 'mine.json'), 'waiting')
    unlinkSync(join(dir, 'second'))
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file of another user is set aside and never run',
  inDesk(async (desk) => {
    if (process.getuid?.() !== 0) skip('only root may change an owner')
    desk.drop('mine.json', { command: 'true' })
    chownSync(join(desk.home.pending, 'mine.json'), 65_534, 65_534)
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    assert.match(desk.reason, /another user/)
  }),
)

test(
  'a file that we may not read is set aside',
  inDesk(async (desk) => {
    if (process.getuid?.() === 0) skip('permissions do not bind root')
    desk.drop('mine.json', { command: 'true' })
    chmodSync(join(desk.home.pending, 'mine.json'), 0)
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    assert.match(desk.reason, /permissions/)
  }),
)

for (const fileName of [`${'x'.repeat(245)}.json`, `${'日'.repeat(83)}.json`])
  test(
    `a file whose name has ${Buffer.byteLength(fileName)} bytes is set aside`,
    inDesk(async (desk) => {
      desk.drop(fileName, { command: 'true' })
      assert.is(await desk.after(2, fileName), 'corrupt')
      assert.match(desk.reason, /name is longer/)
      assert.equal(names(desk.home.pending), [])
    }),
  )

test(
  'a file whose name is not UTF-8 is taken in like any other',
  inDesk(async (desk, { home }) => {
    const path = Buffer.concat([Buffer.from(join(home, 'pending/a')), Buffer.from([0xff]), Buffer.from('b.json')])
    writeFileSync(path, '{"command":"true"}')
    const [fileName = ''] = names(desk.home.pending)
    assert.is((await desk.take(fileName)).kind, 'taken')
    assert.is(referee(home).get('a-b'), 'pending')
  }),
)

for (const fileName of ['.hidden.json', 'a.json.tmp', 'a.json~', '.a.json.swp', 'a.json.part', 'a.txt', 'json', '.json'])
  test(
    `a file called ${fileName} is left alone`,
    inDesk((desk, { home, queue }) => {
      writeFileSync(join(home, 'failed', fileName), 'oops')
      promote(desk.home, NOON, 3600)
      assert.ok(existsSync(join(home, 'failed', fileName)))
      return queue.count().then(({ failed }) => assert.is(failed, 0))
    }),
  )

test(
  'a file that is gone is gone',
  inDesk(async (desk) => assert.is((await desk.take('mine.json')).kind, 'gone')),
)

// --- in between ---------------------------------------------------------------------------------------------------

test(
  'a file that somebody swaps for a link all the time is never followed',
  inDesk(async (desk, { home, dir }) => {
    writeFileSync(join(dir, 'elsewhere'), '{"command":"evil"}')
    const swapper = await racer(home, 'swap', { fileName: 'mine.json', target: join(dir, 'elsewhere'), times: 2000 })
    let swaps: number | undefined
    const swapping = swapper.go().then((times) => (swaps = times))
    const commands = new Set<unknown>()
    await until(
      async () => {
        const result = await desk.take('mine.json')
        if (result.kind === 'taken') commands.add(result.job.command)
        desk.pass(1000)
        return swaps !== undefined
      },
      20_000,
      'the swapping ends',
    )
    await swapping
    await swapper.end()
    assert.equal([...commands], ['good'])
    for (const name of names(desk.home.pending))
      if (parseName(name)) assert.match(readFileSync(join(desk.home.pending, name), 'utf8'), /"good"/)
  }),
)

for (const [what, content, kind] of [
  ['something wrong', 'oops', 'corrupt'],
  ['another good job', '{"command":"false"}', 'taken'],
] as const)
  test(
    `a dead worker’s intake that holds ${what} goes back to pending/ and is judged anew`,
    inDesk(async (desk) => {
      const intake = join(desk.holder.dir, 'intake')
      mkdirSync(intake)
      writeFileSync(join(intake, 'mine.json'), content)
      writeFileSync(join(intake, '.mine.json.new'), '{"comm')
      putBackIntake(desk.home, desk.holder.dir)
      assert.equal(names(desk.home.pending), ['mine.json'])
      assert.equal(readdirSync(intake), [])
      assert.is(kind === 'taken' ? (await desk.take('mine.json')).kind : await desk.after(2, 'mine.json'), kind)
    }),
  )

for (const fileName of ['report.json', '日本.json', 'last.json'])
  test(
    `a worker that dies between the stamp and the move of ${fileName} loses nothing: another takes it in`,
    inDesk(async (desk, { home }) => {
      const stamped = await taken(desk, fileName, { command: 'true' })
      // As it lay in the dead worker's intake: stamped, its id reserved by a process that is gone.
      const seen = findExact(desk.home, stamped.id)
      mkdirSync(join(desk.holder.dir, 'intake'), { recursive: true })
      renameSync(seen?.path ?? '', join(desk.holder.dir, 'intake', fileName))
      putBackIntake(desk.home, desk.holder.dir)
      const again = await desk.take(fileName)
      assert.is(again.kind, 'taken', JSON.stringify(again))
      assert.is(referee(home).size, 1)
    }),
  )

test(
  'a worker whose directory was taken away takes nothing in, and brings nothing back',
  inDesk(async (desk) => {
    desk.drop('mine.json', { command: 'true' })
    renameSync(desk.holder.dir, join(desk.home.processing, 'rescue-1-abcdef'))
    assert.is((await desk.take('mine.json')).kind, 'gone')
    assert.not(existsSync(desk.holder.dir))
    assert.equal(names(desk.home.pending), ['mine.json'])
    assert.is(holderOf(desk.home, desk.holder.name), undefined)
  }),
)

test(
  'of two workers that meet the same file one takes it and the other sees it gone',
  inDesk(async (desk, world) => {
    const other = new Desk(world)
    desk.drop('mine.json', { command: 'true' })
    const kinds = await Promise.all([desk.take('mine.json'), other.take('mine.json')])
    assert.equal(kinds.map(({ kind }) => kind).toSorted(), ['gone', 'taken'])
    assert.is(referee(world.home).size, 1)
  }),
)

test(
  'an id of our own making is not believed in a foreign file',
  inDesk(async (desk) => {
    desk.drop('mine.json', { command: 'true', id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })
    assert.ok(isMadeId('01ARZ3NDEKTSV4RRFFQ69G5FAV'))
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    assert.match(desk.reason, /ULID/)
  }),
)

test.run()
