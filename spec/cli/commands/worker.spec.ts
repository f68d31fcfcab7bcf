import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl worker')

test(
  'start returns when the worker is up, naming its slots, pid and log',
  inWorld(async ({ cli, queue }) => {
    const { code, stdout, stderr } = await cli(['worker', 'start', '--count', '3'])
    assert.is(code, 0, stderr)
    const [worker] = await queue.workers()
    assert.is(stdout, `Started worker ${worker?.name} with 3 slots (pid ${worker?.pid}), log ${worker?.log}\n`)
    await cli(['worker', 'stop'])
  }),
)

test(
  'start --json prints the same as one object',
  inWorld(async ({ cli }) => {
    const started = JSON.parse((await cli(['worker', 'start', '--json'])).stdout) as Record<string, unknown>
    assert.equal(Object.keys(started).toSorted(), ['log', 'name', 'pid', 'slots'])
    await cli(['worker', 'stop'])
  }),
)

test(
  'several starts add workers, and one stop stops them all',
  inWorld(async ({ cli, queue }) => {
    await cli(['worker', 'start', '-c', '2'])
    await cli(['worker', 'start'])
    assert.match((await cli(['status'])).stdout, 'Active Workers: 3')
    assert.is((await cli(['worker', 'stop'])).stdout, 'Stopped 2 workers\n')
    assert.is((await queue.workers()).filter(({ life }) => life === 'alive').length, 0)
  }),
)

test(
  'stop waits for the jobs that run',
  inWorld(async ({ cli, queue }) => {
    await cli(['worker', 'start'])
    await queue.enqueue({ id: 'a', command: 'sleep 0.5' })
    await until(async () => (await queue.count()).processing === 1, 5000, 'it runs')
    await cli(['worker', 'stop'])
    assert.is((await queue.get('a')).state, 'completed')
  }),
)

test(
  'stop --timeout ends with 75 when a worker is still finishing',
  inWorld(async ({ cli, queue }) => {
    await cli(['worker', 'start'])
    await queue.enqueue({ id: 'a', command: 'sleep 100' })
    await until(async () => (await queue.count()).processing === 1, 5000, 'it runs')
    const { code, stderr } = await cli(['worker', 'stop', '--timeout', '0.2'])
    assert.is(code, 75)
    assert.match(stderr, 'still finishing')
    await cli(['worker', 'stop', '--force'])
  }),
)

test(
  'stop --force ends the jobs and gives them back with no attempt used',
  inWorld(async ({ cli, queue }) => {
    await cli(['worker', 'start'])
    await queue.enqueue({ id: 'a', command: 'sleep 100' })
    await until(async () => (await queue.count()).processing === 1, 5000, 'it runs')
    assert.is((await cli(['worker', 'stop', '--force'])).code, 0)
    const { state, attempts } = await queue.get('a')
    assert.equal([state, attempts], ['pending', 0])
  }),
)

test(
  'stop with no worker says so and succeeds',
  inWorld(async ({ cli }) => {
    const { code, stdout } = await cli(['worker', 'stop'])
    assert.equal([code, stdout], [0, 'No worker is running\n'])
  }),
)

for (const word of ['list', 'status', 'health']) {
  test(
    `${word} ends with 5 when no worker is alive`,
    inWorld(async ({ cli }) => {
      const { code, stdout, stderr } = await cli(['worker', word])
      assert.equal([code, stdout], [5, ''])
      assert.match(stderr, 'no worker')
    }),
  )

  test(
    `${word} names each worker and what it runs`,
    inWorld(async ({ cli, queue, startWorker }) => {
      const worker = await startWorker({ count: 2 })
      await queue.enqueue({ id: 'a', command: 'sleep 100' })
      await until(async () => (await queue.workers())[0]?.running.length === 1, 5000, 'it runs')
      const { code, stdout } = await cli(['worker', word])
      assert.is(code, 0)
      assert.match(stdout, /^WORKER +PID +STATE/)
      assert.match(stdout, new RegExp(`^${worker.info.name} +${worker.pid} +healthy +\\d+s +1 of 2 slots `, 'm'))
      assert.match(stdout, /^ {2}a \(run 1.*\): sleep 100$/m)
      worker.kill('SIGKILL')
    }),
  )
}

