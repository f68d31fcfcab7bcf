/** The verbs of the library entry, as a program uses them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import { others } from '../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { ROOT, start } from '../fixtures/program.ts'
import { assertHomeIntact } from '../fixtures/check-home.ts'
import { inWorld } from '../fixtures/world.ts'
import { type JobRequest } from '../lib/job/job.ts'
import { Queue, QueueReader } from '../lib/queue.ts'
import { queueErrorOf } from '../fixtures/throws.ts'

const test = suite('library')

test(
  'a queue knows the absolute path of its home',
  inWorld(({ home }) => assert.is(Queue.open({ home }).home, home)),
)

test(
  'a queue refuses a home that is a file',
  inWorld(async ({ dir }) => {
    writeFileSync(join(dir, 'file'), '')
    assert.is((await queueErrorOf(() => Queue.open({ home: join(dir, 'file') }))).code, 'NOT_WRITABLE')
  }),
)

test(
  'a reader sees the jobs of a home',
  inWorld(async ({ home, queue }) => {
    const job = await queue.enqueue({ command: 'true' })
    const reader = QueueReader.open({ home })
    assert.equal([reader.home, await reader.get(job.id)], [home, job])
    assert.not.ok('enqueue' in reader)
  }),
)

test(
  'a reader makes no home',
  inWorld(async ({ dir }) => {
    const home = join(dir, 'none')
    assert.is((await queueErrorOf(() => QueueReader.open({ home }))).code, 'FAILED')
    assert.not.ok(existsSync(home))
  }),
)

test(
  'two queues in one process and two homes do not meet',
  inWorld(async ({ dir, queue }) => {
    const other = Queue.open({ home: join(dir, 'other') })
    await queue.enqueue({ command: 'true', id: 'job1' })
    await other.enqueue({ command: 'false', id: 'job1' })
    assert.is((await queue.get('job1')).command, 'true')
    assert.is((await other.get('job1')).command, 'false')
  }),
)

test(
  'what enqueue returns is what get reads',
  inWorld(async ({ queue, home }) => {
    const job = await queue.enqueue({
      command: ['printf', '%s', 'a b'],
      id: 'job1',
      priority: 7,
      env: { A: '1' },
      tags: ['x'],
      queue: 'mail',
    })
    assert.equal(await queue.get('job1'), job)
    assertHomeIntact(home)
  }),
)

for (const request of [{}, { command: '' }, { command: 5 }, null, [], 'true', { command: 'true', id: 'a/b' }])
  test(
    `enqueue refuses ${JSON.stringify(request)}`,
    inWorld(async ({ queue, home }) => {
      const error = await queueErrorOf(() => queue.enqueue(request as unknown as JobRequest))
      assert.equal([error.code, error.exitCode], ['INVALID_JOB', 2])
      assert.equal(readdirSync(join(home, 'pending')), [])
    }),
  )

test(
  'enqueue refuses a request that JSON cannot hold, or that nests without end',
  inWorld(async ({ queue }) => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    let deep: unknown = 0
    for (let n = 0; n < 100_000; n++) deep = [deep]
    for (const mine of [circle, deep, 5n])
      assert.is((await queueErrorOf(() => queue.enqueue({ command: 'true', ...others({ mine }) }))).code, 'INVALID_JOB')
  }),
)

test(
  'enqueue warns of a slip and of members in other words, one by one and in a batch',
  inWorld(async ({ home }) => {
    const said: string[] = []
    const queue = Queue.open({ home, warn: (warning) => said.push(warning) })
    const slip = { command: 'true', ...others({ priorty: 3 }) }
    const job = await queue.enqueue({ ...slip, id: 'a' })
    assert.equal(job.warnings, ['"priorty" means nothing to queuectl; did you mean priority?'])
    assert.equal(said, [`job a: ${job.warnings?.[0]}`])
    await queue.enqueueAll([slip, slip])
    assert.equal(said.slice(1), job.warnings)
  }),
)

test(
  'enqueue refuses a configuration that is wrong, and enqueues nothing',
  inWorld(async ({ queue, home }) => {
    writeFileSync(join(home, 'config.json'), '{"max_retries":-1}')
    assert.is((await queueErrorOf(() => queue.enqueue({ command: 'true' }))).code, 'BROKEN_CONFIG')
    assert.equal(readdirSync(join(home, 'pending')), [])
  }),
)

test(
  'a job goes from enqueue through cancel, retry and cancel to purge',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    assert.is((await queue.cancel('job1')).state, 'dead')
    assert.is((await queue.retry('job1')).state, 'pending')
    assert.is((await queue.cancel('job1', 'enough')).cancelled?.reason, 'enough')
    assert.is(await queue.purge('job1'), 'job1')
    assert.is((await queueErrorOf(() => queue.get('job1'))).code, 'NOT_FOUND')
    assert.is(assertHomeIntact(home).size, 0)
  }),
)

test(
  'what was done is counted in the metrics, newest first',
  inWorld(async ({ queue }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    await queue.cancel('job1')
    await queue.retry('job1')
    const { events, recent } = await queue.metrics()
    assert.equal([events.enqueued, events.cancelled, events.retried], [1, 1, 1])
    assert.equal(
      recent.map(({ event }) => event),
      ['retried', 'cancelled', 'enqueued'],
    )
  }),
)

test(
  'the output of the newest run is meant unless another is named',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ command: 'true', id: 'job1' })
    assert.match((await queueErrorOf(() => queue.output('job1'))).message, /not been started/)
    for (const run of [9, 10]) writeFileSync(join(home, `logs/job1/${run}.out`), `of ${run}`)
    const newest = await queue.output('job1')
    assert.equal([newest.run, readFileSync(newest.stdout, 'utf8')], [10, 'of 10'])
    assert.is((await queue.output('job1', 9)).run, 9)
    const error = await queueErrorOf(() => queue.output('job1', 8))
    assert.is(error.code, 'NOT_FOUND')
    assert.match(error.hint ?? '', /9, 10/)
  }),
)

test(
  'quarantined files are listed with their reasons',
  inWorld(async ({ queue, home }) => {
    writeFileSync(join(home, 'corrupt/1a2b3c4d-x.json'), '')
    writeFileSync(join(home, 'corrupt/1a2b3c4d-x.json.reason'), 'it is empty\n')
    writeFileSync(join(home, 'corrupt/5e6f7a8b-y.json'), '')
    const told = await queue.corrupt()
    assert.equal(told.map(({ reason }) => reason).toSorted(), ['it is empty', 'unknown'])
  }),
)

test(
  'a home without workers has an empty list',
  inWorld(async ({ queue }) => assert.equal(await queue.workers(), [])),
)

test(
  'a setting is kept until it is taken back',
  inWorld(async ({ queue, home }) => {
    await queue.setConfig('timeout', 9)
    assert.is(queue.config().timeout, 9)
    assert.equal(Queue.open({ home }).settings(), { timeout: 9 })
    await queue.setConfig('timeout', undefined)
    assert.is(queue.config().timeout, 300)
    assert.equal(queue.settings(), {})
  }),
)

test(
  'a home that was removed is an error in a sentence, and does not come back half',
  inWorld(async ({ queue, home }) => {
    rmSync(home, { recursive: true })
    const error = await queueErrorOf(() => queue.enqueue({ command: 'true' }))
    assert.match(error.message, /^cannot enqueue/)
    assert.is((await queueErrorOf(() => queue.get('x'))).code, 'NOT_FOUND')
    assert.equal(await queue.list(), [])
    mkdirSync(home)
    assert.equal(readdirSync(home), [])
  }),
)

test(
  'a plain ES module imports the package by its name and drives a queue with it',
  inWorld(async ({ dir, home, queue }) => {
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(ROOT, join(dir, 'node_modules/queuectl'))
    writeFileSync(
      join(dir, 'program.mjs'),
      `import { Queue, QueueError } from 'queuectl'
      const queue = Queue.open({ home: process.argv[2] })
      const { id } = await queue.enqueue({ command: 'true', id: 'from-outside' })
      const error = await queue.enqueue({ command: 'true', id }).catch((error) => error)
      console.log(id, (await queue.count()).pending, error instanceof QueueError && error.code)`,
    )
    const { PATH = '' } = process.env
    const { stdout, stderr, code } = await start(process.execPath, ['program.mjs', home], { cwd: dir, env: { PATH } })
      .ended
    assert.equal([stderr, code, stdout], ['', 0, 'from-outside 1 DUPLICATE_JOB\n'])
    assert.is((await queue.get('from-outside')).command, 'true')
  }),
)

test(
  'the library writes nothing to the standard streams and keeps no process alive',
  inWorld(async ({ dir, home }) => {
    const script = `
      import { Queue } from ${JSON.stringify(join(ROOT, 'dist/lib/index.js'))}
      const queue = Queue.open({ home: ${JSON.stringify(home)} })
      await queue.enqueueAll([{ command: 'true', id: 'a' }, { command: 'true', id: 'a' }])
      await queue.cancel('a')
      await queue.setConfig('timeout', 5)
      await queue.list(); await queue.count(); await queue.metrics(); await queue.workers()`
    const { PATH = '' } = process.env
    const ran = await start(process.execPath, ['--input-type=module', '-e', script], { cwd: dir, env: { PATH } }).ended
    assert.equal([ran.code, ran.stdout, ran.stderr], [0, '', ''])
  }),
)

test.run()
