/** Row 6: from enqueue to the first instruction of the job. And how that instruction is seen, for row 9 as well. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '../../lib/clock.ts'
import type { Queue } from '../../lib/queue.ts'
import { until } from '../../fixtures/until.ts'
import { absent, inTurns, type Line, line, ms, type Plan, plus, quantile, type Row } from './bench.ts'
import { compiled, inQueue, NO_COMPILER, startWorker } from './place.ts'

/** So many times as many rounds, so that there is a 99th percentile. */
const TIMES = 40
const SLOTS = 8
/** A worker that has settled a job is idle after this. */
const PAUSE_MS = 30
const LONG_MS = 120_000

const nowNs = (): number => Number(process.hrtime.bigint())

/** Milliseconds from the call of `enqueue` to the first instruction of the job. */
export async function firstInstruction(queue: Queue, clock: string, dir: string, priority = 0): Promise<number> {
  const path = join(dir, 'now')
  rmSync(path, { force: true })
  const begun = nowNs()
  const { id } = await queue.enqueue({ command: [clock, 'now', path], priority, cwd: dir })
  const at = await until(() => whenIn(path), LONG_MS, 'the job has begun')
  await until(async () => (await queue.get(id)).state === 'completed', LONG_MS, 'the job has ended')
  return (at - begun) / 1e6
}

const whenIn = (path: string): number | undefined => {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return text.endsWith('\n') ? Number(text) : undefined
}

async function latency(plan: Plan): Promise<Line[]> {
  const what = 'enqueue (durable) to first instruction of the job, worker idle'
  const against = 'fork and exec of the same command from C'
  const clock = compiled(plan, 'clock')
  if (clock === undefined) return [absent(what, against, NO_COMPILER)]
  return inQueue(plan, async (queue, dir) => {
    const worker = await startWorker(queue.home, SLOTS, 'when up')
    await firstInstruction(queue, clock, dir)
    const found = await inTurns(plan.rounds * TIMES, {
      ours: async () => {
        await sleep(PAUSE_MS)
        return firstInstruction(queue, clock, dir)
      },
      c: async () => {
        await sleep(PAUSE_MS)
        const path = join(dir, 'c')
        const ran = spawnSync(clock, ['run', clock, 'now', path], { encoding: 'utf8' })
        return (Number(readFileSync(path, 'utf8')) - Number(ran.stdout.split(' ')[0])) / 1e6
      },
    })
    await worker.stop()
    const late = (values: readonly number[]): number => quantile(values, 0.99)
    return [
      line(`${what}: median of ${found.ours.length}`, against, [found.ours, found.c], ms, plus(10, 2, 'ms')),
      {
        ...line(`${what}: 99th percentile`, against, [[late(found.ours)], [late(found.c)]], ms, plus(30, 2, 'ms')),
        dream: '',
      },
    ]
  })
}

export const LATENCY: Row = { row: 6, name: 'latency', measure: latency }
