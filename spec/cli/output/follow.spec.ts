import { rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, isWatching, letGo, linesOf, runAll, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { signal } from '../../../fixtures/processes.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl logs --follow')

test(
  'a job that is pending is followed to its end',
  inWorld(async (world) => {
    await add(world, 'echo out; echo err >&2; exit 3', { id: 'a', max_retries: 1 })
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    await runAll(world)
    const { code, stdout } = await following.ended
    assert.is(code, 0)
    assert.equal(
      stdout
        .trim()
        .split('\n')
        .toSorted((a, b) => (a < b ? -1 : 1)),
      ['err', 'out'],
    )
  }),
)

test(
  'both streams come as they are written, in their order',
  inWorld(async (world) => {
    const pause = (name: string): string => `while [ ! -e ${name}.go ]; do sleep 0.02; done`
    await add(world, `echo one; ${pause('a')}; echo two >&2; ${pause('b')}; echo three; ${pause('c')}`, { id: 'a' })
    const following = world.begin(['logs', '--follow', 'a'])
    const worker = await world.startWorker()
    const expected = 'one\ntwo\nthree\n'
    for (const [line, name] of [
      ['one', 'a'],
      ['two', 'b'],
      ['three', 'c'],
    ] as const) {
      await until(
        () => following.stdout.endsWith(`${line}\n`),
        SOON_MS,
        () => `${line} is shown: ${following.stdout}`,
      )
      letGo(world, name)
    }
    assert.is((await following.ended).stdout, expected)
    worker.kill()
    await worker.ended
  }),
)

test(
  'what had been written before comes first, or with --tail its end',
  inWorld(async (world) => {
    await add(world, `seq 5; ${untilLetGo('a')}; echo late`.replace('exit 0', 'true'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    const all = world.begin(['logs', '-f', 'a'])
    const end = world.begin(['logs', '-f', 'a', '--tail', '2'])
    await until(() => all.stdout !== '' && end.stdout !== '', SOON_MS, 'both show something')
    letGo(world, 'a')
    assert.is((await all.ended).stdout, '1\n2\n3\n4\n5\nlate\n')
    assert.is((await end.ended).stdout, '4\n5\nlate\n')
    worker.kill()
    await worker.ended
  }),
)

test(
  'a job that is tried again is followed through all its runs',
  inWorld(async (world) => {
    await add(world, 'echo $QUEUECTL_RUN; exit 1', { id: 'a', max_retries: 3, backoff_base: 1 })
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    await runAll(world)
    assert.is((await following.ended).stdout, '1\n2\n3\n')
  }),
)

test(
  'with --run only that run is followed',
  inWorld(async (world) => {
    await add(world, 'echo $QUEUECTL_RUN; exit 1', { id: 'a', max_retries: 2, backoff_base: 1 })
    await runAll(world)
    assert.is((await world.cli(['logs', '-f', 'a', '--run', '1'])).stdout, '1\n')
    assert.is((await world.cli(['logs', '-f', 'a', '--attempt', '2'])).stdout, '2\n')
    assert.is((await world.cli(['logs', '-f', 'a', '--run', '3'])).code, 4)
  }),
)

test(
  'with --stderr only that stream is shown',
  inWorld(async (world) => {
    await add(world, 'echo out; echo err >&2', { id: 'a' })
    await runAll(world)
    assert.is((await world.cli(['logs', '-f', 'a', '--stderr'])).stdout, 'err\n')
  }),
)

test(
  'with --timestamps each line bears the time it was seen and its stream',
  inWorld(async (world) => {
    await add(world, "echo out; printf 'no end' >&2", { id: 'a' })
    await runAll(world)
    const { stdout } = await world.cli(['logs', '-f', '-T', 'a'])
    assert.match(stdout, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} out out\n\S+ \S+ err no end\n$/)
    assert.is((await world.cli(['logs', '-T', 'a'])).code, 2)
  }),
)

test(
  'with --json each line is an object',
  inWorld(async (world) => {
    await add(world, 'echo out; echo err >&2', { id: 'a' })
    await runAll(world)
    const { stdout } = await world.cli(['logs', '-f', '--json', 'a'])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { stream: string; line: string; run: number })
    assert.equal(
      lines.map(({ stream, line, run }) => [stream, line, run]),
      [
        ['stdout', 'out', 1],
        ['stderr', 'err', 1],
      ],
    )
  }),
)

test(
  'a job goes on being followed when its worker is killed and another one adopts it',
  inWorld(async (world) => {
    await add(world, `${untilLetGo('a')}; echo late`.replace('exit 0', 'true'), { id: 'a' })
    const first = await world.startWorker()
    await isUp(world, 'a')
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    signal(first.pid, 'SIGKILL')
    await first.ended
    const second = await world.startWorker()
    letGo(world, 'a')
    assert.is((await following.ended).stdout, 'late\n')
    second.kill()
    await second.ended
  }),
)

test(
  'Ctrl-C ends the following with 130 and not the job',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    following.kill('SIGINT')
    assert.is((await following.ended).code, 130)
    assert.is((await world.queue.get('a')).state, 'processing')
    letGo(world, 'a')
    worker.kill()
    await worker.ended
  }),
)

test(
  'the following of a job whose file is removed ends',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    rmSync(await fileOf(world.queue, 'a'))
    assert.is((await following.ended).code, 0)
  }),
)

test(
  'while nothing happens a follower wakes less than five times a second',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const following = world.begin(['logs', '-f', 'a'])
    await isWatching(following.pid)
    const switches = (): number =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(linesOf(`/proc/${following.pid}/status`).join('\n'))?.[1])
    const before = switches()
    const begun = Date.now()
    await until(() => Date.now() - begun > 3000, SOON_MS, 'three seconds pass')
    assert.ok(switches() - before < 15, `it woke ${switches() - before} times in 3 s`)
    following.kill('SIGINT')
    await following.ended
  }),
)

test.run()
