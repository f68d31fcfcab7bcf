import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../../fixtures/until.ts'
import { inWorld } from '../../../fixtures/world.ts'
import type { Job } from '../../../lib/job/job.ts'
import { shell } from '../../../fixtures/shell.ts'

const test = suite('queuectl enqueue of many jobs')

const line = (id: string): string => `{"id":"${id}","command":"echo ${id}"}\n`
const ids = (stdout: string): string[] =>
  stdout
    .trim()
    .split('\n')
    .map((text) => text.replace('Enqueued ', ''))

test(
  'each line of standard input is a job, printed in order',
  inWorld(async ({ cli }) => {
    const { code, stdout } = await cli(['enqueue', '-'], { input: line('a') + line('b') + line('c') })
    assert.is(code, 0)
    assert.equal(ids(stdout), ['a', 'b', 'c'])
  }),
)

test(
  '-f - is standard input too',
  inWorld(async ({ cli }) => {
    assert.equal(ids((await cli(['enqueue', '-f', '-'], { input: line('a') })).stdout), ['a'])
  }),
)

test(
  'jobs of a batch run in the order of its lines',
  inWorld(async ({ cli, queue }) => {
    const all = Array.from({ length: 50 }, (_, i) => `j${i}`)
    await cli(['enqueue', '-'], { input: all.map(line).join('') })
    assert.equal(
      (await queue.list()).map(({ id }) => id),
      all,
    )
  }),
)

test(
  'options apply to each job of a batch',
  inWorld(async ({ cli, queue }) => {
    await cli(['enqueue', '-', '-p', '5', '--tag', 'night'], { input: line('a') + line('b') })
    assert.equal(
      (await queue.list()).map(({ job }) => [job?.priority, job?.tags]),
      [
        [5, ['night']],
        [5, ['night']],
      ],
    )
  }),
)

test(
  '--json prints an array, and --json=lines one job a line',
  inWorld(async ({ cli }) => {
    const { stdout: list } = await cli(['enqueue', '-', '--json'], { input: line('c') })
    assert.is((JSON.parse(list) as Job[])[0]?.id, 'c')
    const { stdout } = await cli(['enqueue', '-', '--json=lines'], { input: line('a') + line('b') })
    const jobs = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as Job)
    assert.equal(
      jobs.map(({ id }) => id),
      ['a', 'b'],
    )
  }),
)

test(
  'bad lines are named by number, the others are enqueued, and the exit status is 6',
  inWorld(async ({ cli }) => {
    const { code, stdout, stderr } = await cli(['enqueue', '-'], {
      input: `${line('a')}nonsense\n${line('b')}{"id":"x/y","command":"z"}\n{"command":"cut`,
    })
    assert.is(code, 6)
    assert.equal(ids(stdout), ['a', 'b'])
    assert.equal(
      [...stderr.matchAll(/^line (\d+): /gm)].map(([, n]) => n),
      ['2', '4', '5'],
    )
    assert.match(stderr, '3 of 5 jobs could not be enqueued')
  }),
)

test(
  'an id that is taken is a bad line',
  inWorld(async ({ cli }) => {
    const { code, stdout, stderr } = await cli(['enqueue', '-'], { input: line('a') + line('a') + line('b') })
    assert.is(code, 6)
    assert.equal(ids(stdout), ['a', 'b'])
    assert.match(stderr, /^line 2: .*already exists/m)
  }),
)

test(
  'ten bad lines are named, and how many more there are',
  inWorld(async ({ cli }) => {
    const { stderr } = await cli(['enqueue', '-'], { input: 'bad\n'.repeat(25) + line('a') })
    assert.is([...stderr.matchAll(/^line \d+: /gm)].length, 10)
    assert.match(stderr, 'and 15 more lines')
  }),
)

test(
  'a batch of which nothing can be enqueued ends with 2',
  inWorld(async ({ cli }) => {
    const { code, stdout } = await cli(['enqueue', '-'], { input: 'bad\nworse\n' })
    assert.equal([code, stdout], [2, ''])
  }),
)

test(
  'a single job on standard input fails as it would as an argument',
  inWorld(async ({ cli }) => {
    await cli(['enqueue', '-'], { input: line('a') })
    const { code, stderr } = await cli(['enqueue', '-'], { input: line('a') })
    assert.is(code, 1)
    assert.match(stderr, /^queuectl: cannot enqueue a: /)
  }),
)

test(
  'an empty standard input is an error',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['enqueue', '-'], { input: '' })
    assert.is(code, 2)
    assert.match(stderr, 'no job')
  }),
)

test(
  'more than one lot is enqueued in full',
  inWorld(async ({ cli, queue }) => {
    const { code, stdout } = await cli(['enqueue', '-'], { input: '{"command":"true"}\n'.repeat(2100) })
    assert.is(code, 0)
    assert.is(ids(stdout).length, 2100)
    assert.is((await queue.count()).pending, 2100)
  }),
)

test(
  'a batch goes on when its output has no reader any more',
  inWorld(async (world) => {
    const { stdout } = await shell(world, `yes '{"command":"true"}' | head -2500 | queuectl enqueue - | head -1`)
    assert.match(stdout, /^Enqueued \S+\n$/)
    await until(async () => (await world.queue.count()).pending === 2500, 10_000, 'all are enqueued')
  }),
)

test(
  'what has come is enqueued while the rest is waited for',
  inWorld(async (world) => {
    const ran = shell(
      world,
      `mkfifo fifo; (echo '${line('first')}'; read go < fifo; echo '${line('second')}') | queuectl enqueue -`,
    )
    await until(async () => (await world.queue.count()).pending === 1, 10_000, 'the first is enqueued')
    await shell(world, 'echo go > fifo')
    assert.equal(ids((await ran).stdout), ['first', 'second'])
  }),
)

test.run()
