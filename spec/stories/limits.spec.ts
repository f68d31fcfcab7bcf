/** Limits of queues and of all, as people use them: over workers that are killed, changed while jobs run, made by hand. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { add, isUp, letGo, linesOf, runAll, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { counted, mostAtATime } from '../../fixtures/overlaps.ts'
import { signal } from '../../fixtures/processes.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('limits')

const settingsFile = (world: World, queue: string): string => join(world.home, 'queues', `${queue}.json`)

function bySettings(world: World, queue: string, text: string): void {
  mkdirSync(join(world.home, 'queues'), { recursive: true })
  writeFileSync(settingsFile(world, queue), text)
}

/** Nothing takes a number any more. */
async function allIsFree({ queue, home }: World): Promise<void> {
  assert.equal(
    (await queue.limits()).flatMap(({ taken }) => taken),
    [],
  )
  for (const limit of readdirSync(join(home, 'limits')))
    assert.equal(
      readdirSync(join(home, 'limits', limit)).filter((name) => !name.startsWith('.')),
      [],
    )
}

test(
  'no more commands of a queue run than its limit says, over all workers, and all run in the end',
  inWorld(async (world) => {
    const file = join(world.dir, 'log')
    await world.queue.setQueue('mail', { limit: 3 })
    const jobs = rounds(60, 1000)
    await world.queue.enqueueAll(
      Array.from({ length: jobs }, () => ({ command: counted(file), queue: 'mail', cwd: world.dir })),
    )
    await Promise.all([4, 4, 4].map(() => runAll(world, 4)))
    assert.equal(mostAtATime(file), { most: 3, started: jobs })
    await allIsFree(world)
  }),
)

test(
  'workers that are killed again and again neither exceed a limit nor lose a number of it',
  inWorld(async (world) => {
    const file = join(world.dir, 'log')
    await world.queue.setQueue('mail', { limit: 2 })
    await world.queue.setQueue('_all', { limit: 3 })
    const jobs = rounds(60, 600)
    await world.queue.enqueueAll(
      Array.from({ length: jobs }, (_, n) => ({
        command: counted(file),
        queue: n % 3 === 0 ? 'web' : 'mail',
        cwd: world.dir,
      })),
    )
    for (let round = 0; round < rounds(6, 60); round++) {
      const [worker, other] = [await world.startWorker({ count: 3 }), await world.startWorker({ count: 3 })]
      const before = linesOf(file).length
      await until(
        async () => linesOf(file).length >= before + 4 || (await world.queue.count()).pending === 0,
        SOON_MS,
        'some ran',
      )
      worker.kill('SIGKILL')
      other.kill('SIGKILL')
      await Promise.all([worker.ended, other.ended])
    }
    await runAll(world, 6)
    const { most } = mostAtATime(file)
    assert.ok(most <= 3, `${most} ran at a time`)
    for (const [id, state] of assertHomeIntact(world.home)) assert.is(state, 'completed', id)
    await allIsFree(world)
  }),
)

test(
  'what a killed worker left running keeps its number until it ends',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    await add(world, untilLetGo('a'), { id: 'a', queue: 'mail' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    await add(world, 'true', { id: 'b', queue: 'mail' })
    worker.kill('SIGKILL')
    await worker.ended
    assert.equal(
      (await world.queue.limits()).flatMap(({ taken }) => taken.map(({ job }) => job)),
      ['a'],
    )
    await world.startWorker({ count: 2 })
    await add(world, 'true', { id: 'other' })
    await settles(world.queue, 'other')
    assert.is((await world.queue.get('b')).state, 'pending')
    letGo(world, 'a')
    await settles(world.queue, 'b')
  }),
)

test(
  'a limit that is set while jobs run counts them, and lets no more start until fewer run',
  inWorld(async (world) => {
    const names = ['a', 'b', 'c']
    for (const name of names) await add(world, untilLetGo(name), { id: name, queue: 'mail' })
    await world.startWorker({ count: 5 })
    for (const name of names) await isUp(world, name)
    assert.equal((await world.queue.setQueue('mail', { limit: 2 })).not_obeying, [])
    assert.is((await world.queue.limits())[0]?.taken.length, 3)
    await add(world, 'true', { id: 'd', queue: 'mail' })
    letGo(world, 'a')
    await settles(world.queue, 'a')
    await add(world, 'true', { id: 'other' })
    await settles(world.queue, 'other')
    assert.is((await world.queue.get('d')).state, 'pending')
    letGo(world, 'b')
    await settles(world.queue, 'd')
    letGo(world, 'c')
    await settles(world.queue, 'c')
    await allIsFree(world)
  }),
)

