/** What a program does with the library: waiting, running, listening, a worker of its own. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isAlive, isUp, letGo, settles, SOON_MS, untilLetGo } from '../fixtures/jobs.ts'
import { cleanEnv, ROOT } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'
import { queueErrorOf } from '../fixtures/throws.ts'
import { inWorld } from '../fixtures/world.ts'
import { type Event, type JournalOffset, Queue } from '../lib/index.ts'

const test = suite('a program with the library')

/** Makes `queuectl` a package that programs in this directory can import. */
function useLibrary(dir: string): void {
  mkdirSync(join(dir, 'node_modules'))
  symlinkSync(ROOT, join(dir, 'node_modules/queuectl'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(dir, 'node_modules/@types'))
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
}

function compile(dir: string, ...more: readonly string[]): void {
  const options =
    '--target es2022 --module nodenext --lib es2023,esnext.disposable --types node --strict --skipLibCheck'
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...more], {
    cwd: dir,
    stdio: 'inherit',
  })
}

/** The examples of the manual in a language. */
const examplesIn = (language: string): string[] =>
  [
    ...readFileSync(join(ROOT, 'lib/manual/library.md'), 'utf8').matchAll(
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'),
    ),
  ].map(([, example = '']) => example)

test(
  'every example in JavaScript of the manual passes the type checker, and runs',
  inWorld(async ({ dir }) => {
    const examples = examplesIn('js')
    assert.ok(examples.length > 0)
    useLibrary(dir)
    for (const [i, example] of examples.entries()) {
      writeFileSync(join(dir, `example${i}.js`), example)
      compile(dir, '--allowJs', '--checkJs', '--noEmit', `example${i}.js`)
      const { stdout, stderr, status } = spawnSync(process.execPath, [`example${i}.js`], {
        cwd: dir,
        env: { ...cleanEnv(), HOME: dir },
        encoding: 'utf8',
      })
      assert.is(status, 0, stderr)
      assert.match(stdout, /pending: 1/)
      assert.match(stderr, /^NOT_FOUND /)
    }
  }),
)

test(
  'every example in TypeScript of the manual compiles, and does what it says',
  inWorld(async ({ dir }) => {
    const [example = '', ...more] = examplesIn('ts')
    assert.equal(more, [])
    assert.match(example, 'queue.run')
    useLibrary(dir)
    writeFileSync(join(dir, 'example.ts'), example)
    compile(dir, 'example.ts')
    const out = execFileSync(process.execPath, ['example.js'], {
      cwd: dir,
      env: { ...cleanEnv(), HOME: dir },
      encoding: 'utf8',
    })
    assert.is(out, 'completed 0\ncompleted\n')
  }),
)

test(
  'wait gives the job once it is over, whichever way it ends',
  inWorld(async (world) => {
    const { queue } = world
    await world.startWorker({ count: 2 })
    await add(world, 'true', { id: 'good' })
    await add(world, 'exit 3', { id: 'bad', max_retries: 1 })
    assert.equal(
      (await Promise.all(['good', 'bad'].map((id) => queue.wait(id)))).map((job) => [job?.state, job?.exit_code]),
      [
        ['completed', 0],
        ['dead', 3],
      ],
    )
    assert.is((await queue.wait('good'))?.state, 'completed')
  }),
)

test(
  'wait ends at its timeout, at its signal, and where there is no such job',
  inWorld(async (world) => {
    const { queue } = world
    await add(world, 'true', { id: 'a' })
    assert.is((await queueErrorOf(() => queue.wait('a', { timeout: 0.05 }))).code, 'STILL_RUNNING')
    assert.is((await queueErrorOf(() => queue.wait('nosuch'))).code, 'NOT_FOUND')
    const abort = new AbortController()
    const waiting = queue.wait('a', { signal: abort.signal })
    abort.abort(new Error('enough'))
    assert.is(await waiting.catch((error: Error) => error.message), 'enough')
  }),
)

test(
  'wait tells that a job was removed',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const waiting = world.queue.wait('a')
    rmSync((await world.queue.list())[0]?.path ?? '')
    assert.is(await waiting, undefined)
  }),
)

