import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld, type World } from '../../../fixtures/world.ts'

const test = suite('queuectl list')

/** Runs what is in the queue until all of it has settled. */
const burst = (world: World): Promise<unknown> => world.cli(['worker', 'start', '--foreground', '--burst', '-c', '4'])

const lines = (stdout: string): string[] => stdout.trimEnd().split('\n')
const listed = async (world: World, ...args: string[]): Promise<string[]> =>
  (JSON.parse((await world.cli(['list', '--json', ...args])).stdout) as { id: string }[]).map(({ id }) => id)

test(
  'has a head, then a line a job, which begins with its id',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'job1', command: 'echo hello' })
    const [head = '', line = '', ...more] = lines((await cli(['list'])).stdout)
    assert.match(head, /^ID +STATE +ATTEMPTS/)
    assert.match(line, /^job1 +pending +0\/3 .* echo hello$/)
    assert.equal(more, [])
  }),
)

test(
  'never cuts an id',
  inWorld(async ({ cli, queue }) => {
    const id = 'i'.repeat(128)
    await queue.enqueue({ id, command: 'x' })
    assert.match((await cli(['list'])).stdout, id)
  }),
)

test(
  'cuts nothing in a pipe',
  inWorld(async ({ cli, queue }) => {
    const command = `echo ${'long '.repeat(100)}end`
    await queue.enqueue({ command })
    assert.match((await cli(['list'])).stdout, command)
  }),
)

test(
  'says on stderr that it is empty, and nothing on stdout',
  inWorld(async ({ cli }) => {
    const { code, stdout, stderr } = await cli(['list'])
    assert.equal([code, stdout], [0, ''])
    assert.match(stderr, 'no jobs')
  }),
)

test(
  '--json is one array on one line, also when it is empty',
  inWorld(async ({ cli, queue }) => {
    assert.is((await cli(['list', '--json'])).stdout, '[]\n')
    await queue.enqueueAll([{ command: 'a' }, { command: 'b' }])
    const { stdout } = await cli(['list', '--json'])
    assert.is(lines(stdout).length, 1)
    assert.is((JSON.parse(stdout) as unknown[]).length, 2)
  }),
)

test(
  'ls is list',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'job1', command: 'x' })
    assert.match((await cli(['ls'])).stdout, 'job1')
  }),
)

for (const args of [
  ['--state', 'completed'],
  ['-s', 'completed'],
  ['completed'],
  ['--state=completed'],
  ['-s', 'done'],
])
  test(
    `${args.join(' ')} lists only those`,
    inWorld(async (world) => {
      await world.queue.enqueue({ id: 'done', command: 'true' })
      await burst(world)
      await world.queue.enqueue({ id: 'new', command: 'true' })
      assert.equal(await listed(world, ...args), ['done'])
    }),
  )

for (const args of [
  ['-s', 'pending,dead'],
  ['-s', 'pending', '-s', 'dead'],
  ['pending', 'dead'],
])
  test(
    `${args.join(' ')} lists both`,
    inWorld(async (world) => {
      await world.queue.enqueueAll([
        { id: 'dead', command: 'false', max_retries: 1 },
        { id: 'fine', command: 'true' },
      ])
      await burst(world)
      await world.queue.enqueue({ id: 'new', command: 'true' })
      assert.equal(await listed(world, ...args), ['new', 'dead'])
    }),
  )

test(
  'what is not due yet is pending, with the time until then',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'later', command: 'x', run_at: '2099-01-01T00:00:00Z' })
    const [, line = ''] = lines((await cli(['list', '--state', 'pending'])).stdout)
    assert.match(line, /^later +pending .* in \d+d /)
  }),
)

test(
  'scheduled lists what is not due yet alone',
  inWorld(async (world) => {
    await world.queue.enqueueAll([
      { id: 'later', command: 'x', run_at: '2099-01-01T00:00:00Z' },
      { id: 'now', command: 'x' },
    ])
    assert.equal(await listed(world, '-s', 'scheduled'), ['later'])
  }),
)

test(
  'the JSON of a job that failed says when it is tried again',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'f', command: 'false', backoff_base: 1000 })
    const worker = await world.startWorker()
    const { until } = await import('../../../fixtures/until.ts')
    await until(async () => (await world.queue.count()).failed === 1, 5000, 'it has failed')
    const [job] = JSON.parse((await world.cli(['list', '-s', 'failed', '--json'])).stdout) as Record<string, string>[]
    assert.match(job?.next_retry_at ?? '', /Z$/)
    worker.kill()
    await worker.ended
  }),
)

test(
  '--queue, --tag, --limit and --sort choose and order',
  inWorld(async (world) => {
    await world.queue.enqueueAll([
      { id: 'a', command: 'x', queue: 'mail' },
      { id: 'b', command: 'x', tags: ['night'], priority: 5 },
      { id: 'c', command: 'x', priority: 1 },
    ])
    assert.equal(await listed(world, '--queue', 'mail'), ['a'])
    assert.equal(await listed(world, '--tag', 'night'), ['b'])
    assert.equal(await listed(world, '--limit', '2'), ['b', 'c'])
    assert.equal(await listed(world, '--sort', 'id'), ['a', 'b', 'c'])
    assert.equal(await listed(world, '--sort', 'priority'), ['b', 'c', 'a'])
  }),
)

test(
  '--output shows what the last run wrote, under its job',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'job1', command: 'echo out; echo err >&2' })
    await burst(world)
    const [, line = '', ...output] = lines((await world.cli(['list', '--state', 'completed', '--output'])).stdout)
    assert.match(line, /^job1 /)
    assert.equal(output, ['    out', '    err'])
  }),
)

test(
  '--output --json has it as a member',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'job1', command: 'echo out' })
    await burst(world)
    const [job] = JSON.parse((await world.cli(['list', '--output', '--json'])).stdout) as { output: object }[]
    assert.equal(job?.output, { run: 1, stdout: 'out\n', stderr: '' })
  }),
)

test(
  'a command cannot move the cursor or deceive the eye',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'evil', command: 'echo \x1b[2J\r\u202e\nfake  dead' })
    const { stdout } = await cli(['list'])
    assert.match(stdout, 'echo \\e[2J\\r\\u{202e}\\nfake  dead')
    assert.is(lines(stdout).length, 2)
  }),
)

test(
  'a file that cannot be read is listed with the reason',
  inWorld(async ({ cli, home }) => {
    writeFileSync(join(home, 'dead', '1000-20261122T101500.123456Z-weird.json'), 'not json')
    assert.match((await cli(['list'])).stdout, /^weird +dead .*\(cannot be read: /m)
    const [one] = JSON.parse((await cli(['list', '--json'])).stdout) as Record<string, string>[]
    assert.is(one?.id, 'weird')
  }),
)

test(
  'there are no colours in a pipe, and there are if always wanted',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ command: 'false', max_retries: 1 })
    await cli(['worker', 'start', '--foreground', '--burst'])
    assert.not.match((await cli(['list'])).stdout, '\x1b')
    assert.match((await cli(['list', '--color', 'always'])).stdout, '\x1b[31mdead')
    assert.not.match((await cli(['list', '--color', 'never'])).stdout, '\x1b')
  }),
)

test.run()
