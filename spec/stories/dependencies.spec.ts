/** Jobs that wait for others: from enqueue to the end, whatever happens to the others. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, linesOf, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { State } from '../../lib/job/state.ts'
import { retryJob } from '../../lib/operator/retry.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('jobs that wait for others')

const burst = async (world: World): Promise<void> => {
  const { code, stderr } = await world.cli(['worker', 'start', '--foreground', '--burst', '-c', '4'])
  assert.is(code, 0, stderr)
}

/** Where each job is. */
const states = async ({ queue }: World): Promise<Record<string, State>> =>
  Object.fromEntries((await queue.select({})).map(({ id, state }) => [id, state]))

const FAILS = { max_retries: 1 }

test(
  'a job runs after those it waits for, and finds their ids',
  inWorld(async (world) => {
    await add(world, 'echo a >>order', { id: 'a' })
    await add(world, 'echo b >>order', { id: 'b', after: ['a'] })
    await add(world, 'echo "c $QUEUECTL_PARENTS" >>order', { id: 'c', after: ['b', 'a'], priority: 9 })
    await burst(world)
    assert.equal(linesOf(join(world.dir, 'order')), ['a', 'b', 'c b a'])
    assert.equal(readdirSync(join(world.home, 'waiting')), [])
  }),
)

test(
  'when one fails for good, what waits for its success is cancelled with the reason, and what waits for its end runs',
  inWorld(async (world) => {
    await add(world, 'exit 3', { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'needs', after: ['a'] })
    await add(world, 'true', { id: 'needs2', after: ['needs'] })
    await add(world, 'true', { id: 'cleanup', after: [{ job: 'a', when: 'any' }] })
    await add(world, 'true', { id: 'alarm', after: [{ job: 'a', when: 'fail' }] })
    await add(world, 'true', { id: 'patient', after: ['a'], when_impossible: 'wait' })
    await burst(world)
    assert.equal(await states(world), {
      a: 'dead',
      needs: 'dead',
      needs2: 'dead',
      cleanup: 'completed',
      alarm: 'completed',
      patient: 'waiting',
    })
    const needs = await world.queue.get('needs')
    assert.equal([needs.runs, needs.cancelled?.because], [0, 'a'])
    assert.match(needs.last_error ?? '', 'it waits for a, which is dead')
  }),
)

