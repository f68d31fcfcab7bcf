/** Who holds jobs, whether he lives, and who comes after him. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { race, racer } from '../../fixtures/race.ts'
import { referee } from '../../fixtures/referee.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { DEFAULTS } from '../../lib/job/job.ts'
import { parseName } from '../../lib/job/name.ts'
import { findExact } from '../../lib/spool/find.ts'
import { type Home, openHome } from '../../lib/spool/home.ts'
import { clear, holderOf, holders, joinOperators, joinWorkers, takeOver, type WorkerCard } from '../../lib/spool/holders.ts'
import { isHeld, isRunning, makeFifos, self, startIn, startOf } from '../../lib/spool/liveness.ts'
import { claim } from '../../lib/spool/moves.ts'
import { Peers, recover } from '../../lib/worker/recover.ts'
import type { Site } from '../../lib/worker/site.ts'
import { Slots } from '../../lib/worker/slots.ts'

const test = suite('holders')

const life = (home: Home, name: string): string | undefined => holderOf(home, name)?.life

/** A directory in `processing/` that says this of its owner; without a FIFO unless asked for. */
function fakeHolder(home: Home, name: string, card: Partial<WorkerCard> | string, withFifo = false): string {
  const dir = join(home.processing, name)
  mkdirSync(dir)
  const whole = { name, slots: 1, started_at: '', log: '', ...self() }
  writeFileSync(join(dir, 'worker.json'), typeof card === 'string' ? card : JSON.stringify({ ...whole, ...card }))
  if (withFifo) makeFifos([join(dir, 'alive')])
  return dir
}

/** Lets a worker of our own in this home take over what the dead left. */
async function recoverAll(home: Home): Promise<void> {
  const holder = joinWorkers(home, 1, NOON)
  const site: Site = {
    home,
    holder,
    fifos: { take: () => {} },
    config: DEFAULTS,
    tell: () => {},
    say: () => {},
    insist: async (_doing, act) => act(),
  }
  const peers = new Peers(() => {})
  const slots = new Slots(1, {
    site: () => site,
    trouble(_doing, error) {
      throw error
    },
    changed() {},
  })
  await recover(site, peers, slots)
  peers.forget()
  holder.leave()
}

// --- a worker's directory -----------------------------------------------------------------------------------------

test(
  'a worker that joins is alive, with a card that says who it is',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 3, NOON)
    const [seen] = holders(home)
    assert.is(seen?.life, 'alive')
    assert.is(seen?.kind, 'worker')
    assert.is(seen?.card?.slots, 3)
    assert.is(seen?.card?.pid, process.pid)
    assert.is(seen?.card?.started_at, '2026-11-22T10:15:00.000Z')
    assert.equal(readdirSync(home.tmp), [])
    own.leave()
  }),
)

test(
  'a worker that leaves takes its directory with it',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    joinWorkers(home, 1, NOON).leave()
    assert.equal(readdirSync(home.processing), [])
  }),
)

test(
  'a worker that leaves while it holds a job leaves the directory, and is dead',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const own = joinWorkers(home, 1, NOON)
    const [fileName = ''] = readdirSync(home.pending)
    const name = parseName(fileName)
    assert.ok(name && claim(home, own.dir, fileName, name))
    own.leave()
    assert.is(life(home, own.name), 'dead')
    assert.is(referee(root).get('job1'), 'processing')
  }),
)

test(
  'two workers of one process have names of their own',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const both = [joinWorkers(home, 1, NOON), joinWorkers(home, 1, NOON)]
    assert.is(new Set(both.map(({ name }) => name)).size, 2)
    for (const own of both) own.leave()
  }),
)

test(
  'a directory that was taken away and made again under its name is not ours',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 1, NOON)
    assert.ok(own.isThere())
    renameSync(own.dir, join(home.processing, 'rescue-1-abcdef'))
    assert.not(own.isThere())
    mkdirSync(own.dir)
    assert.not(own.isThere())
  }),
)

// --- dead or alive ------------------------------------------------------------------------------------------------

test(
  'a worker is alive until the instant it is killed',
  inWorld(async ({ home: root }) => {
    const home = openHome(root)
    const worker = await racer(root, 'work', null)
    const name = await worker.go()
    assert.is(life(home, name), 'alive')
    await worker.end()
    assert.is(life(home, name), 'dead')
  }),
)

