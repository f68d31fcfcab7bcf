/** Jobs of one key, as people use them: over workers that are killed, by hand, dropped. */
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { add, isUp, letGo, linesOf, runAll, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { counted, mostAtATime } from '../../fixtures/overlaps.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { explainSentences } from '../../lib/query/explain-text.ts'

const test = suite('keys')

const KEYS = ['a.example', 'b example', 'c']

test(
  'of each key one command runs at a time, whoever is killed, and all run in the end',
  inWorld(async (world) => {
    const jobs = rounds(45, 600)
    const file = (n: number): string => join(world.dir, `log${n % KEYS.length}`)
    await world.queue.enqueueAll(
      Array.from({ length: jobs }, (_, n) => ({
        command: counted(file(n)),
        key: KEYS[n % KEYS.length] ?? '',
        cwd: world.dir,
      })),
    )
    const ended = (): number => KEYS.reduce((sum, _, n) => sum + linesOf(file(n)).length, 0)
    for (let round = 0; round < rounds(3, 40); round++) {
      const workers = [await world.startWorker({ count: 3 }), await world.startWorker({ count: 3 })]
      const before = ended()
      await until(async () => ended() >= before + 6 || (await world.queue.count()).pending === 0, SOON_MS, 'some ran')
      for (const worker of workers) worker.kill('SIGKILL')
      for (const worker of workers) await worker.ended
    }
    await Promise.all([3, 3].map((slots) => runAll(world, slots)))
    for (const [n] of KEYS.entries()) assert.is(mostAtATime(file(n)).most, 1, KEYS[n])
    for (const [id, state] of assertHomeIntact(world.home)) assert.is(state, 'completed', id)
    assert.equal(await world.queue.limits(), [])
  }),
)

test(
  'a job waits for another one of its key, explain says for which, and others pass it',
  inWorld(async (world) => {
    await add(world, untilLetGo('first'), { id: 'first', queue: 'mail', key: 'user 7' })
    await add(world, 'true', { id: 'second', queue: 'web', key: 'user 7' })
    await add(world, 'true', { id: 'other', queue: 'web', key: 'user 8' })
    await world.startWorker({ count: 3 })
    await isUp(world, 'first')
    await settles(world.queue, 'other')
    const [reason = '', by] = explainSentences(await world.queue.explain('second'), { home: world.home, now: 0 })
    assert.match(reason, /^the limit of key x[0-9a-f]{12} is reached, 1 at a time:$/)
    assert.match(by ?? '', /first in worker-/)
    letGo(world, 'first')
    await settles(world.queue, 'second')
  }),
)

test(
  'as many of a key run as the key_limit of their queue says',
  inWorld(async (world) => {
    const file = join(world.dir, 'log')
    await world.queue.setQueue('mail', { key_limit: 2 })
    await world.queue.enqueueAll(
      Array.from({ length: 20 }, () => ({ command: counted(file), queue: 'mail', key: 'a', cwd: world.dir })),
    )
    await Promise.all([4, 4].map((slots) => runAll(world, slots)))
    assert.equal(mostAtATime(file), { most: 2, started: 20 })
  }),
)

test(
  'a command finds its key, and the record keeps it through a failure and a retry',
  inWorld(async (world) => {
    await add(world, 'echo "$QUEUECTL_KEY" >>out; test -e good', { id: 'a', key: 'user 7', max_retries: 1 })
    await runAll(world)
    const [name = ''] = readdirSync(join(world.home, 'dead'))
    assert.match(name, /-a@default--x[0-9a-f]{12}\.json$/)
    writeFileSync(join(world.dir, 'good'), '')
    await world.queue.retry('a')
    await runAll(world)
    assert.equal(linesOf(join(world.dir, 'out')), ['user 7', 'user 7'])
    assert.is((await world.queue.get('a')).key, 'user 7')
  }),
)

test(
  'a dropped file may have a key, and a file that is renamed by hand has the key of its name',
  inWorld(async (world) => {
    await add(world, untilLetGo('first'), { id: 'first', key: 'a' })
    const worker = await world.startWorker({ count: 3 })
    await isUp(world, 'first')
    writeFileSync(join(world.home, 'pending', 'dropped.json'), JSON.stringify({ command: 'true', key: 'a' }))
    await add(world, 'true', { id: 'renamed', run_at: '2099-01-01T00:00:00Z' })
    await world.queue.hold('renamed')
    const [held = ''] = readdirSync(join(world.home, 'hold'))
    renameSync(join(world.home, 'hold', held), join(world.home, 'pending', held.replace('.json', '@default--a.json')))
    await add(world, 'true', { id: 'final' })
    await settles(world.queue, 'final')
    await until(async () => (await world.queue.count()).pending === 2, SOON_MS, 'the two wait')
    assert.is((await world.queue.get('renamed')).key, 'a')
    letGo(world, 'first')
    await settles(world.queue, 'dropped')
    await settles(world.queue, 'renamed')
    worker.kill('SIGTERM')
  }),
)

test(
  'a key that was edited into a record counts, although its name has none',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'edited' })
    const [name = ''] = readdirSync(join(world.home, 'pending'))
    const job = await world.queue.get('edited')
    writeFileSync(join(world.home, 'pending', name), `${JSON.stringify({ ...job, key: 'a' })}\n`)
    await add(world, untilLetGo('first'), { id: 'first', key: 'a', priority: 1 })
    await world.startWorker({ count: 2 })
    await isUp(world, 'first')
    await until(
      () => readdirSync(join(world.home, 'pending')).some((one) => one.endsWith('-edited@default--a.json')),
      SOON_MS,
      'it has its key in its name',
    )
    letGo(world, 'first')
    await settles(world.queue, 'edited')
  }),
)

test.run()
