/** The logs of workers: kept while their worker may live, and removed some time after it has ended. */
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { pruneLogs } from '../../lib/worker/log.ts'

const test = suite('logs of workers')

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 86_400

test(
  'old logs of workers that have ended are removed; of one that may live, of jobs and of people never',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const old = ['worker-1-abcdef.log', 'worker-1-abcdef.log.1']
    const kept = ['worker-2-abcdef.log', 'worker-2-abcdef.log.1', 'worker-3-abcdef.log', 'mine.log', 'worker-mine.log']
    for (const name of [...old, ...kept]) {
      writeFileSync(join(home.logs, name), '')
      const at = NOW / 1000 - (name.includes('-3-') ? 0.5 : 2) * DAY
      utimesSync(join(home.logs, name), at, at)
    }
    mkdirSync(join(home.processing, 'worker-2-abcdef'))
    assert.is(pruneLogs(home, DAY, NOW), 2)
    for (const name of old) assert.not(existsSync(join(home.logs, name)), name)
    for (const name of kept) assert.ok(existsSync(join(home.logs, name)), name)
  }),
)

test.run()
