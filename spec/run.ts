/**
 * The test runner: one process per spec file, and no pass without proof.
 *
 * uvu alone reports success for a `before` hook that throws, a thrown non-Error, a file that never calls `.run()`, a
 * forgotten `.only`, an empty selection; and it has no time limit. So a file passes here only if its process exits
 * with 0 and its closing block says that every one of at least one test passed. The last line is always
 * `N passed, N failed, N skipped`, and what was skipped is listed before it with the reason.
 *
 * With `--again` a file that failed beside others is run once more, alone, and the second result counts; it is listed
 * as unsteady, with what was wrong at first. Meant for machines with other load, such as CI's.
 * With `--long` races are repeated more often (fixtures/rounds.ts).
 * With `--times` the files that used most CPU are listed: wall-clock time depends on what else the machine does.
 *
 *     node dist/spec/run.js [--again] [--times] [--long] [--at-once 3] [--limit 300] [--under dist/spec] [part of a path]...
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { monotonicMs } from '../lib/clock.ts'
import { processesOf, signal } from '../fixtures/processes.ts'
import { cleanEnv, ROOT } from '../fixtures/program.ts'
import { scratchRoot } from '../fixtures/scratch.ts'

interface Report {
  readonly file: string
  readonly passed: number
  readonly failed: number
  /** How many tests were skipped, and the lines that say which. */
  readonly skips: number
  readonly skipped: readonly string[]
  /** Why the file failed, beyond its own output; empty when it passed. */
  readonly wrong: readonly string[]
  readonly output: string
  readonly seconds: number
  readonly cpuSeconds: number
}

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly tookTooLong: boolean
  readonly left: readonly string[]
  /** CPU time of the file's process and of the processes it waited for (Linux; 0 elsewhere). */
  readonly cpuSeconds: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    times: { type: 'boolean', default: false },
    'at-once': { type: 'string', default: '3' },
    limit: { type: 'string', default: '300' },
    under: { type: 'string', default: 'dist/spec' },
  },
})
const BLOCK = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /gm

const long = values.long ? { SPEC_LONG: '1' } : {}
const under = resolve(ROOT, values.under)
const limitMs = Number(values.limit) * 1000
const say = (text: string): boolean => process.stdout.write(`${text}\n`)

/** Process groups and scratch directories of the running files, cleaned up when a signal ends the runner. */
const alive = new Map<number, string>()

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => {
    for (const [group, scratch] of alive) {
      cleanUp(group, scratch)
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
    }
    say('\ninterrupted\n0 passed, 1 failed, 0 skipped')
    process.exit(130)
  })

async function main(): Promise<void> {
  // Not of the absolute path: the clone may lie in a directory of such a name.
  const isSelected = (file: string): boolean =>
    positionals.length === 0 || positionals.some((part) => relative(dirname(under), file).includes(part))
  const files = findFiles(under).filter(isSelected)
  if (files.length === 0) {
    say(`no spec file ${positionals.length > 0 ? `matches ${positionals.join(' ')}` : `under ${values.under}`}`)
    say('0 passed, 1 failed, 0 skipped')
    process.exitCode = 1
    return
  }
  const reports: Report[] = []
  const lane = async (): Promise<void> => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const report = await run(file)
      reports.push(report)
      show(report)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(values['at-once']) || 1) }, lane))
  if (values.times) showTimes(reports)
  conclude(values.again ? await onceMore(reports) : reports)
}

/** Runs the files that failed once more, one after the other. */
async function onceMore(reports: readonly Report[]): Promise<Report[]> {
  const last: Report[] = []
  for (const first of reports) {
    if (first.wrong.length === 0) last.push(first)
    else {
      const second = await run(first.file)
      show(second)
      if (second.wrong.length === 0) say(`unsteady: ${nameOf(first.file)}: at first ${first.wrong.join('; ')}`)
      last.push(second)
    }
  }
  return last
}

/** The compiled spec files whose source still exists. */
function findFiles(dir: string): string[] {
  const source = (name: string): string => join(ROOT, relative(join(ROOT, 'dist'), dir), name.replace(/js$/, 'ts'))
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.spec.js') && existsSync(source(name)))
    .map((name) => join(dir, name))
    .toSorted((a, b) => turn(a) - turn(b) || (a < b ? -1 : 1))
}

/** The files that take longest come first, so that none of them is alone at the end. */
const LONGEST = /(web|stories|faults)\/[^/]+$|docs\.spec|worker\/contained\.spec/
const turn = (file: string): number => (LONGEST.test(file) ? 0 : 1)

async function run(file: string): Promise<Report> {
  const scratch = realpathSync(mkdtempSync(join(scratchRoot(relative(under, file)), 'queuectl-spec-')))
  const begun = monotonicMs()
  try {
    const skips = join(scratch, 'skips.ndjson')
    const ending = await execute(file, scratch, skips)
    return judge(file, ending, readSkips(skips), (monotonicMs() - begun) / 1000)
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs one file to its end in a process group, a home and a temporary directory of its own. */
function execute(file: string, scratch: string, skips: string): Promise<Ending> {
  return new Promise((resolved, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: scratch,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnv(), HOME: scratch, TMPDIR: scratch, SPEC_SKIPS: skips, ...long },
    })
    child.on('error', reject)
    const group = child.pid
    if (group === undefined) return
    alive.set(group, scratch)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    let tookTooLong = false
    let left: readonly string[] = []
    let cpuSeconds = 0
    const limit = setTimeout(() => {
      tookTooLong = true
      cleanUp(group, scratch)
    }, limitMs)
    child.on('exit', () => {
      clearTimeout(limit)
      // Read before another child is reaped: the difference belongs to this file.
      const total = childCpuSeconds()
      cpuSeconds = total - countedCpu
      countedCpu = total
      // A process left running would keep the output open, and the runner waiting.
      left = cleanUp(group, scratch)
    })
    child.on('close', (code, name) => {
      alive.delete(group)
      resolved({ code, signal: name, output: stripVTControlCharacters(output), tookTooLong, left, cpuSeconds })
    })
  })
}

