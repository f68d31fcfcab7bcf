/** What is done with one job, or with the dead ones: show, logs, retry, cancel, dlq. */
import { suite } from 'uvu'
import { others } from '../../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { inWorld, type World } from '../../../fixtures/world.ts'
import type { JobRequest } from '../../../lib/job/job.ts'

const test = suite('queuectl show, logs, retry, cancel and dlq')

/** Enqueues and runs these to their end. */
async function ran(world: World, ...requests: JobRequest[]): Promise<void> {
  await world.queue.enqueueAll(requests)
  const { code, stderr } = await world.cli(['worker', 'start', '--foreground', '--burst', '-c', '4'])
  assert.is(code, 0, stderr)
}

const DEAD = { command: 'echo told; echo why >&2; exit 3', max_retries: 1 }

test(
  'show names members, attempts and where the output lies',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    const { stdout } = await world.cli(['show', 'a'])
    assert.match(stdout, /^State: +dead$/m)
    assert.match(stdout, /^1 +1 +failed +3 .*exit code 3: why$/m)
    assert.match(stdout, `${world.home}/logs/a/1.out`)
  }),
)

for (const word of ['show', 'get'])
  test(
    `${word} --json prints the record on one line`,
    inWorld(async ({ cli, queue }) => {
      await queue.enqueue({ id: 'a', command: 'x', ...others({ customer: 7 }) })
      const { stdout } = await cli([word, 'a', '--json'])
      assert.is(stdout.split('\n').length, 2)
      const job = JSON.parse(stdout) as Record<string, unknown>
      assert.equal([job.id, job.state, job.customer], ['a', 'pending', 7])
    }),
  )

test(
  'a made id may be shortened to its last six characters',
  inWorld(async ({ cli, queue }) => {
    const { id } = await queue.enqueue({ command: 'x' })
    assert.match((await cli(['show', id.slice(-6)])).stdout, id)
    assert.is((await cli(['show', id.slice(-5)])).code, 4)
  }),
)

test(
  'last is the job enqueued last',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    await queue.enqueue({ id: 'b', command: 'x' })
    assert.match((await cli(['show', 'last'])).stdout, /^Id: +b$/m)
  }),
)

test(
  'logs prints what the last run wrote, standard output first',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    assert.is((await world.cli(['logs', 'a'])).stdout, 'told\nwhy\n')
  }),
)

test(
  'logs --stdout and --stderr print one of them',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    assert.is((await world.cli(['logs', 'a', '--stdout'])).stdout, 'told\n')
    assert.is((await world.cli(['logs', 'a', '--stderr'])).stdout, 'why\n')
  }),
)

test(
  'logs --tail prints the last lines',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: 'seq 100000' })
    assert.is((await world.cli(['logs', 'a', '--tail', '2'])).stdout, '99999\n100000\n')
  }),
)

test(
  'logs prints all of a long output',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: 'seq 100000' })
    assert.is((await world.cli(['logs', 'a'])).stdout.trimEnd().split('\n').length, 100_000)
  }),
)

test(
  'logs hands the bytes on as they are to a pipe',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: "printf '\\033[31mred\\033[2J'" })
    assert.is((await world.cli(['logs', 'a'])).stdout, '\x1b[31mred\x1b[2J')
  }),
)

test(
  'logs finds a run by its number or its attempt',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: 'echo $QUEUECTL_RUN; exit 1', max_retries: 2, backoff_base: 1 })
    assert.is((await world.cli(['logs', 'a', '--attempt', '1'])).stdout, '1\n')
    assert.is((await world.cli(['logs', 'a', '--run', '2'])).stdout, '2\n')
    assert.is((await world.cli(['logs', 'a', '--run', '3'])).code, 4)
    assert.is((await world.cli(['logs', 'a', '--attempt', '3'])).code, 4)
  }),
)

test(
  'logs of a job that has not been started is not found',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    assert.is((await cli(['logs', 'a'])).code, 4)
  }),
)

test(
  'dlq list has the word dead and the error on each line',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD }, { id: 'b', ...DEAD })
    const [head, ...lines] = (await world.cli(['dlq', 'list'])).stdout.trimEnd().split('\n')
    assert.match(head ?? '', /^ID +STATE/)
    assert.is(lines.length, 2)
    for (const line of lines) assert.match(line, /^[ab] +dead +1\/1 .*exit code 3: why$/)
  }),
)