test(
  'a retry of the one that failed brings back what was cancelled because of it',
  inWorld(async (world) => {
    await add(world, '[ -e good ]', { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await add(world, 'true', { id: 'c', after: ['b'] })
    await burst(world)
    const refused = await world.cli(['retry', 'b'])
    assert.is(refused.code, 3)
    assert.match(refused.stderr, 'it waits for a, which is dead')
    writeFileSync(join(world.dir, 'good'), '')
    await world.cli(['retry', 'a'])
    assert.equal(await states(world), { a: 'pending', b: 'waiting', c: 'waiting' })
    await burst(world)
    assert.equal(await states(world), { a: 'completed', b: 'completed', c: 'completed' })
  }),
)

test(
  'a retry alone leaves them dead, and one that waives runs the child',
  inWorld(async (world) => {
    await add(world, 'false', { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await burst(world)
    await world.cli(['retry', '--alone', 'a'])
    assert.equal(await states(world), { a: 'pending', b: 'dead' })
    await world.cli(['retry', '--waive', 'b'])
    await burst(world)
    assert.equal(await states(world), { a: 'dead', b: 'completed' })
  }),
)

/** `a` failed for good, so `b` was cancelled, and `c` for that; from now on `a` succeeds. */
async function cancelledChain(world: World): Promise<void> {
  await add(world, '[ -e good ]', { id: 'a', ...FAILS })
  await add(world, 'true', { id: 'b', after: ['a'] })
  await add(world, 'true', { id: 'c', after: ['b'] })
  await burst(world)
  assert.equal(await states(world), { a: 'dead', b: 'dead', c: 'dead' })
  writeFileSync(join(world.dir, 'good'), '')
}

const ALL_COMPLETED = { a: 'completed', b: 'completed', c: 'completed' }

test(
  'what a retry that was interrupted has not brought back comes back by the next worker',
  inWorld(async (world) => {
    await cancelledChain(world)
    await retryJob(openHome(world.home), 'a')
    assert.equal(await states(world), { a: 'pending', b: 'dead', c: 'dead' })
    await burst(world)
    assert.equal(await states(world), ALL_COMPLETED)
    assert.equal(readdirSync(join(world.home, 'waiting')), [])
  }),
)

test(
  'and by a worker that is up when it ends, before it looks again for such',
  inWorld(async (world) => {
    await cancelledChain(world)
    await world.startWorker()
    await add(world, 'true', { id: 'd' })
    await settles(world.queue, 'd')
    await retryJob(openHome(world.home), 'a')
    await settles(world.queue, 'c')
  }),
)

test(
  'a worker that starts does not wait for its end to bring back what an interrupted retry has left',
  inWorld(async (world) => {
    await add(world, `[ -e again ] || exit 1; ${untilLetGo('a')}`, { id: 'a', ...FAILS })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await burst(world)
    writeFileSync(join(world.dir, 'again'), '')
    await retryJob(openHome(world.home), 'a')
    await world.startWorker()
    await isUp(world, 'a')
    await settles(world.queue, 'b', 'waiting')
    letGo(world, 'a')
    await settles(world.queue, 'b')
  }),
)

test(
  'a job moved to pending/ by hand brings back what was cancelled because of it',
  inWorld(async (world) => {
    await cancelledChain(world)
    const dead = join(world.home, 'dead')
    const a = readdirSync(dead).find((name) => name.includes('-a.')) ?? ''
    renameSync(join(dead, a), join(world.home, 'pending', a))
    await burst(world)
    assert.equal(await states(world), ALL_COMPLETED)
  }),
)

test(
  'after a retry alone no later one brings them back, and explain does not promise it',
  inWorld(async (world) => {
    await cancelledChain(world)
    rmSync(join(world.dir, 'good'))
    await world.cli(['retry', '--alone', 'a'])
    await burst(world)
    assert.match((await world.cli(['explain', 'b'])).stdout, 'run that again first, then this one: queuectl retry a')
    await world.cli(['retry', 'a'])
    assert.equal(await states(world), { a: 'pending', b: 'dead', c: 'dead' })
    await world.cli(['retry', 'b'])
    assert.equal(await states(world), { a: 'pending', b: 'waiting', c: 'waiting' })
  }),
)

test(
  'a retry of a child leaves no hint that it was cancelled',
  inWorld(async (world) => {
    await cancelledChain(world)
    assert.equal(readdirSync(join(world.home, 'waiting/a')), ['.cancelled.b'])
    await world.cli(['retry', '--waive', 'b'])
    assert.equal(readdirSync(join(world.home, 'waiting')), ['b'])
    assert.equal(await states(world), { a: 'dead', b: 'pending', c: 'waiting' })
  }),
)

test(
  'what has ended at enqueue counts at once, and what can never be is refused',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'good' })
    await add(world, 'false', { id: 'bad', ...FAILS })
    await burst(world)
    await add(world, 'true', { id: 'a', after: ['good', { job: 'bad', when: 'fail' }] })
    assert.is((await world.queue.get('a')).state, 'pending')
    for (const [args, code, words] of [
      [['--after', 'bad'], 3, /cannot enqueue a job that waits for bad: it is dead/],
      [['--after-fail', 'good'], 3, /it is completed/],
      [['--after', 'nosuch'], 4, /there is no job nosuch to wait for/],
      [['--after', 'good,good'], 2, /good is named twice/],
      [['--after-delay', '5'], 2, /after_delay goes with after/],
      [['-i', 'x', '--after', 'x'], 2, /x waits for itself/],
      [['--after', 'a b'], 2, /an id is/],
    ] as const) {
      const ran = await world.cli(['enqueue', ...args, '-c', 'true'])
      assert.is(ran.code, code, args.join(' '))
      assert.match(ran.stderr, words)
    }
    assert.equal(Object.keys(await states(world)).toSorted(), ['a', 'bad', 'good'])
  }),
)

