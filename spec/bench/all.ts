/**
 * How fast it is, measured against the bare machine: `npm run bench`, or `npm run bench -- NAME` for one row.
 *
 *     npm run bench -- [NAME...] [--rounds 5] [--large-rounds 5] [--dir DIR] [--write]
 *                           [--large 1000000] [--share 1]   fewer files, and this share of the jobs, to try it out
 *
 * The table goes to stdout, messages to stderr; `--write` puts the whole table into README.md beside this file.
 * `durability` is a table of its own: what each level of durability costs.
 */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { monotonicMs } from '../../lib/clock.ts'
import { readDocument, replaceTable, writeDocument } from '../../bin/docs.ts'
import { BATCH } from './batch.ts'
import type { Plan, Row } from './bench.ts'
import { FIRST, FULL, LIST, URGENT_ROW } from './crowd.ts'
import { DRAIN, WORKERS } from './drain.ts'
import { durabilityTable } from './durability.ts'
import { IDLE } from './idle.ts'
import { LATENCY } from './latency.ts'
import { PEERS } from './peers.ts'
import { endAll, isMemory } from './place.ts'
import { RECOVERY } from './recovery.ts'
import { ENQUEUE, START } from './start.ts'
import { type Measured, report } from './table.ts'

/** In the order in which they are measured: what needs the large directory together, and last. */
const ROWS: readonly Row[] = [
  DRAIN,
  PEERS,
  ENQUEUE,
  START,
  BATCH,
  LATENCY,
  IDLE,
  RECOVERY,
  WORKERS,
  LIST,
  FIRST,
  URGENT_ROW,
  FULL,
]

/** Where the table stands. */
const README = 'spec/bench/README.md'

const MEMORY = '/dev/shm'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    'large-rounds': { type: 'string' },
    large: { type: 'string', default: '1000000' },
    share: { type: 'string', default: '1' },
    dir: { type: 'string', default: tmpdir() },
    write: { type: 'boolean', default: false },
  },
})

const say = (text: string): boolean => process.stderr.write(`${text}\n`)

async function main(): Promise<void> {
  const named = positionals.map((name) => ROWS.find((row) => row.name === name) ?? unknown(name))
  const rows = ROWS.filter((row) => named.length === 0 || named.includes(row))
  if (values.write && positionals.length > 0) throw new Error('--write is for the whole table: leave the names out')
  const scratch = (parent: string): string => realpathSync(mkdtempSync(join(parent, 'queuectl-bench-')))
  const dir = scratch(values.dir)
  const memory = existsSync(MEMORY) && isMemory(MEMORY) && !isMemory(dir) ? scratch(MEMORY) : undefined
  const clear = (): void => {
    for (const one of [dir, memory]) if (one !== undefined) rmSync(one, { recursive: true, force: true, maxRetries: 5 })
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => {
      endAll()
      clear()
      process.kill(process.pid, name)
    })
  const plan: Plan = {
    rounds: Number(values.rounds),
    largeRounds: Number(values['large-rounds'] ?? values.rounds),
    large: Number(values.large),
    share: Number(values.share),
    dir,
    memory,
    say,
  }
  try {
    if (positionals.includes('durability')) process.stdout.write(`${await durabilityTable(plan)}\n`)
    else await measure(plan, rows)
  } finally {
    endAll()
    clear()
  }
}

async function measure(plan: Plan, rows: readonly Row[]): Promise<void> {
  const measured: Measured[] = []
  for (const { row, name, measure: lines } of rows) {
    const begun = monotonicMs()
    measured.push({ row, lines: await lines(plan) })
    for (const { what, against, ours = '', theirs = '', ratio = '', absent = '' } of measured.at(-1)?.lines ?? [])
      say(`${row} ${name}: ${what}: ${absent || `${ours}, ${against} ${theirs}: ${ratio}`}`)
    say(`${row} ${name} took ${((monotonicMs() - begun) / 1000).toFixed(0)} s`)
  }
  const text = report(plan, measured)
  process.stdout.write(`${text}\n`)
  if (values.write) writeDocument(README, replaceTable(readDocument(README), 'bench', text))
}

function unknown(name: string): undefined {
  if (name === 'durability') return undefined
  throw new Error(`no row is called ${name}: there are ${ROWS.map((row) => row.name).join(', ')}, durability`)
}

await main().catch((error: Error) => {
  say(`bench: ${error.message}`)
  process.exitCode = 1
})