test(
  'a stopped worker is alive, however long it is stopped',
  inWorld(async ({ home: root }) => {
    const home = openHome(root)
    const worker = await racer(root, 'work', null)
    const name = await worker.go()
    worker.kill('SIGSTOP')
    const state = (): string | undefined => /\) (\w)/.exec(readFileSync(`/proc/${worker.pid}/stat`, 'utf8'))?.[1]
    if (existsSync('/proc/self/stat')) await until(() => state() === 'T', 5000, 'the worker is stopped')
    assert.is(life(home, name), 'alive')
    worker.kill('SIGKILL')
    await until(() => life(home, name) === 'dead', 5000, 'the worker is dead')
    await worker.end()
  }),
)

test(
  'a FIFO is told free, held and missing apart',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    makeFifos([join(home.tmp, 'fifo')])
    assert.is(isHeld(join(home.tmp, 'fifo')), false)
    assert.is(isHeld(join(home.tmp, 'none')), undefined)
    const own = joinWorkers(home, 1, NOON)
    assert.is(isHeld(join(own.dir, 'alive')), true)
    own.leave()
  }),
)

const CARDS: Record<string, [Partial<WorkerCard> | string, string]> = {
  'of this very process': [{}, 'alive'],
  'with a start time that is not the process’s (its pid was used again)': [{ start: '1' }, 'dead'],
  'of a process that is gone': [{ pid: 4_194_300 }, 'dead'],
  'of another boot': [{ boot: 'another' }, 'dead'],
  'of another machine': [{ machine: 'another' }, 'elsewhere'],
  'of another machine and boot': [{ machine: 'another', boot: 'another' }, 'elsewhere'],
  'that a power cut emptied': ['', 'dead'],
  'that a power cut tore': ['{"pid":', 'dead'],
  'that holds null': ['null', 'dead'],
  'that holds an array': ['[]', 'dead'],
}
for (const [what, [card, expected]] of Object.entries(CARDS))
  test(
    `where there is no FIFO, a holder with a card ${what} is ${expected}`,
    inWorld(({ home: root }) => {
      const home = openHome(root)
      fakeHolder(home, 'worker-1-abcdef', card)
      assert.is(life(home, 'worker-1-abcdef'), expected)
    }),
  )

test(
  'where there is a FIFO, it goes before what the card says of a process of this machine',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    fakeHolder(home, 'worker-1-abcdef', {}, true)
    assert.is(life(home, 'worker-1-abcdef'), 'dead')
    fakeHolder(home, 'worker-2-abcdef', { machine: 'another' }, true)
    assert.is(life(home, 'worker-2-abcdef'), 'elsewhere')
  }),
)

test(
  'what is not called like a holder is none',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    mkdirSync(join(home.processing, 'mine'))
    assert.equal(holders(home), [])
  }),
)

test(
  'a file called like a holder stops nobody',
  inWorld(async ({ home: root }) => {
    const home = openHome(root)
    writeFileSync(join(home.processing, 'worker-1-abcdef'), '')
    writeFileSync(join(home.processing, 'operator-1-abcdef'), '')
    await recoverAll(home)
    assert.equal(holders(home), [])
  }),
)

test('a process is running only under the start time it has, and a pid nobody has is not', () => {
  const start = startOf(process.pid) ?? ''
  assert.is(isRunning({ pid: process.pid, start }), true)
  assert.is(isRunning({ pid: process.pid, start: `${start}0` }), false)
  assert.is(isRunning({ pid: process.pid, start: '' }), true)
  assert.is(isRunning({ pid: 4_194_300, start: '' }), false)
})

test('a start time is read behind a name with blanks and brackets in it, and a zombie has none', () => {
  const line = (state: string): string => `7 (a) b) ${state} ${Array.from({ length: 18 }, (_, n) => n + 4).join(' ')} 777 23 24`
  assert.is(startIn(line('S')), '777')
  assert.is(startIn(line('Z')), undefined)
  assert.is(startIn(''), undefined)
})

// --- taking over --------------------------------------------------------------------------------------------------

test(
  'a dead worker’s directory is taken over whole, and held by the taker',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const worker = await racer(root, 'work', null)
    const name = await worker.go()
    await worker.end()
    const dead = holderOf(home, name)
    const taken = dead && takeOver(home, dead)
    assert.ok(taken)
    assert.not(existsSync(join(home.processing, name)))
    assert.is(findExact(home, 'job1')?.holder, taken.name)
    assert.is(life(home, taken.name), 'alive')
    taken.leave()
    assert.is(life(home, taken.name), 'dead')
    assert.is(referee(root).get('job1'), 'processing')
  }),
)

for (const fifo of [true, false])
  test(
    `a dead worker’s directory ${fifo ? 'with' : 'without'} its FIFO is taken over by exactly one of many`,
    inWorld(async ({ home: root }) => {
      const home = openHome(root)
      const names = Array.from({ length: 100 }, (_, n) => `worker-${n}-abcdef`)
      for (const name of names) fakeHolder(home, name, { start: '1' }, fifo)
      const taken = await race(root, 'takeOver', [names, names, names, names])
      for (const [n, name] of names.entries())
        assert.is(taken.filter((one) => one[n] !== null).length, 1, `${name}: ${taken.map((one) => one[n]).join()}`)
      assert.equal(readdirSync(home.processing).toSorted(), taken.flat().filter((one) => one !== null).toSorted())
    }),
  )