test(
  'run adds a job with one attempt and gives it when it is over',
  inWorld(async ({ queue, startWorker }) => {
    await startWorker()
    assert.is((await queue.run('exit 0'))?.state, 'completed')
    assert.equal(
      [(await queue.run(['false']))?.state, (await queue.run({ command: 'exit 4' }))?.exit_code],
      ['dead', 4],
    )
  }),
)

test(
  'run_at may be a date, and a delay counts from now',
  inWorld(async ({ queue }) => {
    const date = new Date('2999-01-02T03:04:05Z')
    assert.is((await queue.enqueue({ command: 'true', run_at: date })).run_at, '2999-01-02T03:04:05.000Z')
    const job = await queue.enqueue({ command: 'true', delay: '1h' })
    const ahead = Date.parse(job.run_at ?? '') - Date.parse(job.created_at)
    assert.ok(Math.abs(ahead - 3_600_000) < 5000, String(ahead))
    assert.is(
      (await queueErrorOf(() => queue.enqueue({ command: 'true', run_at: new Date(Number.NaN) }))).code,
      'INVALID_JOB',
    )
    assert.is((await queue.enqueueAll([{ command: 'true', run_at: date }])).length, 1)
  }),
)

test(
  'a delay is a member of a request like others: it gives no warning',
  inWorld(async ({ home }) => {
    const warnings: string[] = []
    const queue = Queue.open({ home, warn: (warning) => void warnings.push(warning) })
    const job = await queue.enqueue({ command: 'true', delay: 60 })
    assert.equal([warnings, job.warnings], [[], undefined])
    assert.is((await queueErrorOf(() => queue.enqueue({ command: 'true', delay: 'soon' }))).code, 'INVALID_JOB')
  }),
)

for (const timeout of [Number.NaN, -1])
  test(
    `a timeout of ${timeout} is refused, and nothing is enqueued`,
    inWorld(async ({ queue }) => {
      assert.is((await queueErrorOf(() => queue.run('true', { timeout }))).code, 'USAGE')
      assert.is((await queue.count()).pending, 0)
      const { id } = await queue.enqueue({ command: 'true' })
      assert.is((await queueErrorOf(() => queue.wait(id, { timeout }))).code, 'USAGE')
      assert.is((await queueErrorOf(() => queue.drainQueue('default', { timeout }))).code, 'USAGE')
    }),
  )

test(
  'with a signal that is aborted already, run enqueues nothing and prune removes nothing',
  inWorld(async ({ queue }) => {
    const signal = AbortSignal.abort(new Error('enough'))
    const why = (error: Error): string => error.message
    assert.is(await queue.run('true', { signal }).catch(why), 'enough')
    assert.is((await queue.count()).pending, 0)
    const { id } = await queue.enqueue({ command: 'true' })
    assert.is(await queue.cancel(id, 'by hand', { signal }).catch(why), 'enough')
    assert.is((await queue.get(id)).state, 'pending')
    assert.is(await queue.prune({ signal }).catch(why), 'enough')
  }),
)

test(
  'draining a queue ends at its signal',
  inWorld(async (world) => {
    const { queue } = world
    await add(world, untilLetGo('job'))
    await world.startWorker()
    await isUp(world, 'job')
    await queue.pauseQueue('default')
    const abort = new AbortController()
    const draining = queue.drainQueue('default', { signal: abort.signal })
    abort.abort(new Error('enough'))
    assert.is(await draining.catch((error: Error) => error.message), 'enough')
    letGo(world, 'job')
  }),
)

test(
  'events are followed until a signal',
  inWorld(async ({ queue }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const abort = new AbortController()
    const seen: string[] = []
    for await (const { job } of queue.events({ follow: true, signal: abort.signal })) {
      seen.push(job)
      if (job === 'a') await queue.enqueue({ id: 'b', command: 'true' })
      else abort.abort()
    }
    assert.equal(seen, ['a', 'b'])
  }),
)

test(
  'a kind of event that there is not, and a worker without a slot, are refused',
  inWorld(async ({ queue }) => {
    const wrong = await queueErrorOf(async () => queue.on('complete' as 'completed', () => {}))
    assert.equal([wrong.code, wrong.hint], ['USAGE', 'did you mean completed?'])
    for (const slots of [0, -1, 1.5, Number.NaN, 1001])
      assert.is((await queueErrorOf(() => queue.startWorker({ slots }))).code, 'USAGE')
  }),
)

