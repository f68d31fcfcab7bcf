/** Reading a job that we hold: what is no job is quarantined, what cannot be read now stays. */
import { existsSync, rmSync, writeFileSync, closeSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ODDITIES } from '../../fixtures/oddities.ts'
import { claimFile, put, quarantined, type SpoolHome, spoolHome } from '../../fixtures/spool-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'
import type { RunContext } from '../../lib/run/context.ts'
import { readHeld } from '../../lib/run/held-job.ts'
import { runPaths } from '../../lib/run/paths.ts'

const test = suite('reading a held job')

const contextOf = ({ home, holder }: SpoolHome): RunContext => ({
  home,
  holder,
  config: DEFAULTS,
  configOf: () => DEFAULTS,
  letGo: () => {},
  noteOutcome: () => {},
  record: () => {},
  callHook: () => {},
  log: () => {},
  retryUntilDone: async (_doing, act) => act(),
})

for (const [what, make] of Object.entries(ODDITIES)) {
  test(
    `a ${what} under a job’s name is quarantined at once`,
    inWorld((world) => {
      const here = spoolHome(world)
      const held = claimFile(here, put(here.home, 'pending'))
      rmSync(held.path)
      make(held.path)
      assert.is(readHeld(contextOf(here), held), undefined)
      assert.is(quarantined(here.home).length, 1)
      assert.not(existsSync(held.path))
    }),
  )

  test(
    `a ${what} under a job’s name stays while a process of an earlier run is alive`,
    inWorld((world) => {
      const here = spoolHome(world)
      const held = claimFile(here, put(here.home, 'pending'))
      rmSync(held.path)
      make(held.path)
      const { fifo, mark } = runPaths(here.home, held.name.id, 1)
      makeFifos([fifo])
      writeFileSync(mark, '1 (sh) S\n')
      const fd = holdFifo(fifo)
      assert.throws(() => readHeld(contextOf(here), held), /alive, or may be/)
      assert.equal(quarantined(here.home), [])
      closeSync(fd)
      assert.is(readHeld(contextOf(here), held), undefined)
      assert.is(quarantined(here.home).length, 1)
    }),
  )
}

test.run()
