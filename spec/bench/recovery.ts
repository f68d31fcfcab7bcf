/** Row 12: taking over from many workers that died with all their claims. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { monotonicMs } from '../../lib/clock.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { until } from '../../fixtures/until.ts'
import { absent, atMost, inTurns, type Line, line, ms, type Plan, type Row } from './bench.ts'
import { template, type Template } from './batch.ts'
import { compiled, inQueue, inScratch, NO_COMPILER, startWorker, timed } from './place.ts'
import { ownIdentity } from '../../lib/disk/process.ts'

const JOBS = 10_000
const WORKERS = 16
const LONG_MS = 300_000

/** What a worker leaves that died right after it had claimed. */
function deadWorker(home: string, pid: number, fillIn: (dir: string) => void): void {
  const name = `worker-${pid}-00dead`
  const dir = join(home, 'processing', name)
  mkdirSync(dir, { mode: 0o700 })
  const log = join(home, 'logs', `${name}.log`)
  const card = { name, slots: JOBS, started_at: new Date().toISOString(), log, ...ownIdentity(), pid, start: '1' }
  writeFileSync(join(dir, 'worker.json'), JSON.stringify(card))
  writeFileSync(join(dir, 'bell'), '')
  makeFifos([join(dir, 'alive')])
  fillIn(dir)
}

function write(files: string, dir: string, n: number, first: number, model: Template): void {
  const made = spawnSync(files, ['write', dir, String(n), String(first), model.path, String(model.offset)])
  if (made.status !== 0) throw new Error(`files write ended with ${made.status}: ${made.stderr.toString()}`)
}

async function recovery(plan: Plan): Promise<Line[]> {
  const what = `${JOBS} jobs claimed and not started by ${WORKERS} dead workers: all pending again, from the start of a worker`
  const against = `renaming ${JOBS} files`
  const files = compiled(plan, 'files')
  if (files === undefined) return [absent(what, against, NO_COMPILER)]
  const model = await template(plan)
  const each = JOBS / WORKERS
  const found = await inTurns(plan.rounds, {
    ours: () =>
      inQueue(plan, async ({ home }) => {
        for (let n = 0; n < WORKERS; n++)
          deadWorker(home, 4_194_304 + n, (dir) => write(files, dir, each, n * each, model))
        const worker = await startWorker(home, 1, 'at once')
        const processing = join(home, 'processing')
        const isOver = (): boolean =>
          readdirSync(processing).every((name) => name.startsWith(`worker-${worker.pid}-`)) &&
          readdirSync(processing).length > 0
        await until(isOver, LONG_MS, 'all directories of dead workers are gone')
        const took = monotonicMs() - worker.startedAt
        await worker.stop()
        return took
      }),
    files: () =>
      inScratch(plan, async (dir) => {
        const [from, to] = [join(dir, 'from'), join(dir, 'to')]
        mkdirSync(from)
        mkdirSync(to)
        write(files, from, JOBS, 0, model)
        return timed(files, ['rename', from, to], { cwd: dir })
      }),
  })
  return [line(what, against, [found.ours, found.files], ms, atMost(20, 5))]
}

export const RECOVERY: Row = { row: 12, name: 'recovery', measure: recovery }