test(
  'a listener is told what any process does, of its kind alone, until it is ended',
  inWorld(async (world) => {
    const seen: string[] = []
    const end = world.queue.on('completed', ({ event, job }) => void seen.push(`${event} ${job}`))
    const dead: string[] = []
    world.queue.on('dead', ({ job }) => void dead.push(job))
    await world.startWorker()
    await add(world, 'true', { id: 'a' })
    await add(world, 'false', { id: 'b', max_retries: 1 })
    await until(
      () => seen.length === 1 && dead.length === 1,
      SOON_MS,
      () => `${seen.join()} ${dead.join()}`,
    )
    assert.equal([seen, dead], [['completed a'], ['b']])
    end()
    await add(world, 'true', { id: 'c' })
    await settles(world.queue, 'c')
    assert.is(seen.length, 1)
    await world.queue.close()
  }),
)

test(
  'a listener that goes on after an offset misses nothing and is told nothing twice',
  inWorld(async (world) => {
    const ids = Array.from({ length: 20 }, (_, n) => `j${n}`)
    const first: Event[] = []
    let offset: JournalOffset | undefined
    const end = world.queue.on('enqueued', (event, next) => {
      if (first.length === 7) return
      first.push(event)
      offset = next
    })
    for (const id of ids) await add(world, 'true', { id })
    await until(() => first.length === 7, SOON_MS, 'some were seen')
    end()
    assert.ok(offset)
    if (!offset) return
    const rest: string[] = []
    world.queue.on('*', ({ job }) => void rest.push(job), { after: offset })
    await add(world, 'true', { id: 'last-one' })
    await until(
      () => rest.includes('last-one'),
      SOON_MS,
      () => rest.join(),
    )
    assert.equal([...first.map(({ job }) => job), ...rest], [...ids, 'last-one'])
    await world.queue.close()
  }),
)

test(
  'a worker in this process runs jobs, and stops when its runs have ended',
  inWorld(async (world) => {
    const { queue } = world
    const lines: string[] = []
    const worker = await queue.startWorker({ slots: 2, log: (line) => void lines.push(line) })
    assert.match(worker.name, /^worker-\d+-/)
    assert.equal(
      (await queue.workers()).map(({ name, slots }) => [name, slots]),
      [[worker.name, 2]],
    )
    await add(world, untilLetGo('a'), { id: 'a' })
    await isUp(world, 'a')
    const stopping = worker.stop()
    letGo(world, 'a')
    await stopping
    await worker.ended
    assert.equal([(await queue.get('a')).state, await queue.workers()], ['completed', []])
    assert.match(lines.join('\n'), /a \(run 1\) completed/)
  }),
)

test(
  'a worker in this process may leave its runs to the next one',
  inWorld(async (world) => {
    const worker = await world.queue.startWorker()
    await add(world, untilLetGo('a'), { id: 'a' })
    const pid = await isUp(world, 'a')
    await worker.stop('leave')
    assert.ok(isAlive(pid))
    letGo(world, 'a')
    await world.startWorker()
    await settles(world.queue, 'a')
  }),
)

test(
  'a signal stops a worker in this process, and closing the queue does',
  inWorld(async (world) => {
    const abort = new AbortController()
    const worker = await world.queue.startWorker({ signal: abort.signal })
    abort.abort()
    await worker.ended
    const other = Queue.open({ home: world.home })
    await other.startWorker()
    await other[Symbol.asyncDispose]()
    assert.equal(await other.workers(), [])
  }),
)

test(
  'two workers in one process take each job once, of the queues they are for',
  inWorld(async (world) => {
    const { queue } = world
    const mail = await queue.startWorker({ queues: ['mail'] })
    const rest = await queue.startWorker({ not_queues: ['mail'] })
    await add(world, 'true', { id: 'letter', queue: 'mail' })
    await add(world, 'true', { id: 'other' })
    assert.is((await queue.wait('letter'))?.history[0]?.worker, mail.name)
    assert.is((await queue.wait('other'))?.history[0]?.worker, rest.name)
    await queue.close()
  }),
)

test(
  'a worker in this process that cannot start says why',
  inWorld(async ({ queue, home }) => {
    writeFileSync(join(home, 'config.json'), '{')
    assert.is((await queueErrorOf(() => queue.startWorker())).code, 'BROKEN_CONFIG')
  }),
)

test.run()
