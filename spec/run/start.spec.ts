import { ActiveRun } from '../../lib/run/active-run.ts'
import { renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, linesOf, runAll } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { claim } from '../../lib/spool/transitions.ts'
import { ShellPool } from '../../lib/run/shell.ts'
import { readConfig } from '../../lib/config/file.ts'
import { discardFifos, FifoPool } from '../../lib/run/fifo-pool.ts'
import { startJob } from '../../lib/run/start.ts'

const test = suite('starting a job')

test(
  'a job that is taken away between its stamp and its start is not started by the worker that held it',
  inWorld(async (world) => {
    const home = openHome(world.home)
    const { id } = await add(world, 'echo "$QUEUECTL_RUN" >>ran')
    const from = await fileOf(world.queue, id)
    const holder = joinWorkers(home, 1, Date.now())
    const name = parseName(basename(from))
    const held = name && claim(home, holder.dir, basename(from), name)
    assert.ok(held)
    const pool = new FifoPool(home, holder.name)
    const takesItAway = (path: string): number => {
      const ino = pool.take(path)
      renameSync(held.path, from)
      return ino
    }
    const site = {
      home,
      holder,
      config: readConfig(home),
      configOf: () => readConfig(home),
      letGo: () => {},
      noteOutcome: () => {},
      fifos: { take: takesItAway, giveBack: () => false },
      shells: new ShellPool(),
      record: () => {},
      recordSoon: () => {},
      callHook: () => {},
      log: () => {},
      retryUntilDone: async <T>(_doing: string, act: () => T | Promise<T>) => act(),
    }
    const run = await startJob(site, held, 1)
    assert.instance(run, ActiveRun)
    if (!(run instanceof ActiveRun)) return
    assert.equal(await run.ended, { kind: 'taken_away' })
    run.close(false)
    assert.equal(linesOf(join(world.dir, 'ran')), [])
    discardFifos(home, holder.name)
    holder.leave()
    await runAll(world)
    assert.equal(linesOf(join(world.dir, 'ran')), ['2'])
    assert.is(assertHomeIntact(world.home).get(id), 'completed')
  }),
)

test.run()