test(
  'after a higher limit was set more start at once',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    for (const name of ['a', 'b']) await add(world, untilLetGo(name), { id: name, queue: 'mail' })
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    await world.queue.setQueue('mail', { limit: 2 })
    await isUp(world, 'b')
    for (const name of ['a', 'b']) letGo(world, name)
    await settles(world.queue, 'b')
    await settles(world.queue, 'a')
  }),
)

test(
  'a full queue keeps no other waiting, however many of its jobs come first',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    await add(world, untilLetGo('a'), { id: 'a', queue: 'mail', priority: 9 })
    await world.queue.enqueueAll(
      Array.from({ length: 500 }, () => ({ command: 'true', queue: 'mail', priority: 9, cwd: world.dir })),
    )
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    await add(world, 'true', { id: 'other', priority: -9 })
    await settles(world.queue, 'other')
    letGo(world, 'a')
    await settles(world.queue, 'a')
  }),
)

test(
  'the foreground run of a job obeys the limit of its queue, and says what it waits for',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    await add(world, untilLetGo('a'), { id: 'a', queue: 'mail' })
    await world.startWorker()
    await isUp(world, 'a')
    const running = world.begin(['run', '--queue', 'mail', '--', 'echo', 'ran'])
    await until(async () => (await world.queue.count()).pending === 1, SOON_MS, 'it waits')
    assert.is(running.stdout, '')
    letGo(world, 'a')
    assert.match((await running.ended).stdout, 'ran')
  }),
)

for (const [what, text] of [
  ['torn', '{"limit":2'],
  ['with a member that there is not', '{"limits":2}'],
] as const)
  test(
    `of a queue whose settings are ${what} nothing starts, others run, and once mended it does`,
    inWorld(async (world) => {
      bySettings(world, 'mail', text)
      await add(world, 'true', { id: 'a', queue: 'mail' })
      await add(world, 'true', { id: 'other' })
      const ran = await world.cli(['worker', 'start', '--foreground', '--burst'])
      assert.match(ran.stderr, /cannot obey .*queues\/mail\.json, so no job that it is for starts/)
      assert.equal(
        [(await world.queue.get('a')).state, (await world.queue.get('other')).state],
        ['pending', 'completed'],
      )
      assert.match((await world.cli(['explain', 'a'])).stdout, /cannot be obeyed, so no job/)
      assert.match((await world.cli(['doctor'])).stdout, /queues\/mail\.json cannot be obeyed/)
      assert.match((await world.cli(['status'])).stdout, /Stopped: {4}mail \(its settings: /)
      assert.match((await world.cli(['queue', 'list'])).stdout, /BAD/)
      assert.is((await world.cli(['queue', 'set', 'mail', '--limit', '2'])).code, 1)
      bySettings(world, 'mail', '{"limit":2}')
      await runAll(world)
      assert.is((await world.queue.get('a')).state, 'completed')
    }),
  )

test(
  'settings whose file is removed and made anew at once, as by git, are obeyed meanwhile',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    await add(world, untilLetGo('a'), { id: 'a', queue: 'mail' })
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    rmSync(settingsFile(world, 'mail'))
    await add(world, 'true', { id: 'b', queue: 'mail' })
    for (const id of ['first', 'second']) {
      await add(world, 'true', { id })
      await settles(world.queue, id)
    }
    assert.is((await world.queue.get('b')).state, 'pending')
    bySettings(world, 'mail', '{"limit":1}')
    letGo(world, 'a')
    await settles(world.queue, 'b')
  }),
)

test(
  'queue rm is obeyed at once',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { limit: 1 })
    for (const name of ['a', 'b']) await add(world, untilLetGo(name), { id: name, queue: 'mail' })
    await world.startWorker({ count: 2 })
    await isUp(world, 'a')
    assert.equal(await world.cli(['queue', 'rm', 'mail']).then(({ code, stdout }) => [code, stdout]), [
      0,
      'Removed the settings of mail\n',
    ])
    await isUp(world, 'b')
    for (const name of ['a', 'b']) {
      letGo(world, name)
      await settles(world.queue, name)
    }
  }),
)