test(
  'jobs of one batch may wait for one another in any order, and those in a ring are refused',
  inWorld(async (world) => {
    const jobs = [
      { id: 'c', after: ['b'], command: 'true' },
      { id: 'b', after: ['a'], command: 'true' },
      { id: 'a', command: 'true' },
      { id: 'x', after: ['y'], command: 'true' },
      { id: 'y', after: ['x'], command: 'true' },
    ]
    const { code, stdout, stderr } = await world.cli(['enqueue', '-'], {
      input: jobs.map((job) => `${JSON.stringify(job)}\n`).join(''),
    })
    assert.is(code, 6, stderr)
    assert.match(stderr, /x waits for y waits for x/)
    assert.equal(stdout.trim().split('\n').toSorted(), ['Enqueued a', 'Enqueued b', 'Enqueued c'])
    await burst(world)
    assert.equal(await states(world), { a: 'completed', b: 'completed', c: 'completed' })
  }),
)

test(
  'a delay begins when the last has ended',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'], after_delay: 3600 })
    await burst(world)
    const { state, run_at = '' } = await world.queue.get('b')
    assert.is(state, 'scheduled')
    assert.ok(Math.abs(Date.parse(run_at) - Date.now() - 3_600_000) < 60_000, run_at)
  }),
)

test(
  'the child of a job that ends at the same moment is never left waiting',
  inWorld(async (world) => {
    await world.startWorker({ count: 4 })
    for (let i = 0; i < rounds(60, 1000); i++) {
      await add(world, 'true', { id: `p${i}` })
      await add(world, 'true', { id: `c${i}`, after: [`p${i}`] })
    }
    await until(
      async () => (await world.queue.count()).completed === 2 * rounds(60, 1000),
      SOON_MS * 3,
      async () => states(world),
    )
  }),
)

test(
  'while it waits it may be held, released, cancelled, moved and put before others',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    for (const id of ['b', 'c']) await add(world, 'true', { id, after: ['a'] })
    for (const [args, code] of [
      [['hold', 'b'], 0],
      [['release', 'b'], 0],
      [['priority', 'b', '5'], 0],
      [['move', 'b', '--to', 'mail'], 0],
      [['top', 'b'], 3],
      [['edit', 'b'], 3],
      [['retry', 'b'], 3],
      [['cancel', 'c'], 0],
    ] as const)
      assert.is((await world.cli(args)).code, code, args.join(' '))
    assert.equal(await states(world), { a: 'pending', b: 'waiting', c: 'dead' })
    const b = await world.queue.get('b')
    assert.equal([b.priority, b.queue], [5, 'mail'])
    await world.startWorker()
    await isUp(world, 'a')
    letGo(world, 'a')
    await settles(world.queue, 'b')
  }),
)

test(
  'a job that others wait for is neither pruned nor purged, and its end counts although it goes afterwards',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, untilLetGo('b'), { id: 'b' })
    await add(world, 'true', { id: 'c', after: ['b', 'a'] })
    await world.startWorker({ count: 2 })
    await settles(world.queue, 'a')
    await world.cli(['prune', '--keep', '0'])
    assert.is((await world.queue.get('a')).state, 'completed')
    assert.is((await world.cli(['remove', 'a', '--yes'])).code, 3)
    letGo(world, 'b')
    await settles(world.queue, 'c')
    await world.cli(['prune', '--keep', '0'])
    assert.equal(await states(world), {})
  }),
)

test(
  'a dropped file may wait for a job, and waits itself until that is there',
  inWorld(async (world) => {
    const drop = (name: string, job: object): void => {
      writeFileSync(join(world.home, 'tmp', name), JSON.stringify(job))
      renameSync(join(world.home, 'tmp', name), join(world.home, 'pending', name))
    }
    await world.startWorker()
    drop('child.json', { command: 'true', depends_on: ['parent'] })
    drop('parent.json', { command: 'true' })
    await settles(world.queue, 'child')
  }),
)

