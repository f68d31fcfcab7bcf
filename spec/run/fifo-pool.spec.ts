/** FIFOs that a worker makes ahead of its runs. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { fifoState } from '../../lib/disk/fifo.ts'
import { discardFifos, FifoPool } from '../../lib/run/fifo-pool.ts'
import { runPaths } from '../../lib/run/paths.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'

const test = suite('FIFOs made ahead')

const inHome = (body: (home: Home) => void): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => body(openHome(root)))

test(
  'FIFOs made ahead are put where they are wanted, each once',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    const paths = Array.from({ length: 70 }, (_, n) => runPaths(home, `j${n}`, 1).fifo)
    for (const path of paths) pool.take(path)
    for (const path of paths) assert.is(fifoState(path), 'free')
    assert.is(readdirSync(home.run).length, 70)
    discardFifos(home, 'worker-1')
    assert.equal(readdirSync(home.tmp), [])
  }),
)

test(
  'FIFOs made ahead are made anew when they were swept away',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(join(home.tmp, 'worker-1.fifos'), { recursive: true })
    pool.take(runPaths(home, 'job1', 1).fifo)
    assert.is(fifoState(runPaths(home, 'job1', 1).fifo), 'free')
  }),
)

test(
  'a FIFO is put into run/ though that was removed, without a spin',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(home.run, { recursive: true })
    pool.take(runPaths(home, 'job1', 1).fifo)
    assert.is(fifoState(runPaths(home, 'job1', 1).fifo), 'free')
  }),
)

test(
  'a FIFO of a home that was removed is an error, and does not bring it back',
  inHome((home) => {
    const pool = new FifoPool(home, 'worker-1')
    rmSync(home.root, { recursive: true })
    assert.throws(() => pool.take(runPaths(home, 'job1', 1).fifo))
    assert.not(existsSync(home.root))
  }),
)

test.run()
