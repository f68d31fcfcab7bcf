/**
 * Where benchmarks are done: fresh directories on the disk that is measured, programs that are timed, workers that are
 * started and ended. Whatever is still running when we are interrupted is ended.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { monotonicMs, sleep } from '../../lib/clock.ts'
import type { Event } from '../../lib/journal/journal.ts'
import type { JobRequest } from '../../lib/job/job.ts'
import { QueueError } from '../../lib/errors.ts'
import { fileSystemOf } from '../../lib/disk/probe.ts'
import { Queue } from '../../lib/queue.ts'
import { processesOf, signal } from '../../fixtures/processes.ts'
import { cleanEnv, PROGRAM, ROOT } from '../../fixtures/program.ts'
import { until } from '../../fixtures/until.ts'
import type { Plan } from './bench.ts'

const LONG_MS = 600_000
const GONE_MS = 30_000

/**
 * Does something in a directory of its own. On a disk it stays there until all is over: ext4 without a journal passes
 * over what was removed in the last minutes, file by file, and whoever makes the next files would pay for it.
 */
export async function inScratch<T>(plan: Plan, act: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(plan.dir, 'at-'))
  // What others have left to be written is not ours to wait for, nor to share the machine with.
  spawnSync('sync')
  try {
    return await act(dir)
  } catch (error) {
    endAll()
    throw error
  } finally {
    // A process that still writes there, such as one that a worker started, would make what is being removed anew.
    await until(() => processesOf(dir).length === 0, GONE_MS, `the processes of ${dir} have ended`)
    if (isMemory(dir)) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

export const isMemory = (dir: string): boolean => fileSystemOf(dir).type === 'tmpfs'

/** Does something with a queue of its own, in a home of its own. */
export const inQueue = <T>(plan: Plan, act: (queue: Queue, dir: string) => Promise<T>): Promise<T> =>
  inScratch(plan, (dir) => act(Queue.open({ home: join(dir, 'home') }), dir))

const running = new Set<ChildProcess>()

/** Ends what is running. */
export function endAll(): void {
  for (const child of running) if (child.pid !== undefined) signal(child.pid, 'SIGKILL')
}

export interface Call {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Files for standard input and output. */
  readonly input?: string
  readonly output?: string
}

/** Starts a program whose output nobody reads. */
export function begin(command: string, args: readonly string[], call: Call): ChildProcess {
  const input = call.input === undefined ? ('ignore' as const) : openSync(call.input, 'r')
  const output = call.output === undefined ? ('ignore' as const) : openSync(call.output, 'w')
  const child = spawn(command, args, {
    cwd: call.cwd,
    env: { ...cleanEnv(), ...call.env },
    stdio: [input, output, 'ignore'],
  })
  for (const fd of [input, output]) if (fd !== 'ignore') closeSync(fd)
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Milliseconds that a program takes from its start to its end. */
export async function timed(command: string, args: readonly string[], call: Call): Promise<number> {
  const begun = monotonicMs()
  const child = begin(command, args, call)
  const [code] = (await once(child, 'exit')) as [number | null]
  const took = monotonicMs() - begun
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 6).join(' ')} ended with ${code}`)
  return took
}

/** Is a program of this name installed? */
export const has = (program: string): boolean => spawnSync('which', [program], { stdio: 'ignore' }).status === 0

/** The compiled `<name>.c` of this directory; undefined where there is no compiler. */
export function compiled(plan: Plan, name: 'files' | 'clock'): string | undefined {
  const path = join(plan.dir, name)
  if (existsSync(path)) return path
  const source = join(ROOT, `spec/bench/${name}.c`)
  const made = spawnSync('cc', ['-O2', '-o', path, source], { encoding: 'utf8' })
  if (made.error) return undefined
  if (made.status !== 0) throw new Error(`${name}.c does not compile:\n${made.stderr}`)
  return path
}

export const NO_COMPILER = 'no C compiler (cc) here'

/** Milliseconds that a program takes, seen by a parent that is small; by us, who are large, where nothing compiles. */
export async function timedSmall(plan: Plan, argv: readonly string[], call: Call): Promise<number> {
  const clock = compiled(plan, 'clock')
  const [command = '', ...args] = argv
  if (clock === undefined) return timed(command, args, call)
  const env = { ...cleanEnv(), ...call.env }
  const ran = spawnSync(clock, ['run', ...argv], { cwd: call.cwd, env, stdio: ['ignore', 'pipe', 'ignore'] })
  if (ran.status !== 0) throw new Error(`${argv.slice(0, 6).join(' ')} ended with ${ran.status}`)
  const [from = 0, to = 0] = ran.stdout.toString().split(' ').map(Number)
  return (to - from) / 1e6
}

/** What stands before the words of a command line. */
export const QUEUECTL = [process.execPath, PROGRAM] as const

export const workerArgs = (home: string, slots: number, ...more: readonly string[]): string[] => [
  PROGRAM,
  'worker',
  'start',
  '--foreground',
  '--count',
  String(slots),
  '--home',
  home,
  ...more,
]

export interface BenchWorker {
  readonly pid: number
  /** By `monotonicMs`. */
  readonly startedAt: number
  /** Ends it and resolves when it is gone; what it runs goes with it unless it ends by itself. */
  stop(): Promise<void>
}

/** Starts a worker; resolves when it is up, or at once. */
export async function startWorker(home: string, slots: number, isUp: 'when up' | 'at once'): Promise<BenchWorker> {
  const startedAt = monotonicMs()
  const child = begin(process.execPath, workerArgs(home, slots), { cwd: home })
  const pid = child.pid ?? 0
  const isThere = (): boolean =>
    readdirSync(join(home, 'processing')).some((name) => name.startsWith(`worker-${pid}-`)) || child.exitCode !== null
  if (isUp === 'when up') await until(isThere, LONG_MS, `worker ${pid} is up`)
  return {
    pid,
    startedAt,
    async stop() {
      const gone = child.exitCode === null ? once(child, 'exit') : undefined
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** `n` jobs that do nothing, in a home that has none. */
export async function fill(queue: Queue, dir: string, n: number): Promise<void> {
  const request: JobRequest = { command: 'true', cwd: dir }
  for (let left = n; left > 0; left -= 2000)
    for (const result of await queue.enqueueAll(Array.from({ length: Math.min(left, 2000) }, () => request)))
      if (result instanceof QueueError) throw result
}

/** What a home's journal tells, oldest first. */
export const eventsIn = (home: string): Event[] =>
  readdirSync(join(home, 'journal'))
    .filter((name) => name.endsWith('.ndjson'))
    .toSorted()
    .flatMap((name) =>
      readFileSync(join(home, 'journal', name), 'utf8')
        .split('\n')
        .filter(Boolean),
    )
    .map((text) => JSON.parse(text) as Event)

/** Jobs a second, from the first start to the last completion that the journal tells of. */
export function drainRate(home: string): number {
  const events = eventsIn(home)
  const ended = events.filter(({ event }) => event === 'completed')
  const begun = Date.parse(events.find(({ event }) => event === 'started')?.at ?? '')
  return ended.length / ((Date.parse(ended.at(-1)?.at ?? '') - begun) / 1000)
}

/** Waits until the journal tells of so many completions; looks seldom, because looking takes what is measured. */
export async function untilCompleted(home: string, n: number): Promise<void> {
  const told = (): number =>
    readdirSync(join(home, 'journal')).reduce(
      (sum, name) => sum + readFileSync(join(home, 'journal', name), 'latin1').split('"completed"').length - 1,
      0,
    )
  for (const end = monotonicMs() + LONG_MS; told() < n; await sleep(200))
    if (monotonicMs() > end) throw new Error(`${told()} of ${n} jobs completed within ${LONG_MS} ms`)
}