test(
  'by hand: to pending/ waives what it waits for, and rm of the parent is its end',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a', run_at: '2199-01-01T00:00:00Z' })
    for (const id of ['b', 'c']) await add(world, 'true', { id, after: ['a'] })
    await add(world, 'true', { id: 'd', after: [{ job: 'a', when: 'any' }] })
    const door = join(world.home, 'waiting', 'a')
    const b = readdirSync(door).find((name) => name.includes('-b.')) ?? ''
    renameSync(join(door, b), join(world.home, 'pending', b))
    for (const name of readdirSync(join(world.home, 'scheduled'))) rmSync(join(world.home, 'scheduled', name))
    await world.startWorker()
    await settles(world.queue, 'b')
    await settles(world.queue, 'd')
    assert.match((await settles(world.queue, 'c', 'dead')).last_error ?? '', 'it waits for a, which is gone')
  }),
)

test(
  'a child that a worker held when it was killed goes back to its door, and on from there',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'] })
    const door = join(world.home, 'waiting', 'a')
    const [b = ''] = readdirSync(door)
    const operator = join(world.home, 'processing', 'operator-999999-abcdef')
    mkdirSync(join(operator, 'waiting'), { recursive: true })
    renameSync(join(door, b), join(operator, 'waiting', b))
    await burst(world)
    assert.equal(await states(world), { a: 'completed', b: 'completed' })
    assert.not(existsSync(operator))
  }),
)

test(
  'what cannot be moved on goes back to its door, and the others go on',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'] })
    const door = join(world.home, 'waiting/a')
    const odd = (readdirSync(door)[0] ?? '').replace('-b.', '-odd.')
    mkdirSync(join(door, odd))
    await world.startWorker()
    await settles(world.queue, 'b')
    await until(() => existsSync(join(door, odd)), SOON_MS, 'it lies at its door again')
  }),
)

test(
  'deps shows both trees, and explain says what is waited for',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    await add(world, 'true', { id: 'b', after: ['a'] })
    await add(world, 'true', { id: 'c', after: [{ job: 'b', when: 'any' }] })
    const { stdout } = await world.cli(['deps', 'b'])
    assert.is(
      stdout,
      'b: pending\nwaits for\n  a (pending) to succeed\nis waited for by\n  c (pending), which waits for it to end\n',
    )
    const { children } = JSON.parse((await world.cli(['deps', 'a', '--json'])).stdout)
    assert.equal([children[0].id, children[0].next[0].id], ['b', 'c'])
    assert.match((await world.cli(['explain', 'c'])).stdout, 'it waits for b to end')
    const listed = JSON.parse((await world.cli(['show', 'c', '--json'])).stdout)
    assert.equal([listed.state, listed.waits_for], ['pending', ['b']])
    assert.match((await world.cli(['list', '-s', 'waiting'])).stdout, /^b .* after a /m)
    assert.match((await world.cli(['status'])).stdout, /^Waiting: +2 /m)
  }),
)

test(
  'run says what it waits for, and last is the job enqueued last',
  inWorld(async (world) => {
    await world.startWorker()
    await add(world, untilLetGo('a'), { id: 'a' })
    await isUp(world, 'a')
    const run = world.begin(['run', '--id', 'b', '--after', 'last', '-c', 'echo done'])
    await until(
      () => run.stderr.includes('b waits for a'),
      SOON_MS,
      () => run.stderr,
    )
    letGo(world, 'a')
    const { code, stdout } = await run.ended
    assert.equal([code, stdout], [0, 'done\n'])
  }),
)

test(
  'run without a worker for what it waits for says so',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'a' })
    const run = world.begin(['run', '--after', 'a', '--detach-after', '1', '-c', 'true'])
    assert.match((await run.ended).stderr, 'no worker is alive to run what')
    await world.cli(['cancel', '--all'])
    await world.cli(['worker', 'stop'])
  }),
)

test.run()
