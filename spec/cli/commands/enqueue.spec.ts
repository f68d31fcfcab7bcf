import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rounds } from '../../../fixtures/rounds.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import type { Job } from '../../../lib/job/job.ts'

const test = suite('queuectl enqueue')

/** The one job in the queue, after this command. */
async function made(world: World, args: readonly string[], input?: string): Promise<Job> {
  const { code, stderr } = await world.cli(['enqueue', ...args], input === undefined ? {} : { input })
  assert.is(code, 0, stderr)
  const jobs = await world.queue.list()
  assert.is(jobs.length, 1)
  const job = jobs[0]?.job
  if (job === undefined) throw new Error('it cannot be read')
  return job
}

/** Each form, and the members it gives the job. */
const forms: readonly (readonly [string, readonly string[], object])[] = [
  ['JSON', ['{"id":"job1","command":"sleep 2"}'], { id: 'job1', command: 'sleep 2' }],
  ['JSON that the shell has split', ['{"command":', '"echo', 'a', 'b"}'], { command: 'echo a b' }],
  ['a command line', ["sleep 3; echo 'done'"], { command: "sleep 3; echo 'done'" }],
  ['several words', ['echo', 'hello'], { command: 'echo hello' }],
  ['-c LINE', ['-c', 'echo hi'], { command: 'echo hi' }],
  ['--command LINE', ['--command', 'echo hi'], { command: 'echo hi' }],
  ['-- and a program with its arguments', ['--', 'rm', '-f', 'a b'], { command: ['rm', '-f', 'a b'] }],
  ['a member that means nothing', ['{"command":"x","customer":7}'], { customer: 7 }],
  ['--id', ['-c', 'x', '--id', 'job-1'], { id: 'job-1' }],
  ['-i', ['-c', 'x', '-i', 'job-1'], { id: 'job-1' }],
  ['-p', ['-c', 'x', '-p', '10'], { priority: 10 }],
  ['a negative priority', ['-c', 'x', '-p', '-5'], { priority: -5 }],
  ['"priority"', ['{"command":"x","priority":10}'], { priority: 10 }],
  ['--max-retries', ['x', '--max-retries', '5'], { max_retries: 5 }],
  ['-r', ['x', '-r', '5'], { max_retries: 5 }],
  ['"max_retries"', ['{"command":"x","max_retries":5}'], { max_retries: 5 }],
  ['--timeout in seconds', ['x', '--timeout', '90'], { timeout: 90 }],
  ['-t as a duration', ['x', '-t', '10m'], { timeout: 600 }],
  ['--backoff-base with a fraction', ['x', '--backoff-base', '3.0'], { backoff_base: 3 }],
  ['--queue', ['x', '--queue', 'mail'], { queue: 'mail' }],
  ['--tag, repeated', ['x', '--tag', 'a', '--tag', 'b'], { tags: ['a', 'b'] }],
  ['--env, repeated', ['x', '--env', 'A=1', '--env', 'B=c=d'], { env: { A: '1', B: 'c=d' } }],
  ['--run-at', ['x', '--run-at', '2099-12-31T23:59:00Z'], { run_at: '2099-12-31T23:59:00.000Z', state: 'scheduled' }],
  ['"run_at"', ['{"command":"x","run_at":"2099-01-01T00:00:00Z"}'], { run_at: '2099-01-01T00:00:00.000Z' }],
  ['--cwd', ['x', '--cwd', '/'], { cwd: '/' }],
]

for (const [form, args, members] of forms)
  test(
    `takes ${form}`,
    inWorld(async (world) => {
      const job = { ...(await made(world, args)) } as Record<string, unknown>
      assert.equal(Object.fromEntries(Object.keys(members).map((name) => [name, job[name]])), members)
    }),
  )

test(
  'options win over members of the JSON',
  inWorld(async (world) => {
    const job = await made(world, ['{"command":"x","priority":1,"id":"a"}', '-p', '2', '--id', 'b'])
    assert.equal([job.id, job.priority], ['b', 2])
  }),
)

