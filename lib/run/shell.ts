/**
 * Resident shells: one for each slot, which starts one command after another. Node forks its whole process for every
 * command, which is slower the larger it has grown; a shell is small and forks fast.
 *
 * A shell leads a process group. For each run it holds the run's FIFO, writes the start mark just before the command
 * and the exit record just after it. It survives the signals that end the command, and the death of its worker until
 * the run is over. A shell whose run has left a process behind starts no other run.
 */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { closeSync, openSync, realpathSync } from 'node:fs'
import type { Socket } from 'node:net'
import { basename } from 'node:path'
import { startTimeOf } from '../disk/process.ts'
import { alwaysQuoted } from '../job/shell-quote.ts'
import type { RunPaths } from './paths.ts'

/**
 * `queuectl_run` job fifo mark out err suffix cwd name=value... '' argv...
 *
 * Opens the FIFO first and then checks that the job is still where we held it. Recovery first renames a dead worker's
 * directory and then reads the FIFO: so either it sees that the run is alive, or the run does not begin. `<>` opens a
 * FIFO without waiting for a reader. `trap :` and not `trap ''`: exec resets caught signals to their default, ignored
 * ones stay ignored in the command. `exec` in a sub-shell, so that an argv such as `["exit","3"]` names a program and
 * not a shell builtin. The sub-shell writes the start mark last: once it is there, a signal to the group ends the
 * command; before that the trap may swallow it. The mark is written through one descriptor, because the command may
 * replace or remove the file of that name. A function, so that line numbers in the shell's messages about a command
 * do not depend on the commands before it.
 *
 * `queuectl_plain`, with the same arguments, is for dash, which copies itself for a sub-shell and borrows its memory to the
 * child (vfork) for a plain command: that is a fifth of what a run costs. So nothing of a run may stay in the shell: only
 * variables that each run sets are exported; the shell goes back to `/`, so that each run has the same OLDPWD and none keeps a
 * directory busy. What it says of a command that a signal has ended gets into the command's stderr, where
 * `signal-word.ts` takes it out. A TERM after the start mark may still be swallowed by the trap, before there is a child.
 *
 * If we die: before the start mark, the run never began; before the exit record, it is an interruption once no process
 * holds the FIFO; after it, recovery settles the run with its exit code.
 */
const IF_OURS = `queuectl_code=gone
[ -p "$2" ] && {
[ -e "$1" ] && {
queuectl_code=unbegun`
const HELD = `}
} 3<>"$2"`
/** Reads on from the arguments: exports the variables, and leaves the argv. */
const EXPORT = `shift 7
while [ -n "$1" ]; do export "$1"; shift; done; shift`

/** What a resident shell is told first. */
export const SHELL = `trap : TERM INT HUP
read -r queuectl_shell </proc/$$/stat || queuectl_shell=$$
queuectl_run() {
${IF_OURS}
{
( queuectl_suffix=$6; cd "$7" || exit; ${EXPORT}
echo "$queuectl_shell $queuectl_suffix" >&4 || exit
exec "$@" 4>&- ) </dev/null >>"$4" 2>>"$5"
queuectl_code=$?
if [ -s /dev/fd/4 ] || [ -s "$3" ]; then echo $queuectl_code >&4; echo >&3; else queuectl_code=unbegun; fi
} 4>>"$3"
${HELD}
echo $queuectl_code
}
queuectl_plain() {
${IF_OURS}
cd "$7" && {
echo "$queuectl_shell $6" >&4 && {
${EXPORT}
"$@" 4>&-
queuectl_code=$?
echo $queuectl_code >&4; echo >&3
}
} </dev/null >>"$4" 2>>"$5" 4>>"$3"
${HELD}
cd /
echo $queuectl_code
}
`

let isShellDash: boolean | undefined

/** Is `/bin/sh` the shell that starts a plain command by vfork? Others gain nothing from it. */
export function isDash(): boolean {
  try {
    isShellDash ??= basename(realpathSync('/bin/sh')) === 'dash'
  } catch {
    // Whatever it is, it starts commands the other way too.
    isShellDash = false
  }
  return isShellDash
}

/** Makes a shell that reads commands from, and answers on, the same descriptor. */
const OPEN = 'exec /bin/sh -s "$@" <&3 >&3 3>&-'

/** What a shell reports: the command's exit code, that it did not begin, or that the job's file was gone. */
type Report = number | 'unbegun' | 'gone'

/** `killed`: the shell ended without a report. */
export type ShellEnd = Report | 'killed'

/** Longer requests get a process of their own, where the kernel decides what is too long. */
const MAX_REQUEST_LENGTH = 32_768

