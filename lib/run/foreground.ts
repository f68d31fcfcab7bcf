/** Runs a job in the foreground, outside any queue: nothing of it is recorded, and no worker takes part. */
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { remove, writeNew } from '../disk/files.ts'
import { errno } from '../errors.ts'
import { interpreterOf } from '../job/interpreter.ts'
import { readProcessTable, usageOf } from '../disk/process-table.ts'
import { GRACE_MS } from '../job/decide.ts'
import { argvOf, nicenessOf, outsideVariables, type RunnableJob } from '../job/runnable.ts'
import { sendSignal } from './kill.ts'

/** How a foreground run ended; the code is 128 + n after signal n. */
export interface ForegroundEnd {
  readonly code: number
  readonly signal?: NodeJS.Signals
  readonly timedOut: boolean
  /** The command could not be started, and why. */
  readonly error?: string
}

/**
 * Runs a job's command with the terminal of this process, in this process's group, and ends it when its `timeout` is over.
 * @param where the directory to run in if the job names none, and the home that its variables name
 * @param stdout the descriptor for its output
 */
export function runForeground(
  job: RunnableJob,
  where: { readonly cwd: string; readonly home: string },
  stdout: 1 | 2 = 1,
): Promise<ForegroundEnd> {
  const cwd = job.cwd ?? where.cwd
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    return Promise.resolve({ code: 126, timedOut: false, error: `its working directory ${cwd} is not there` })
  const script = scriptFile(job)
  const [program = '', ...args] = [...nicenessOf(job).flat(), ...(script?.argv ?? argvOf(job))]
  // Before the command begins: a signal in between would end this process alone, and nothing would end the command.
  const pass = passSignals((signal) => child.kill(signal))
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...job.env, ...outsideVariables(job, where.home) },
    stdio: [job.stdin === undefined ? 'ignore' : 'pipe', stdout, 'inherit'],
  })
  // A command need not read its input.
  child.stdin?.on('error', () => {})
  child.stdin?.end(job.stdin)
  let timedOut = false
  const timeout = onTimeout(job.timeout, () => {
    timedOut = true
    signalTree(child.pid, 'SIGTERM')
    return setTimeout(() => signalTree(child.pid, 'SIGKILL'), GRACE_MS)
  })
  return new Promise((resolve) => {
    const end = (ended: Omit<ForegroundEnd, 'timedOut'>): void => {
      pass.stop()
      timeout.stop()
      script?.remove()
      resolve({ ...ended, timedOut })
    }
    child.once('error', (error) => {
      const isMissing = errno(error) === 'ENOENT'
      end(isMissing ? { code: 127, error: `${program}: not found` } : { code: 126, error: error.message })
    })
    child.once('exit', (code, signal) =>
      end(signal ? { code: 128 + constants.signals[signal], signal } : { code: code ?? 0 }),
    )
  })
}

/** A file for a command that is run from one; after SIGKILL of this process it stays in the temporary directory. */
function scriptFile({ command }: RunnableJob): { readonly argv: readonly string[]; remove(): void } | undefined {
  const interpreter = typeof command === 'string' ? interpreterOf(command) : undefined
  if (interpreter === undefined) return undefined
  const path = join(tmpdir(), `queuectl-${randomHex(12)}.script`)
  writeNew(path, `${String(command)}\n`, false)
  return { argv: [...interpreter, path], remove: () => void remove(path) }
}

/** Passes on signals that were sent to this process alone; those of the terminal's keys reach the command by themselves. */
function passSignals(pass: (signal: NodeJS.Signals) => void): { stop(): void } {
  const ignore = (): void => {}
  const signals = ['SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, pass)
  process.on('SIGINT', ignore).on('SIGQUIT', ignore)
  return {
    stop() {
      for (const signal of signals) process.off(signal, pass)
      process.off('SIGINT', ignore).off('SIGQUIT', ignore)
    },
  }
}

/** @param seconds undefined or 0: never */
function onTimeout(seconds: number | undefined, act: () => NodeJS.Timeout): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  // The longest that a timer of Node takes; a year is the longest timeout.
  if (seconds) timer = setTimeout(() => (timer = act()), Math.min(seconds * 1000, 2 ** 31 - 1))
  return { stop: () => clearTimeout(timer) }
}

/** Signals a process and all that it started. */
function signalTree(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  for (const one of usageOf(readProcessTable(), pid).pids) sendSignal(one, signal)
}