test(
  'list --json without workers prints [] and still exits with 5',
  inWorld(async ({ cli }) => {
    const { code, stdout } = await cli(['worker', 'list', '--json'])
    assert.equal([code, stdout], [5, '[]\n'])
  }),
)

test(
  'config foreground decides where start runs, and --background wins over it',
  inWorld(async ({ cli, begin, queue }) => {
    await cli(['config', 'set', 'foreground', 'true'])
    const worker = begin(['worker', 'start'])
    await until(async () => (await queue.workers()).some(({ pid }) => pid === worker.pid), 5000, 'it is up')
    worker.kill('SIGINT')
    assert.is((await worker.ended).code, 0)
    assert.match((await cli(['worker', 'start', '--background'])).stdout, 'Started worker')
    await cli(['worker', 'stop'])
  }),
)

test(
  'a worker in the foreground keeps stdout free',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ command: 'echo noise' })
    assert.is((await cli(['worker', 'start', '--foreground', '--burst'])).stdout, '')
  }),
)

for (const [args, ran] of [
  [
    ['--queue', 'mail,web'],
    ['a', 'b'],
  ],
  [
    ['--queue', 'mail', '--queue', 'web'],
    ['a', 'b'],
  ],
  [
    ['--not-queue', 'mail'],
    ['b', 'c'],
  ],
  [['--queue', 'default'], ['c']],
] as const)
  test(
    `a worker with ${args.join(' ')} runs only what it takes, and a burst does not wait for the rest`,
    inWorld(async ({ cli, queue }) => {
      await queue.enqueueAll([
        { id: 'a', command: 'true', queue: 'mail' },
        { id: 'b', command: 'true', queue: 'web' },
        { id: 'c', command: 'true' },
      ])
      assert.is((await cli(['worker', 'start', '--foreground', '--burst', ...args])).code, 0)
      assert.equal((await queue.select({ states: ['completed'] })).map(({ id }) => id).toSorted(), ran)
    }),
  )

test(
  'what no worker takes is explained, worker list says what each takes, and restart keeps it',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'a', command: 'true', queue: 'gpu' })
    await cli(['worker', 'start', '--not-queue', 'gpu'])
    assert.match((await cli(['explain', 'a'])).stdout, 'no worker takes the queue gpu')
    assert.match((await cli(['worker', 'list'])).stdout, 'healthy, not queue gpu')
    await cli(['worker', 'restart'])
    assert.equal(
      (await queue.workers()).map(({ not_queues }) => not_queues),
      [['gpu']],
    )
    await cli(['worker', 'stop'])
  }),
)

test(
  'stop with a name stops that worker alone',
  inWorld(async ({ cli, queue }) => {
    await cli(['worker', 'start'])
    await cli(['worker', 'start'])
    const [first, second] = (await queue.workers()).map(({ name }) => name)
    assert.is((await cli(['worker', 'stop', first ?? ''])).stdout, 'Stopped 1 worker\n')
    assert.equal(
      (await queue.workers()).map(({ name }) => name),
      [second],
    )
    assert.is((await cli(['worker', 'stop', first ?? ''])).code, 4)
    await cli(['worker', 'stop'])
  }),
)

test(
  'a name that no queue can have is refused',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['worker', 'start', '--queue', 'mail,'])
    assert.is(code, 2)
    assert.match(stderr, 'a queue is 1 to 64 letters')
  }),
)

test(
  'stop says at once what it waits for, and on Ctrl-C that this goes on',
  inWorld(async (world) => {
    const { id } = await add(world, untilLetGo('job'), { id: 'encode' })
    await world.startWorker()
    await isUp(world, 'job')
    const stopping = world.begin(['worker', 'stop'])
    await until(
      () => /waiting for 1 job: encode \(\d+s\); --timeout, --leave or --force do not wait/.test(stopping.stderr),
      SOON_MS,
      'it says so',
    )
    stopping.kill('SIGINT')
    const { code, stderr } = await stopping.ended
    assert.is(code, 130)
    assert.match(stderr, 'go on finishing')
    letGo(world, 'job')
    await settles(world.queue, id)
  }),
)

test.run()