test(
  'dlq list --output shows the output of the last run',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    assert.match((await world.cli(['dlq', 'list', '--output'])).stdout, '\n    told\n    why\n')
  }),
)

test(
  'an empty dlq says so on stderr, and is [] in JSON',
  inWorld(async ({ cli }) => {
    const { code, stdout, stderr } = await cli(['dlq', 'list'])
    assert.equal([code, stdout], [0, ''])
    assert.match(stderr, 'empty')
    assert.is((await cli(['dlq', 'list', '--json'])).stdout, '[]\n')
  }),
)

test(
  'dlq show of a job that is not dead is forbidden by its state',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    assert.is((await cli(['dlq', 'show', 'a'])).code, 3)
  }),
)

test(
  'dlq retry sends a dead job back with its attempts at zero',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    const { code, stdout } = await world.cli(['dlq', 'retry', 'a'])
    assert.equal([code, stdout], [0, 'Job a is pending again\n'])
    const job = await world.queue.get('a')
    assert.equal([job.state, job.attempts, job.history.length], ['pending', 0, 1])
  }),
)

test(
  'dlq retry of a job that is not dead is forbidden by its state',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    assert.is((await cli(['dlq', 'retry', 'a'])).code, 3)
  }),
)

test(
  'dlq retry of several does what it can and ends with 6',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    const { code, stderr } = await world.cli(['dlq', 'retry', 'a', 'nope'])
    assert.is(code, 6)
    assert.match(stderr, 'nope')
    assert.is((await world.queue.get('a')).state, 'pending')
  }),
)

test(
  'dlq retry --all passes over what was cancelled, unless asked for',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    await world.queue.enqueue({ id: 'c', command: 'x' })
    await world.queue.cancel('c')
    const first = await world.cli(['dlq', 'retry', '--all'])
    assert.is(first.stdout, 'Job a is pending again\n')
    assert.match(first.stderr, '1 dead job retried; 1 cancelled passed over')
    assert.is((await world.cli(['dlq', 'retry', '--all', '--cancelled'])).stdout, 'Job c is pending again\n')
  }),
)

test(
  'dlq retry --all of nothing is no error',
  inWorld(async ({ cli }) => {
    assert.is((await cli(['dlq', 'retry', '--all'])).code, 0)
  }),
)

for (const verb of ['retry', 'purge'])
  test(
    `dlq ${verb} --dry-run says which and changes nothing`,
    inWorld(async (world) => {
      await ran(world, { id: 'a', ...DEAD })
      assert.is((await world.cli(['dlq', verb, '--all', '--dry-run'])).stdout, `Would ${verb} a\n`)
      assert.is((await world.queue.get('a')).state, 'dead')
    }),
  )

test(
  'dlq retry --json lists the ids',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    const { stdout } = await world.cli(['dlq', 'retry', 'a', '--json'])
    assert.equal(JSON.parse(stdout), { action: 'retry', dry_run: false, ids: ['a'], failed: [] })
  }),
)

test(
  'dlq purge removes the job and its output',
  inWorld(async (world) => {
    await ran(world, { id: 'a', ...DEAD })
    assert.is((await world.cli(['dlq', 'purge', 'a'])).stdout, 'Purged a\n')
    assert.is((await world.cli(['show', 'a'])).code, 4)
    assert.is((await world.cli(['logs', 'a'])).code, 4)
  }),
)

test(
  'dlq purge of a job that is not dead is forbidden by its state',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    assert.is((await cli(['dlq', 'purge', 'a'])).code, 3)
    assert.is((await queue.get('a')).state, 'pending')
  }),
)

test(
  'retry sends a completed job back too',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: 'true' })
    assert.is((await world.cli(['retry', 'a'])).code, 0)
    assert.is((await world.queue.get('a')).state, 'pending')
  }),
)

test(
  'cancel puts a pending job into the dlq with the reason',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'x' })
    assert.is((await cli(['cancel', 'a', '--reason', 'wrong file'])).stdout, 'Cancelled a\n')
    assert.is((await queue.get('a')).cancelled?.reason, 'wrong file')
  }),
)

test(
  'cancel of a finished job is forbidden by its state',
  inWorld(async (world) => {
    await ran(world, { id: 'a', command: 'true' })
    assert.is((await world.cli(['cancel', 'a'])).code, 3)
  }),
)

test.run()
