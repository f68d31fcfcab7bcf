/**
 * What each level of durability costs here: `npm run bench -- durability`.
 *
 * The levels take turns within each round; the figure of a level is its median over the rounds, and what counts is the
 * ratio to `none`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Queue } from '../../lib/queue.ts'
import { monotonicMs } from '../../lib/clock.ts'
import { fileSystemOf } from '../../lib/disk/probe.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { table } from '../../bin/docs.ts'
import { compare, inTurns, median, type Plan, type Side } from './bench.ts'
import { DURABILITIES, type Durability } from '../../lib/disk/sync.ts'

const SINGLE = 50
const BATCH = 1000
const RUNS = 60

interface Measured {
  readonly what: string
  /** Milliseconds a job in a fresh home with this level. */
  readonly measure: (queue: Queue, dir: string) => Promise<number>
}

const timed = async (n: number, act: () => Promise<void>): Promise<number> => {
  const begun = monotonicMs()
  await act()
  return (monotonicMs() - begun) / n
}

const requests = (n: number, dir: string): { command: string[]; cwd: string }[] =>
  Array.from({ length: n }, () => ({ command: ['true'], cwd: dir }))

const drained =
  (slots: number) =>
  async (queue: Queue, dir: string): Promise<number> => {
    await queue.enqueueAll(requests(RUNS, dir))
    const args = ['worker', 'start', '--foreground', '--burst', '--count', String(slots), '--home', queue.home]
    return timed(RUNS, async () => {
      const { code, stderr } = await start(process.execPath, [PROGRAM, ...args], { cwd: dir, env: cleanEnv() }).ended
      if (code !== 0) throw new Error(stderr)
    })
  }

const MEASURED: readonly Measured[] = [
  {
    what: 'enqueue one by one',
    measure: (queue, dir) =>
      timed(SINGLE, async () => {
        for (const request of requests(SINGLE, dir)) await queue.enqueue(request)
      }),
  },
  {
    what: `enqueue ${BATCH} at a time`,
    measure: (queue, dir) => timed(BATCH, async () => void (await queue.enqueueAll(requests(BATCH, dir)))),
  },
  { what: 'run `true`, 1 slot', measure: drained(1) },
  { what: 'run `true`, 4 slots', measure: drained(4) },
]

async function once({ measure }: Measured, durability: Durability, dir: string): Promise<number> {
  const home = mkdtempSync(join(dir, 'home-'))
  writeFileSync(join(home, 'config.json'), JSON.stringify({ durability }))
  try {
    return await measure(Queue.open({ home }), dir)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** A line for each thing that is measured, a column for each level. */
export async function durabilityTable(plan: Plan): Promise<string> {
  const rows: string[][] = []
  for (const measured of MEASURED) {
    const sides = DURABILITIES.map((level) => [level, () => once(measured, level, plan.dir)] as const)
    const times = await inTurns(plan.rounds, Object.fromEntries(sides) as Record<Durability, Side>)
    const cell = (level: Durability): string =>
      `${median(times[level]).toFixed(2)} (${compare(times[level], times.none, 'at most').toFixed(1)}x)`
    rows.push([measured.what, ...DURABILITIES.map(cell)])
  }
  const about = `${fileSystemOf(plan.dir).type}, node ${process.version}, median of ${plan.rounds} rounds, ms a job`
  return table([about, ...DURABILITIES], rows)
}
