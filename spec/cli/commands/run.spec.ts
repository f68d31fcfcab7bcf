import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, eventsOf, isUp, letGo, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { processesOf, signal } from '../../../fixtures/processes.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { monotonicMs } from '../../../lib/clock.ts'

const test = suite('queuectl run')

/** The worker that `run` started in the background ends by itself. */
const isAlone = (world: World): Promise<true> =>
  until(() => processesOf(world.dir).length === 0, SOON_MS, 'no process is left')

test(
  'without a worker the job is run, each stream arrives as it was written, and its code is the exit status',
  inWorld(async (world) => {
    const { code, stdout, stderr } = await world.cli([
      'run',
      '-i',
      'a',
      '-r',
      '1',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 7',
    ])
    assert.equal([code, stdout, stderr], [7, 'out\n', 'err\na is dead: exit code 7: err\n'])
    await isAlone(world)
    assert.is(assertHomeIntact(world.home).get('a'), 'dead')
  }),
)

test(
  'output is passed on byte for byte, also what is no text',
  inWorld(async (world) => {
    const { code, stdout } = await world.cli(['run', "printf '\\000\\377\\033[31m'; head -c 300000 /dev/zero | wc -c"])
    assert.is(code, 0)
    assert.match(stdout, /^\0\uFFFD\x1b\[31m\s*300000\n$/)
    await isAlone(world)
  }),
)

test(
  'a job that times out gives 124, one ended by a signal 128+n',
  inWorld(async (world) => {
    assert.is((await world.cli(['run', '-r', '1', '-t', '0.2', 'sleep 60'])).code, 124)
    assert.is((await world.cli(['run', '-r', '1', 'kill -9 $$'])).code, 137)
    await isAlone(world)
  }),
)

test(
  'every run of a job that is tried again is shown, and what comes between is said',
  inWorld(async (world) => {
    const { code, stdout, stderr } = await world.cli([
      'run',
      '-i',
      'a',
      '--backoff-base',
      '1',
      '-r3',
      'echo run $QUEUECTL_RUN; test $QUEUECTL_RUN = 2',
    ])
    assert.equal([code, stdout], [0, 'run 1\nrun 2\n'])
    assert.match(stderr, 'run 1 of a: exit code 1; next try in 1s')
    await isAlone(world)
  }),
)

test(
  'it makes one attempt unless it is told otherwise',
  inWorld(async (world) => {
    for (const request of ['{"command":"echo once; false"}', 'echo once; false']) {
      const { code, stdout } = await world.cli(['run', request])
      assert.equal([code, stdout], [1, 'once\n'])
    }
    await isAlone(world)
  }),
)

test(
  'a here-document is the command, without any quoting',
  inWorld(async (world) => {
    const input = `for word in "it's" '$HOME'; do\n  echo "<$word>"\ndone\n`
    const { code, stdout } = await world.cli(['run'], { input })
    assert.equal([code, stdout], [0, "<it's>\n<$HOME>\n"])
    await isAlone(world)
  }),
)

test(
  'standard input is left alone when there is a command',
  inWorld(async (world) => {
    const { code, stdout } = await world.cli(['run', 'cat; echo over'], { input: 'not for the job\n' })
    assert.equal([code, stdout], [0, 'over\n'])
    await isAlone(world)
  }),
)

test(
  'without a command and without input nothing is run',
  inWorld(async (world) => {
    const { code, stderr } = await world.cli(['run'], { input: ' \n' })
    assert.is(code, 2)
    assert.match(stderr, 'what is to be run?')
  }),
)

test(
  'the worker that run starts leaves other pending jobs alone',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'other', priority: 100 })
    assert.is((await world.cli(['run', '-i', 'mine', 'true'])).code, 0)
    await isAlone(world)
    assert.equal(Object.fromEntries(assertHomeIntact(world.home)), { mine: 'completed', other: 'pending' })
  }),
)

test(
  'a worker that is there for another job does not count as one',
  inWorld(async (world) => {
    const first = world.begin(['run', '-i', 'first', untilLetGo('first')])
    await isUp(world, 'first')
    assert.is((await world.cli(['run', '-i', 'second', 'true'])).code, 0)
    letGo(world, 'first')
    assert.is((await first.ended).code, 0)
    await isAlone(world)
  }),
)

test(
  'with a worker there is no other one started',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    const { stdout } = await world.cli(['run', 'echo $QUEUECTL_WORKER'])
    assert.is(stdout, `${worker.info.name}\n`)
    worker.kill()
    await worker.ended
  }),
)

test(
  'Ctrl-C detaches with 130, says how to come back, and the job goes on to its end',
  inWorld(async (world) => {
    const run = world.begin(['run', '-i', 'a', untilLetGo('a')])
    await isUp(world, 'a')
    run.kill('SIGINT')
    const { code, stderr } = await run.ended
    assert.is(code, 130)
    assert.match(stderr, 'a goes on by itself')
    assert.match(stderr, 'queuectl logs -f a')
    letGo(world, 'a')
    await settles(world.queue, 'a')
    await isAlone(world)
    assert.is(assertHomeIntact(world.home).get('a'), 'completed')
  }),
)

test(
  'with --cancel-on-interrupt Ctrl-C cancels the job',
  inWorld(async (world) => {
    const run = world.begin(['run', '-i', 'a', '--cancel-on-interrupt', untilLetGo('a')])
    await isUp(world, 'a')
    run.kill('SIGINT')
    assert.is((await run.ended).code, 130)
    assert.is((await world.queue.get('a')).cancelled?.reason, 'interrupted by Ctrl-C')
    await isAlone(world)
  }),
)

test(
  'after --detach-after the status is 75 and the job is settled without anybody looking',
  inWorld(async (world) => {
    const { code, stderr } = await world.cli(['run', '-i', 'a', '--detach-after', '0.3', untilLetGo('a', 5), '-r', '1'])
    assert.is(code, 75)
    assert.match(stderr, 'the time is up: a goes on by itself')
    await isUp(world, 'a')
    letGo(world, 'a')
    assert.is((await settles(world.queue, 'a', 'dead')).exit_code, 5)
    await isAlone(world)
  }),
)

test(
  'should its worker be killed, another one is started and the job is not run twice',
  inWorld(async (world) => {
    const run = world.begin(['run', '-i', 'a', untilLetGo('a', 3), '-r', '1'])
    await isUp(world, 'a')
    const [worker] = await world.queue.workers()
    assert.is(worker?.only, 'a')
    signal(worker?.pid ?? 0, 'SIGKILL')
    await until(() => eventsOf(world.home).some(({ event }) => event === 'adopted'), SOON_MS, 'a is adopted')
    letGo(world, 'a')
    assert.is((await run.ended).code, 3)
    assert.is((await world.queue.get('a')).runs, 1)
    await isAlone(world)
  }),
)

test(
  'what a job writes is shown while it runs',
  inWorld(async (world) => {
    const run = world.begin(['run', '-i', 'a', `echo early; ${untilLetGo('a')}`])
    await until(() => run.stdout === 'early\n', SOON_MS, 'the first line is shown')
    assert.ok(run.isRunning)
    letGo(world, 'a')
    const over = monotonicMs()
    assert.is((await run.ended).code, 0)
    assert.ok(monotonicMs() - over < SOON_MS)
    await isAlone(world)
  }),
)

test.run()