/** A command to start. */
export interface StartRequest {
  /** The path at which we hold the job. */
  readonly held: string
  readonly paths: RunPaths
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
}

/**
 * The request as a line of shell; undefined when it must be started in a process of its own.
 * @param isPlain it may be started without a sub-shell: the program is named by its path, and of the variables all are those
 *   that every run has
 */
export function shellRequest(start: StartRequest, markSuffix: string, isPlain = false): string | undefined {
  const { held, paths, cwd, env, argv } = start
  const { fifo, mark, out, err } = paths
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const all = [held, fifo, mark, out, err, markSuffix, cwd, ...variables, '', ...argv]
  const text = `queuectl_${isPlain ? 'plain' : 'run'} ${all.map(alwaysQuoted).join(' ')}\n`
  return text.length > MAX_REQUEST_LENGTH ? undefined : text
}

/** A resident shell, which runs one command at a time. */
export class Shell {
  readonly pid: number
  /** Its process's start time in the kernel's count. */
  readonly start: string
  readonly #child: ChildProcess
  /** Carries requests to the shell and its reports back. */
  readonly #socket: Socket
  #onEnd: ((end: ShellEnd) => void) | undefined
  #isOver = false

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
    this.start = startTimeOf(pid) ?? ''
    this.#socket = child.stdio[3] as Socket
    // A write to a shell that has ended fails; its `close` event answers the request.
    this.#socket.on('error', () => {})
    this.#socket.write(SHELL)
    // A shell writes one word for each run, in one small write, so a read brings one whole word.
    this.#socket.setEncoding('latin1').on('data', (word: string) => this.#answer(parseReport(word.trim())))
    child.once('close', () => {
      this.#isOver = true
      this.#answer('killed')
    })
  }

  /** @throws when a resource is exhausted */
  static async open(name: string, env: NodeJS.ProcessEnv): Promise<Shell> {
    checkDescriptors()
    const stdio: StdioOptions = ['ignore', 'ignore', 'ignore', 'pipe']
    const child = spawn('/bin/sh', ['-c', OPEN, 'queuectl', name], { cwd: '/', detached: true, stdio, env })
    if (child.pid !== undefined) return new Shell(child, child.pid)
    const error = await spawnError(child)
    child.stdio?.[3]?.destroy()
    throw error
  }

  get isFree(): boolean {
    return !this.#isOver && this.#onEnd === undefined
  }

  /** Starts a command; resolves when it has ended. */
  run(text: string): Promise<ShellEnd> {
    return new Promise((resolve) => this.ask(text, resolve))
  }

  /** Starts a command; `onEnd` is called when it has ended, and never before this returns. */
  ask(text: string, onEnd: (end: ShellEnd) => void): void {
    this.#onEnd = onEnd
    if (this.#isOver) setImmediate(() => this.#answer('killed'))
    else this.#socket.write(text)
  }

  /** Stops listening. The shell ends once its run is over: its input is closed. */
  detach(): void {
    this.#socket.destroy()
    this.#child.unref()
  }

  #answer(end: ShellEnd): void {
    const onEnd = this.#onEnd
    this.#onEnd = undefined
    onEnd?.(end)
  }
}

/** Throws when too few descriptors are left for a spawn: one that fails halfway leaks those it has opened (Node 20.20). */
function checkDescriptors(): void {
  const opened: number[] = []
  try {
    for (let n = 0; n < 6; n++) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

/** Why a spawn gave no pid: an `error` event always follows. */
export const spawnError = (child: ChildProcess): Promise<Error> =>
  new Promise((resolve) => child.once('error', resolve))

const parseReport = (line: string): Report => (line === 'gone' || line === 'unbegun' ? line : Number(line))

/** The shells of a worker, by slot; one is opened when its slot is first used. */
export class ShellPool {
  readonly #idle = new Map<number, Shell>()

  /** A shell for this slot's next run, the caller's until it is given back; `name` is what process listings show. */
  async take(slot: number, name: string, env: NodeJS.ProcessEnv): Promise<Shell> {
    return this.takeIdle(slot) ?? Shell.open(name, env)
  }

  /** The shell that serves this slot, if it has one that is free. */
  takeIdle(slot: number): Shell | undefined {
    const idle = this.#idle.get(slot)
    this.#idle.delete(slot)
    if (idle?.isFree) return idle
    idle?.detach()
    return undefined
  }

  /** Takes back a shell whose run has left no process behind. */
  giveBack(slot: number, shell: Shell): void {
    this.#idle.get(slot)?.detach()
    this.#idle.set(slot, shell)
  }

  /** Ends the idle shells: each costs a process and a descriptor. */
  close(): void {
    for (const shell of this.#idle.values()) shell.detach()
    this.#idle.clear()
  }
}
