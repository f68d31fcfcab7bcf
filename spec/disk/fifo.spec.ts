/** FIFOs and start times: how a living process differs from a dead one, without a clock. */
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { onReleased, holdFifo, fifoState, openReadEnd, makeFifos } from '../../lib/disk/fifo.ts'
import { isRunning, parseStartTime, startTimeOf } from '../../lib/disk/process.ts'

const test = suite('FIFOs and start times')

test(
  'a FIFO is free, held or missing',
  inWorld(({ dir }) => {
    const path = join(dir, 'fifo')
    assert.is(fifoState(path), 'unknown')
    makeFifos([path])
    assert.is(fifoState(path), 'free')
    const fd = holdFifo(path)
    assert.is(fifoState(path), 'held')
    closeSync(fd)
    assert.is(fifoState(path), 'free')
  }),
)

for (const when of ['before', 'after'] as const)
  test(
    `the release of a FIFO is noticed when it comes ${when} the watch begins`,
    inWorld(async ({ dir }) => {
      const path = join(dir, 'fifo')
      makeFifos([path])
      const holder = holdFifo(path)
      if (when === 'before') closeSync(holder)
      let isReleased = false
      const socket = onReleased(openReadEnd(path), () => {
        isReleased = true
      })
      if (when === 'after') closeSync(holder)
      await until(() => isReleased, 5000, 'the release is noticed')
      socket.destroy()
    }),
  )

test('a process is running only with its own start time, and an unused pid is not running', () => {
  const start = startTimeOf(process.pid) ?? ''
  assert.is(isRunning({ pid: process.pid, start }), true)
  assert.is(isRunning({ pid: process.pid, start: `${start}0` }), false)
  assert.is(isRunning({ pid: process.pid, start: '' }), true)
  assert.is(isRunning({ pid: 4_194_300, start: '' }), false)
})

test('a start time is read after a process name with blanks and brackets, and a zombie has none', () => {
  const line = (state: string): string =>
    `7 (a) b) ${state} ${Array.from({ length: 18 }, (_, n) => n + 4).join(' ')} 777 23 24`
  assert.is(parseStartTime(line('S')), '777')
  assert.is(parseStartTime(line('Z')), undefined)
  assert.is(parseStartTime(''), undefined)
})

test.run()