test(
  'a taker that dies leaves a dead holder, to be taken over in its turn',
  inWorld(async ({ home: root }) => {
    const home = openHome(root)
    fakeHolder(home, 'worker-1-abcdef', { start: '1' }, true)
    const taker = await racer(root, 'takeOver', ['worker-1-abcdef'])
    const [name = ''] = await taker.go()
    assert.is(life(home, name ?? ''), 'alive')
    await taker.end()
    const dead = holderOf(home, name ?? '')
    assert.is(dead?.life, 'dead')
    assert.ok(dead && takeOver(home, dead))
  }),
)

test(
  'a taker that comes too late has nothing, and makes nothing',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const dir = fakeHolder(home, 'worker-1-abcdef', { start: '1' })
    const dead = holderOf(home, 'worker-1-abcdef')
    rmSync(dir, { recursive: true })
    assert.is(dead && takeOver(home, dead), undefined)
    assert.equal(readdirSync(home.processing), [])
  }),
)

test(
  'a holder of another machine is never taken over, its jobs are listed',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const dir = fakeHolder(home, 'worker-1-abcdef', { machine: 'another', start: '1' })
    const [fileName = ''] = readdirSync(home.pending)
    renameSync(join(home.pending, fileName), join(dir, fileName))
    await recoverAll(home)
    assert.ok(existsSync(join(dir, fileName)))
    assert.is((await queue.list({ states: ['processing'] }))[0]?.id, 'job1')
    assert.is((await queue.workers())[0]?.life, 'elsewhere')
  }),
)

// --- what an empty or half-made directory is worth ------------------------------------------------------------------

test(
  'a holder’s directory is cleared of its furniture and of half-written stamps',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 1, NOON)
    writeFileSync(join(own.dir, '.1000-20261122T101500.123456Z-job1.json.new'), '{"com')
    mkdirSync(join(own.dir, 'intake'))
    writeFileSync(join(own.dir, 'intake/.x.json.new'), '')
    assert.is(clear(home, own.dir), true)
    assert.equal(readdirSync(home.processing), [])
  }),
)

for (const path of ['1000-20261122T101500.123456Z-job1.json', 'dropped.json', 'intake/dropped.json', 'dead/job.json'])
  test(
    `a holder’s directory with ${path} in it is not cleared`,
    inWorld(({ home: root }) => {
      const home = openHome(root)
      const own = joinWorkers(home, 1, NOON)
      mkdirSync(join(own.dir, path, '..'), { recursive: true })
      writeFileSync(join(own.dir, path), '{}')
      assert.is(clear(home, own.dir), false)
      assert.ok(existsSync(join(own.dir, path)))
    }),
  )

// --- operators ----------------------------------------------------------------------------------------------------

test(
  'an operator’s directory comes and goes, and counts as no worker',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    const own = joinOperators(home, 'dead')
    assert.is(life(home, own.name), 'alive')
    assert.equal(await queue.workers(), [])
    own.leave()
    assert.equal(readdirSync(home.processing), [])
  }),
)

for (const [state, place] of [
  ['pending', 'pending'],
  ['scheduled', 'scheduled'],
  ['failed', 'failed'],
  ['held', 'hold'],
  ['dead', 'dead'],
  ['completed', 'done/2026-11-22'],
] as const)
  test(
    `a job whose operator is killed in the middle is ${state} as before, in the meantime and afterwards`,
    inWorld(async ({ home: root, queue }) => {
      const home = openHome(root)
      await queue.enqueue({ command: 'true', id: 'job1' })
      const seen = findExact(home, 'job1')
      mkdirSync(join(root, place), { recursive: true })
      renameSync(seen?.path ?? '', join(root, place, seen?.fileName ?? ''))
      const operator = await racer(root, 'operate', 'job1')
      assert.is(findExact(home, 'job1')?.state, state)
      await operator.end()
      assert.is((await queue.count())[state], 1)
      await recoverAll(home)
      assert.is(findExact(home, 'job1')?.state, state)
      assert.equal(readdirSync(home.processing), [])
    }),
  )

test(
  'a living operator is left alone',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const operator = await racer(root, 'operate', 'job1')
    await recoverAll(home)
    assert.match(findExact(home, 'job1')?.holder ?? '', /^operator-/)
    await operator.end()
  }),
)

test.run()