test(
  'variables of the options join those of the JSON',
  inWorld(async (world) => {
    assert.equal((await made(world, ['{"command":"x","env":{"A":"1","B":"1"}}', '--env', 'B=2'])).env, {
      A: '1',
      B: '2',
    })
  }),
)

test(
  'a job runs where it was enqueued',
  inWorld(async (world) => {
    assert.is((await made(world, ['x'])).cwd, world.dir)
  }),
)

test(
  '--cwd may be relative',
  inWorld(async (world) => {
    assert.is((await made(world, ['x', '--cwd', 'home'])).cwd, world.home)
  }),
)

test(
  '--delay is counted from now',
  inWorld(async (world) => {
    const before = Date.now()
    const { run_at } = await made(world, ['x', '--delay', '1h'])
    const seconds = (Date.parse(run_at ?? '') - before) / 1000
    assert.ok(seconds >= 3600 && seconds < 3660, `${seconds}`)
  }),
)

test(
  'prints a line that ends in the id',
  inWorld(async ({ cli }) => {
    assert.is((await cli(['enqueue', '-c', 'x', '--id', 'job1'])).stdout, 'Enqueued job1\n')
  }),
)

test(
  '--json prints the job on one line',
  inWorld(async ({ cli }) => {
    const { stdout } = await cli(['enqueue', '-c', 'x', '--id', 'job1', '--json'])
    assert.is(stdout.split('\n').length, 2)
    const { id, command, state } = JSON.parse(stdout) as Job
    assert.equal([id, command, state], ['job1', 'x', 'pending'])
  }),
)

for (const [form, args] of [
  ['@FILE', ['@job.json']],
  ['-f FILE', ['-f', 'job.json']],
  ['--file FILE', ['--file', 'job.json']],
] as const)
  test(
    `reads ${form}`,
    inWorld(async (world) => {
      writeFileSync(join(world.dir, 'job.json'), '{\n  "command": "from a file"\n}\n')
      assert.is((await made(world, args)).command, 'from a file')
    }),
  )

test(
  'options complete a job from a file',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'job.json'), '{"command":"x"}')
    assert.is((await made(world, ['@job.json', '-p', '7'])).priority, 7)
  }),
)

test(
  'a run_at that is past runs now, with a word on stderr',
  inWorld(async ({ cli, queue }) => {
    const { stdout, stderr } = await cli(['enqueue', '{"id":"p","command":"x","run_at":"2024-12-31T23:59:00"}'])
    assert.is(stdout, 'Enqueued p\n')
    assert.match(stderr, 'past')
    assert.is((await queue.get('p')).state, 'pending')
  }),
)

test(
  'a slip in the name of a member is noticed on stderr',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['enqueue', '{"command":"x","priorty":5}'])
    assert.is(code, 0)
    assert.match(stderr, 'did you mean priority?')
  }),
)

/** How many calls are made at one moment. */
const CALLS = rounds(10, 30)

test(
  'of many calls at one moment with the same id one is enqueued',
  inWorld(async ({ cli, queue }) => {
    const all = await Promise.all(Array.from({ length: CALLS }, () => cli(['enqueue', '-c', 'x', '--id', 'same'])))
    assert.equal(
      [all.filter(({ code }) => code === 0).length, all.filter(({ code }) => code === 1).length],
      [1, CALLS - 1],
    )
    assert.is((await queue.list()).length, 1)
  }),
)

test(
  'of many calls at one moment without an id all are enqueued',
  inWorld(async ({ cli, queue }) => {
    const all = await Promise.all(Array.from({ length: CALLS }, () => cli(['enqueue', 'x'])))
    assert.is(new Set(all.map(({ stdout }) => stdout)).size, CALLS)
    assert.is((await queue.list()).length, CALLS)
  }),
)

test(
  'the file in pending/ is the job that was printed',
  inWorld(async ({ cli, queue }) => {
    const { stdout } = await cli(['enqueue', 'x', '--json'])
    const [listed] = await queue.list()
    assert.equal(JSON.parse(readFileSync(listed?.path ?? '', 'utf8')), JSON.parse(stdout))
  }),
)

test.run()
