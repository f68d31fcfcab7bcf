/**
 * Starting and stopping workers, from any terminal.
 *
 * A worker is told to stop by a signal to the process that its card names (pid and start time, so never to another
 * one), and is seen to be gone by its FIFO.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomHex, sleep } from '../clock.ts'
import { homePath, readConfig } from '../config/config.ts'
import { QueueError } from '../errors.ts'
import { exists, readTail, remove } from '../disk/files.ts'
import { type Holder, holders } from '../spool/holders.ts'
import { openHome } from '../spool/layout.ts'
import { hearEnd, isRunning, listenIfThere } from '../disk/fifo.ts'
import { Worker } from './worker.ts'

export interface StartOptions {
  readonly home: string
  readonly slots: number
  readonly burst: boolean
  /** Run the job of this id and no other, and end when it is settled. */
  readonly only?: string
}

export interface StartedWorker {
  readonly name: string
  readonly pid: number
  readonly slots: number
  readonly log: string
}

/** The descriptor on which a worker in the background says that it is up. */
const READY_FD = 3

/**
 * Starts a worker in the background; resolves when it is really up.
 * @param program the file that runs `worker start`
 * @throws QueueError FAILED with its last words when it is not.
 */
export async function startInBackground(options: StartOptions, program: string): Promise<StartedWorker> {
  const home = openHome(homePath(options.home))
  // Before it costs a process: a broken config.json is the commonest reason for a worker that does not come up.
  readConfig(home)
  const wordsPath = join(tmpdir(), `queuectl-start-${randomHex(12)}.log`)
  const words = openSync(wordsPath, 'wx', 0o600)
  const args = ['worker', 'start', '--foreground', '--home', home.root, '--count', String(options.slots)]
  if (options.burst) args.push('--burst')
  if (options.only !== undefined) args.push('--only', options.only)
  try {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: exists(homedir()) ? homedir() : '/',
      detached: true,
      stdio: ['ignore', words, words, 'pipe'],
      env: { ...process.env, QUEUECTL_READY_FD: String(READY_FD) },
    })
    child.unref()
    const said = await firstLine(child.stdio[READY_FD] as Socket)
    if (said !== undefined) return JSON.parse(said) as StartedWorker
    const last = readTail(wordsPath, 4000).trim()
    throw new QueueError(
      'FAILED',
      `cannot start a worker: ${last.replace(/^queuectl: (cannot start a worker: )?/, '') || 'it ended without a word'}`,
    )
  } finally {
    closeSync(words)
    remove(wordsPath)
  }
}

/** The first line a pipe brings; undefined when it is closed without one. */
function firstLine(pipe: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = ''
    pipe.setEncoding('utf8')
    pipe.on('data', (chunk: string) => {
      text += chunk
      if (!text.includes('\n')) return
      resolve(text.slice(0, text.indexOf('\n')))
      pipe.destroy()
    })
    pipe.on('close', () => resolve(undefined))
  })
}

/**
 * Runs a worker in this process until it is told to stop or, with `burst`, until nothing is left to do.
 * SIGTERM, SIGINT, SIGHUP: finish what runs; a second one, or SIGQUIT: end it and give it back; SIGUSR2: leave it
 * running. `say` gets one line for people at a time.
 */
export async function runInForeground(
  options: StartOptions,
  say: (line: string) => void,
  readyFd?: number,
): Promise<void> {
  const home = openHome(homePath(options.home))
  readConfig(home)
  let asked = 0
  const stop = (): void => {
    asked++
    if (asked === 1) worker.drain()
    else worker.force()
  }
  // Before the worker's directory stands: from then on it may be told to stop.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('SIGQUIT', () => worker.force())
  process.on('SIGUSR2', () => worker.leave())
  const worker = new Worker(home.root, {
    slots: options.slots,
    burst: options.burst,
    ...(options.only === undefined ? {} : { only: options.only }),
    say,
    ready: (holder) => {
      if (readyFd === undefined) return
      const started: StartedWorker = { name: holder.name, pid: process.pid, slots: options.slots, log: holder.card.log }
      writeSync(readyFd, `${JSON.stringify(started)}\n`)
      closeSync(readyFd)
    },
  })
  await worker.run()
}

export interface StopOptions {
  readonly home: string
  /** `drain`: finish what runs. `leave`: go now, jobs run on and are adopted. `force`: end the jobs, give them back. */
  readonly mode: 'drain' | 'leave' | 'force'
  /** Seconds to wait; undefined: until they are gone. */
  readonly timeout?: number
}

const SIGNAL = { drain: 'SIGTERM', leave: 'SIGUSR2', force: 'SIGQUIT' } as const

/** Tells all workers of a home to stop and waits. `left` are those still there when the time was up. */
export async function stopWorkers(
  options: StopOptions,
): Promise<{ readonly stopped: readonly string[]; readonly left: readonly string[] }> {
  const home = openHome(homePath(options.home))
  const alive = holders(home).filter((holder) => holder.kind === 'worker' && holder.life === 'alive')
  for (const { card } of alive) {
    // A draining worker takes a second SIGTERM for impatience: ask in the way that was asked for, once.
    if (card && isRunning(card)) process.kill(card.pid, SIGNAL[options.mode])
  }
  const waits = await Promise.all(
    alive.map(async (worker) => ({ name: worker.name, isGone: await goneWithin(worker, options.timeout) })),
  )
  return {
    stopped: waits.filter((wait) => wait.isGone).map((wait) => wait.name),
    left: waits.filter((wait) => !wait.isGone).map((wait) => wait.name),
  }
}

/** Resolves true at the moment a worker's process ends, false when `seconds` pass before. */
async function goneWithin(worker: Holder, seconds: number | undefined): Promise<boolean> {
  const fd = listenIfThere(join(worker.dir, 'alive'))
  if (fd === undefined) return true
  let ended: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    ended = resolve
  })
  const socket = hearEnd(fd, ended)
  const cut = new AbortController()
  try {
    const isGone = gone.then(() => true)
    if (seconds !== undefined && !(await Promise.race([isGone, sleep(seconds * 1000, cut.signal).then(() => false)])))
      return false
    await gone
    // It gives its directory up before it ends: some milliseconds more, and the process is gone as well.
    while (worker.card && isRunning(worker.card)) await sleep(2)
    return true
  } finally {
    cut.abort()
    socket.destroy()
  }
}
