/** Who comes after the dead: one of many, and back to where it came from. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { race, racer } from '../../fixtures/race.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { fakeHolder, recoverOnce } from '../../fixtures/recover-once.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { adoptHolder, holderOf, joinOperators } from '../../lib/spool/holders.ts'
import { findExact } from '../../lib/spool/lookup.ts'

const test = suite('adopting a dead holder')

const life = (home: Home, name: string): string | undefined => holderOf(home, name)?.life

test(
  'a dead worker’s directory is taken over whole, and held by the taker',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const worker = await racer(root, 'work', null)
    const name = await worker.go()
    await worker.end()
    const dead = holderOf(home, name)
    const taken = dead && adoptHolder(home, dead)
    assert.ok(taken)
    assert.not(existsSync(join(home.processing, name)))
    assert.is(findExact(home, 'job1')?.holder, taken.name)
    assert.is(life(home, taken.name), 'alive')
    taken.leave()
    assert.is(life(home, taken.name), 'dead')
    assert.is(assertHomeIntact(root).get('job1'), 'processing')
  }),
)

for (const fifo of [true, false])
  test(
    `a dead worker’s directory ${fifo ? 'with' : 'without'} its FIFO is taken over by exactly one of many`,
    inWorld(async ({ home: root }) => {
      const home = openHome(root)
      const names = Array.from({ length: rounds(25, 100) }, (_, n) => `worker-${n}-abcdef`)
      for (const name of names) fakeHolder(home, name, { start: '1' }, fifo)
      const taken = await race(root, 'takeOver', [names, names, names, names])
      for (const [n, name] of names.entries())
        assert.is(taken.filter((one) => one[n] !== null).length, 1, `${name}: ${taken.map((one) => one[n]).join()}`)
      assert.equal(
        readdirSync(home.processing).toSorted(),
        taken
          .flat()
          .filter((one) => one !== null)
          .toSorted(),
      )
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
    assert.ok(dead && adoptHolder(home, dead))
  }),
)

test(
  'a taker that comes too late has nothing, and makes nothing',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const dir = fakeHolder(home, 'worker-1-abcdef', { start: '1' })
    const dead = holderOf(home, 'worker-1-abcdef')
    rmSync(dir, { recursive: true })
    assert.is(dead && adoptHolder(home, dead), undefined)
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
    await recoverOnce(home)
    assert.ok(existsSync(join(dir, fileName)))
    assert.is((await queue.list({ states: ['processing'] }))[0]?.id, 'job1')
    assert.is((await queue.workers())[0]?.life, 'elsewhere')
  }),
)

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
      await recoverOnce(home)
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
    await recoverOnce(home)
    assert.match(findExact(home, 'job1')?.holder ?? '', /^operator-/)
    await operator.end()
  }),
)

test.run()
