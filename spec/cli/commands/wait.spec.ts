import { rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, isWatching, letGo, runAll, settles, untilLetGo } from '../../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { inWorld } from '../../../fixtures/world.ts'
import { monotonicMs } from '../../../lib/clock.ts'

const test = suite('queuectl wait')

test(
  'the exit status is the code of a job that was over before',
  inWorld(async (world) => {
    await add(world, 'exit 7', { id: 'a', max_retries: 1 })
    await runAll(world)
    const { code, stdout } = await world.cli(['wait', 'a'])
    assert.equal([code, stdout], [7, 'a is dead: exit code 7\n'])
  }),
)

test(
  'a job that is still to be tried again is waited for',
  inWorld(async (world) => {
    await add(world, 'test -e again || { touch again; exit 1; }', { id: 'a', backoff_base: 1 })
    const waiting = world.begin(['wait', 'a'])
    await isWatching(waiting.pid)
    await runAll(world)
    assert.match((await waiting.ended).stdout, /^a completed in /)
    assert.is((await waiting.ended).code, 0)
    assert.is(assertHomeIntact(world.home).get('a'), 'completed')
  }),
)

test(
  'the end of a run is noticed at once and not by the timer',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    const waiting = world.begin(['wait', 'a'])
    await isWatching(waiting.pid)
    letGo(world, 'a')
    await settles(world.queue, 'a')
    const over = monotonicMs()
    assert.is((await waiting.ended).code, 0)
    assert.ok(monotonicMs() - over < 800, `${monotonicMs() - over} ms`)
    worker.kill()
    await worker.ended
  }),
)

test(
  'of several jobs the status is that of the first to end that is not 0',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'exit 5', { id: 'b', max_retries: 1 })
    await add(world, 'exit 6', { id: 'c', max_retries: 1 })
    const waiting = world.begin(['wait', 'a', 'b', 'c', '--json'])
    await isWatching(waiting.pid)
    await runAll(world)
    const { code, stdout } = await waiting.ended
    const all = JSON.parse(stdout) as { id: string; state: string; exit_status: number }[]
    const how = Object.fromEntries(all.map((one) => [one.id, [one.state, one.exit_status]]))
    assert.equal(how, { a: ['completed', 0], b: ['dead', 5], c: ['dead', 6] })
    assert.is(code, all.find((one) => one.exit_status !== 0)?.exit_status)
  }),
)

test(
  'with --any the first to end is enough',
  inWorld(async (world) => {
    await add(world, untilLetGo('slow'), { id: 'slow' })
    await add(world, 'exit 4', { id: 'fast', max_retries: 1 })
    const worker = await world.startWorker({ count: 2 })
    const { code, stdout } = await world.cli(['wait', '--any', 'slow', 'fast'])
    assert.equal([code, stdout], [4, 'fast is dead: exit code 4\n'])
    letGo(world, 'slow')
    worker.kill()
    await worker.ended
  }),
)

test(
  'when the time is up the status is 75 and the job goes on',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const { code, stderr } = await world.cli(['wait', 'a', '--timeout', '50ms'])
    assert.is(code, 75)
    assert.match(stderr, '1 of 1 job not over after 0.05 s')
    assert.is(assertHomeIntact(world.home).get('a'), 'pending')
  }),
)

test(
  'Ctrl-C ends the waiting with 130 and not the job',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const waiting = world.begin(['wait', 'a'])
    await isWatching(waiting.pid)
    waiting.kill('SIGINT')
    assert.is((await waiting.ended).code, 130)
    assert.is(assertHomeIntact(world.home).get('a'), 'pending')
  }),
)

test(
  'a job whose file is removed is over, with 143',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const waiting = world.begin(['wait', 'a'])
    await isWatching(waiting.pid)
    rmSync(await fileOf(world.queue, 'a'))
    const { code, stdout } = await waiting.ended
    assert.equal([code, stdout], [143, 'a was removed by hand\n'])
  }),
)

test(
  'a job that is not there cannot be waited for',
  inWorld(async (world) => {
    assert.is((await world.cli(['wait', 'nobody'])).code, 4)
  }),
)

test(
  'enqueue --wait prints the id first and exits with the status of the job',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    const { code, stdout, stderr } = await world.cli(['enqueue', '--wait', '-i', 'a', '-r', '1', '-c', 'exit 9'])
    assert.equal([code, stdout, stderr], [9, 'Enqueued a\n', 'a is dead: exit code 9\n'])
    worker.kill()
    await worker.ended
  }),
)

test(
  'enqueue --wait waits for all jobs of a batch',
  inWorld(async (world) => {
    const worker = await world.startWorker({ count: 2 })
    const input = '{"command":"true","id":"a"}\n{"command":"exit 3","id":"b","max_retries":1}\n'
    const { code } = await world.cli(['enqueue', '--wait', '-'], { input })
    assert.is(code, 3)
    assert.equal(Object.fromEntries(assertHomeIntact(world.home)), { a: 'completed', b: 'dead' })
    worker.kill()
    await worker.ended
  }),
)

test.run()
