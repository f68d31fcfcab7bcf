/**
 * What each level of durability costs here: `npm run bench:durability [rounds]`.
 *
 * The levels take turns within each round, so that what else the machine does meets all of them alike; the figure of a
 * level is its median over the rounds, and what counts is the ratio to `none`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DURABILITIES, type Durability } from '../../lib/job/job.ts'
import { Queue } from '../../lib/queue.ts'
import { monotonicMs } from '../../lib/clock.ts'
import { fileSystemOf } from '../../lib/spool/abilities.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'

const ROUNDS = Number(process.argv[2] ?? 5)
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

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'queuectl-bench-'))
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  say(`file system ${fileSystemOf(dir).type}, node ${process.version}, median of ${ROUNDS} rounds, ms a job`)
  say(`| | ${DURABILITIES.join(' | ')} |`)
  say(`| --- |${' --- |'.repeat(DURABILITIES.length)}`)
  try {
    for (const measured of MEASURED) {
      const times = new Map<Durability, number[]>(DURABILITIES.map((level) => [level, []]))
      for (let round = 0; round < ROUNDS; round++)
        for (const level of DURABILITIES) times.get(level)?.push(await once(measured, level, dir))
      const least = median(times.get('none') ?? [])
      const cells = DURABILITIES.map((level) => {
        const ms = median(times.get(level) ?? [])
        return `${ms.toFixed(2)} (${(ms / least).toFixed(1)}x)`
      })
      say(`| ${measured.what} | ${cells.join(' | ')} |`)
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

await main()
