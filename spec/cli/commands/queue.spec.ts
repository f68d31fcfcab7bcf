/** Queues: list, show, pause, resume, drain; and pauses made by hand. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, isUp, letGo, settles, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { signal } from '../../../fixtures/processes.ts'
import { rounds } from '../../../fixtures/rounds.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'

const test = suite('queuectl queue')

const file = (world: World, queue: string): string => join(world.home, 'queues', `${queue}.paused`)

/** Runs a command that must succeed; its output. */
async function ok({ cli }: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(args)
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

test(
  'no job of a paused queue runs, others do, and after resume it does',
  inWorld(async (world) => {
    assert.is(await ok(world, 'queue', 'pause', 'mail'), 'Paused mail\n')
    await add(world, 'true', { id: 'letter', queue: 'mail', priority: 9 })
    await add(world, 'true', { id: 'other' })
    await world.startWorker()
    await settles(world.queue, 'other')
    assert.is((await world.queue.get('letter')).state, 'pending')
    assert.is(await ok(world, 'queue', 'resume', 'mail'), 'Resumed mail\n')
    await settles(world.queue, 'letter')
  }),
)

test(
  'after pause has returned nothing of the queue is claimed, again and again',
  inWorld(async (world) => {
    const { queue } = world
    await world.startWorker({ count: 4 })
    let next = 0
    for (let round = 0; round < rounds(10, 200); round++) {
      const requests = Array.from({ length: 20 }, () => ({ id: `j${next++}`, command: 'true', queue: 'mail' }))
      await queue.enqueueAll(requests)
      assert.equal((await queue.pauseQueue('mail')).not_obeying, [])
      const before = (await queue.select({ states: ['pending'] })).map(({ id }) => id)
      await queue.enqueue({ id: `mark${round}`, command: 'true' })
      await settles(queue, `mark${round}`)
      const after = (await queue.select({ states: ['pending'] })).map(({ id }) => id)
      assert.equal(after, before)
      await queue.resumeQueue('mail')
      await until(async () => (await queue.count()).pending === 0, SOON_MS, 'all of the round ran')
    }
  }),
)

test(
  'touch makes a pause, and rm ends it',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'queues'))
    writeFileSync(file(world, 'mail'), '')
    await add(world, 'true', { id: 'letter', queue: 'mail' })
    await ok(world, 'worker', 'start', '--foreground', '--burst')
    assert.is((await world.queue.get('letter')).state, 'pending')
    rmSync(file(world, 'mail'))
    await ok(world, 'worker', 'start', '--foreground', '--burst')
    assert.is((await world.queue.get('letter')).state, 'completed')
  }),
)

for (const [what, put] of [
  ['a directory', (path: string) => mkdirSync(path)],
  ['JSON that is torn', (path: string) => writeFileSync(path, '{"until":"2020-')],
] as const)
  test(
    `${what} in the place of a pause is a pause`,
    inWorld(async (world) => {
      mkdirSync(join(world.home, 'queues'))
      put(file(world, 'mail'))
      assert.equal([...(await world.queue.pauses()).keys()], ['mail'])
    }),
  )

test(
  'a pause whose end has passed pauses nothing',
  inWorld(async (world) => {
    mkdirSync(join(world.home, 'queues'))
    writeFileSync(file(world, 'mail'), '{"until":"2020-01-01T00:00:00Z"}')
    assert.is((await world.queue.pauses()).size, 0)
  }),
)

test(
  'a worker that does not answer is named, with 75, and the pause stays',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    signal(worker.pid, 'SIGSTOP')
    const { code, stderr } = await world.cli(['queue', 'pause', 'mail'])
    signal(worker.pid, 'SIGCONT')
    assert.is(code, 75)
    assert.match(stderr, `${worker.info.name} may not obey the pause yet`)
    assert.ok((await world.queue.pauses()).has('mail'))
  }),
)

test(
  'drain waits for what runs, and not for what waits',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'letter', queue: 'mail' })
    await add(world, 'true', { id: 'later', queue: 'mail', run_at: '2199-01-01T00:00:00Z' })
    await world.startWorker()
    await isUp(world, 'a')
    const early = await world.cli(['queue', 'drain', 'mail', '--timeout', '0'])
    assert.is(early.code, 75)
    assert.match(early.stderr, /1 job still running after 0 s: letter/)
    const drained = world.begin(['queue', 'drain', 'mail'])
    letGo(world, 'a')
    assert.is((await drained.ended).stdout, 'Drained mail; the pause stays\n')
    assert.is((await world.queue.get('letter')).state, 'completed')
  }),
)

test(
  'all queues are paused together, and resumed together only',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'letter', queue: 'mail' })
    await ok(world, 'queue', 'pause', '--all')
    assert.is(await ok(world, 'queue', 'resume', 'mail'), 'mail: not paused\n')
    assert.match(await ok(world, 'explain', 'letter'), /all queues are paused for .*\n.*queuectl queue resume --all/)
    assert.match(await ok(world, 'status'), /^Paused: +all queues/m)
    await ok(world, 'queue', 'resume', '--all')
    await ok(world, 'worker', 'start', '--foreground', '--burst')
    assert.is((await world.queue.get('letter')).state, 'completed')
  }),
)

test(
  'list and show say what waits and why',
  inWorld(async (world) => {
    await add(world, 'true', { queue: 'mail' })
    await add(world, 'true', { queue: 'mail', run_at: '2199-01-01T00:00:00Z' })
    await add(world, 'true')
    await ok(world, 'queue', 'pause', 'mail', '-m', 'server down', '--for', '2h')
    const [head = '', first = '', second = ''] = (await ok(world, 'queue', 'list')).split('\n')
    assert.match(head, /^QUEUE +PENDING +RUNNING +FAILED +DEAD +HELD +OLDEST +PAUSED$/)
    assert.match(first, /^default +1 +0 +0 +0 +0 +\d+s +-$/)
    assert.match(second, /^mail +2 +0 +0 +0 +0 +\d+s +for \d+s, ends in 2h: server down$/)
    const shown = JSON.parse(await ok(world, 'queue', 'show', 'mail', '--json'))
    assert.equal([shown.pending, shown.scheduled, shown.paused.reason], [2, 1, 'server down'])
  }),
)

for (const [args, code, words] of [
  [['pause'], 2, /queue pause: which queue\?/],
  [['pause', 'a', '--all'], 2, /queues or --all, not both/],
  [['pause', 'a b'], 2, /cannot pause the queue "a b"/],
  [['pause', 'mail', '--for', 'soon'], 2, /--for/],
  [['resume', '../x'], 2, /cannot resume the queue/],
  [['show', 'nosuch'], 4, /queue nosuch has no unfinished job/],
  [['show', '_all'], 2, /starts with a letter or digit/],
] as const)
  test(
    `queue ${args.join(' ')} is refused with ${code}`,
    inWorld(async ({ cli }) => {
      const ran = await cli(['queue', ...args])
      assert.is(ran.code, code)
      assert.match(ran.stderr, words)
    }),
  )

test.run()