test(
  'who sets a limit is told which workers do not obey',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    signal(worker.pid, 'SIGSTOP')
    const ran = await world.cli(['queue', 'set', 'mail', '--limit', '2'])
    signal(worker.pid, 'SIGCONT')
    assert.is(ran.code, 75)
    assert.match(ran.stderr, `${worker.info.name} may not obey the settings yet`)
  }),
)

test(
  'no more jobs of a queue start than its rate says, over all workers, and others do not notice',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { rate: '3/h' })
    await world.queue.enqueueAll(
      Array.from({ length: 20 }, () => ({ command: 'true', queue: 'mail', priority: 9, cwd: world.dir })),
    )
    await add(world, 'true', { id: 'other' })
    await world.startWorker({ count: 4 })
    await world.startWorker({ count: 4 })
    await settles(world.queue, 'other')
    await until(async () => (await world.queue.count()).completed >= 4, SOON_MS, 'three of it and the other ran')
    await add(world, 'true', { id: 'one-more' })
    await settles(world.queue, 'one-more')
    assert.equal([(await world.queue.count()).completed, (await world.queue.count()).pending], [5, 17])
    const { id = '' } = (await world.queue.select({ states: ['pending'] }))[0] ?? {}
    assert.match((await world.cli(['explain', id])).stdout, /the rate of queue mail is 3\/h: the next one starts in \d/)
  }),
)

test(
  'what a rate keeps waiting starts when its time comes, without another wake-up',
  inWorld(async (world) => {
    await world.cli(['config', 'set', 'poll-interval', '60'])
    await world.queue.setQueue('mail', { rate: '1/s' })
    for (const id of ['a', 'b', 'c']) await add(world, 'true', { id, queue: 'mail' })
    await world.startWorker({ count: 2 })
    for (const id of ['a', 'b', 'c']) await settles(world.queue, id)
  }),
)

test(
  'a queue is paused after so many of its jobs in a row went dead, and a success begins the count anew',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { halt_after: 2 })
    const [bad, good] = [{ queue: 'mail', max_retries: 1 }, { queue: 'mail' }]
    await add(world, 'false', bad)
    await add(world, 'true', good)
    await add(world, 'false', bad)
    await runAll(world)
    assert.is((await world.queue.pauses()).size, 0)
    await add(world, 'false', bad)
    await add(world, 'true', { ...good, id: 'waits' })
    await runAll(world)
    assert.is((await world.queue.pauses()).get('mail')?.reason, '2 jobs in a row went dead')
    assert.is((await world.queue.get('waits')).state, 'pending')
    assert.match((await world.cli(['explain', 'waits'])).stdout, /2 jobs in a row went dead/)
    await world.queue.resumeQueue('mail')
    await runAll(world)
    assert.is((await world.queue.get('waits')).state, 'completed')
  }),
)

test(
  'a queue gives its jobs a timeout, attempts and waits, which their own members override',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { timeout: 0.2, max_retries: 1 })
    assert.equal(
      [
        (await add(world, 'sleep 60', { id: 'a', queue: 'mail' })).max_retries,
        (await add(world, 'true', { id: 'b', queue: 'mail', max_retries: 7 })).max_retries,
        (await add(world, 'sleep 0.4', { id: 'c', queue: 'mail', timeout: 60 })).max_retries,
        (await add(world, 'sleep 0.4', { id: 'd' })).max_retries,
      ],
      [1, 7, 1, 3],
    )
    await runAll(world, 4)
    assert.match((await world.queue.get('a')).last_error ?? '', /timed out/)
    assert.equal([(await world.queue.get('c')).state, (await world.queue.get('d')).state], ['completed', 'completed'])
  }),
)

test(
  'a dropped file gets the attempts of its queue',
  inWorld(async (world) => {
    await world.queue.setQueue('mail', { max_retries: 1 })
    writeFileSync(join(world.home, 'pending/x.json'), '{"command":"true","id":"x","queue":"mail"}')
    await runAll(world)
    assert.is((await world.queue.get('x')).max_retries, 1)
  }),
)

test.run()
