/** Starts a worker in this process or in the background. */
import { readTail } from '../disk/read.ts'
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { exists, remove } from '../disk/files.ts'
import { openHome } from '../spool/layout.ts'
import { Worker } from './worker.ts'
import { readConfig } from '../config/file.ts'
import { homePath } from '../config/env.ts'

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
 * running. `log` gets one line for people at a time.
 */
export async function runInForeground(
  options: StartOptions,
  log: (line: string) => void,
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
    log,
    ready: (holder) => {
      if (readyFd === undefined) return
      const started: StartedWorker = { name: holder.name, pid: process.pid, slots: options.slots, log: holder.card.log }
      writeSync(readyFd, `${JSON.stringify(started)}\n`)
      closeSync(readyFd)
    },
  })
  await worker.run()
}