let countedCpu = 0

/** User and system time of all children that have ended and of the descendants they waited for, from /proc. */
function childCpuSeconds(): number {
  if (!existsSync('/proc/self/stat')) return 0
  const stat = readFileSync('/proc/self/stat', 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

/** Kills a file's process group and every process started with its scratch directory; returns those it found. */
function cleanUp(group: number, scratch: string): string[] {
  const left = processesOf(scratch).filter(({ pid }) => pid !== group)
  signal(-group, 'SIGKILL')
  for (const { pid } of left) signal(pid, 'SIGKILL')
  return left.map(({ pid, command }) => `${pid} ${command}`)
}

interface Skip {
  readonly test: string
  readonly reason: string
}

function readSkips(path: string): Skip[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Skip)
}

/** One line per skipped test, or one for the whole file when all have one reason, such as a missing browser. */
function listed(skips: readonly Skip[]): string[] {
  const [first, ...others] = skips
  if (first && others.length > 1 && others.every(({ reason }) => reason === first.reason))
    return [`${skips.length} tests (${first.reason})`]
  return skips.map(({ test, reason }) => `${test} (${reason})`)
}

function judge(file: string, ending: Ending, skips: readonly Skip[], seconds: number): Report {
  const block = [...ending.output.matchAll(BLOCK)].at(-1)
  const [total = 0, passed = 0, unnamed = 0] = block?.slice(1).map(Number) ?? []
  const wrong: string[] = []
  if (ending.tookTooLong) wrong.push(`took longer than ${values.limit} s and was killed`)
  else if (ending.signal) wrong.push(`was ended by ${ending.signal}`)
  else if (!block) wrong.push('did not say how many tests passed')
  if (ending.left.length > 0) wrong.push(`left processes running: ${ending.left.join(', ')}`)
  if (block && total === 0) wrong.push('has no tests, or forgot .run()')
  if (block && passed !== total) wrong.push(`${total - passed} of ${total} tests failed`)
  if (/\.only\s*\(/.test(readFileSync(file, 'utf8'))) wrong.push('has .only left in it')
  if (skips.length > passed) wrong.push('skipped more tests than it passed')
  if (ending.code !== 0 && wrong.length === 0) wrong.push(`exited with ${ending.code}`)
  const skipped = listed(skips)
  for (let n = 0; n < unnamed; n++) skipped.push('one by .skip in the file (no reason given)')
  return {
    file,
    passed: Math.max(0, passed - skips.length),
    skips: skips.length + unnamed,
    failed: wrong.length === 0 ? 0 : Math.max(1, total - passed),
    skipped,
    wrong,
    output: ending.output,
    seconds,
    cpuSeconds: ending.cpuSeconds,
  }
}

const nameOf = (file: string): string => relative(under, file).replace(/\.js$/, '')

function show({ file, passed, skips, wrong, output, seconds }: Report): void {
  const counts = `${passed} passed${skips > 0 ? `, ${skips} skipped` : ''}`
  if (wrong.length === 0) say(`ok    ${nameOf(file)}: ${counts} (${seconds.toFixed(2)} s)`)
  else say(`FAIL  ${nameOf(file)}: ${wrong.join('; ')} (${seconds.toFixed(2)} s)\n${indented(output)}`)
}

/** The files that used most CPU, one line each, and the sum of all. */
function showTimes(reports: readonly Report[]): void {
  const line = (cpu: number, wall: number, name: string): string =>
    `${cpu.toFixed(2).padStart(9)} ${wall.toFixed(2).padStart(9)}  ${name}`
  const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0)
  say('\n  CPU (s)  wall (s)  file')
  for (const { file, cpuSeconds, seconds } of reports.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds).slice(0, 25))
    say(line(cpuSeconds, seconds, nameOf(file)))
  say(
    line(
      sum((report) => report.cpuSeconds),
      sum((report) => report.seconds),
      'all files',
    ),
  )
}

const indented = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => `    | ${line}`)
    .join('\n')

function conclude(reports: readonly Report[]): void {
  const sum = (of: (report: Report) => number): number => reports.reduce((all, report) => all + of(report), 0)
  const failed = reports.filter(({ wrong }) => wrong.length > 0)
  say('')
  for (const { file, wrong } of failed) say(`failed: ${nameOf(file)}: ${wrong.join('; ')}`)
  for (const { file, skipped } of reports) for (const what of skipped) say(`skipped: ${nameOf(file)}: ${what}`)
  const skipped = sum((report) => report.skips)
  say(`${sum((report) => report.passed)} passed, ${sum((report) => report.failed)} failed, ${skipped} skipped`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

await main()
