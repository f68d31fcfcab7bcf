/** Whether a holder is alive, dead or on another machine: FIFOs and start times decide, never a clock. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { racer } from '../../fixtures/race.ts'
import { until } from '../../fixtures/until.ts'
import { fakeHolder, recoverOnce } from '../../fixtures/recover-once.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { holderOf, holders, type WorkerCard } from '../../lib/spool/holders.ts'

const test = suite('life of a holder')

const life = (home: Home, name: string): string | undefined => holderOf(home, name)?.life

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
  'a file called like a holder does no harm',
  inWorld(async ({ home: root }) => {
    const home = openHome(root)
    writeFileSync(join(home.processing, 'worker-1-abcdef'), '')
    writeFileSync(join(home.processing, 'operator-1-abcdef'), '')
    await recoverOnce(home)
    assert.equal(holders(home), [])
  }),
)

test.run()
