/** Starts a worker in this process or in the background. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomHex } from '../clock.ts'
import { defaultDirectory, homePath, takeNotifySocket } from '../config/env.ts'
import { readConfig } from '../config/file.ts'
import { exists, remove } from '../disk/files.ts'
import { outlivesTerminal } from '../disk/hangup.ts'
import { readTail } from '../disk/read.ts'
import { type Takes, takesOf } from '../job/takes.ts'
import { QueueError } from '../errors.ts'
import { openHome } from '../spool/layout.ts'
import { Worker, type WorkerOptions } from './worker.ts'

export interface StartOptions extends Pick<WorkerOptions, 'slots' | 'burst' | 'limits'>, Takes {
  readonly home: string
}

export interface StartedWorker {
  readonly name: string
  readonly pid: number
  readonly slots: number
  readonly log: string
}

/** The descriptor on which a worker in the background reports that it is up. */
const READY_FD = 3

/**
 * Starts a worker in the background; resolves once it is registered.
 * @param program the file that runs `worker start`
 * @throws QueueError FAILED with the end of its output when it does not come up.
 */
export async function startInBackground(options: StartOptions, program: string): Promise<StartedWorker> {
  const home = openHome(homePath(options.home))
  // Checked before a process is spawned: a broken config.json is the most common reason for a failed start.
  readConfig(home)
  const outputPath = join(tmpdir(), `queuectl-start-${randomHex(12)}.log`)
  const output = openSync(outputPath, 'wx', 0o600)
  const args = ['worker', 'start', '--foreground', '--home', home.root, '--count', String(options.slots)]
  if (options.burst) args.push('--burst')
  if (options.only !== undefined) args.push('--only', options.only)
  for (const [name, value] of Object.entries(options.limits ?? {}))
    args.push(`--${name.replaceAll('_', '-')}`, String(value))
  if (options.queues) args.push('--queue', options.queues.join(','))
  if (options.not_queues) args.push('--not-queue', options.not_queues.join(','))
  try {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: exists(defaultDirectory()) ? defaultDirectory() : '/',
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
      env: { ...process.env, QUEUECTL_READY_FD: String(READY_FD) },
    })
    child.unref()
    const ready = await firstLine(child.stdio[READY_FD] as Socket)
    if (ready !== undefined) return JSON.parse(ready) as StartedWorker
    const last = readTail(outputPath, 4000).trim()
    throw new QueueError(
      'FAILED',
      `cannot start a worker: ${last.replace(/^queuectl: (cannot start a worker: )?/, '') || 'it exited without a message'}`,
    )
  } finally {
    closeSync(output)
    // If we die before this: a small file in the system's temporary directory.
    remove(outputPath)
  }
}

/** The first line from a pipe; undefined when it is closed before. */
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
 * Runs a worker in this process until it is stopped by a signal or, with `burst`, until no work is left.
 * SIGTERM, SIGINT, SIGHUP (not under nohup): finish the runs; a second one, or SIGQUIT: end them and give the jobs back; SIGUSR2: leave
 * them running. `log` gets one line at a time.
 */
export async function runInForeground(
  options: StartOptions,
  log: (line: string) => void,
  readyFd?: number,
): Promise<void> {
  const home = openHome(homePath(options.home))
  readConfig(home)
  const ignore = (): void => {}
  let requests = 0
  const stop = (): void => {
    requests++
    if (requests === 1) worker.drain()
    else worker.force()
  }
  // Before the worker registers: from then on `worker stop` may send signals.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
  process.on('SIGHUP', outlivesTerminal() ? ignore : stop)
  // A write beyond `ulimit -f` fails with EFBIG. A dependency would end us when it gets the signal alone.
  process.on('SIGXFSZ', ignore)
  process.on('SIGQUIT', () => worker.force())
  process.on('SIGUSR2', () => worker.leave())
  const notifySocket = takeNotifySocket()
  const worker = new Worker(home.root, {
    slots: options.slots,
    burst: options.burst,
    takes: takesOf(options),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    log,
    ready: (holder) => {
      if (notifySocket !== undefined) tellSystemd(notifySocket, holder.name, log)
      if (readyFd === undefined) return
      const started: StartedWorker = { name: holder.name, pid: process.pid, slots: options.slots, log: holder.card.log }
      writeSync(readyFd, `${JSON.stringify(started)}\n`)
      closeSync(readyFd)
    },
  })
  await worker.run()
}

/** Says that the worker is up. Node has no datagram sockets of this kind, so a program of systemd's does it. */
function tellSystemd(socket: string, name: string, log: (line: string) => void): void {
  const told = spawn('systemd-notify', ['--ready', `--status=${name} is up`], {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: 'ignore',
  })
  told.on('error', (error) => log(`cannot tell systemd that ${name} is up: ${error.message}`))
}
