/**
 * Resident shells: one for each slot, which starts one command after another. Node forks all of itself for every
 * process it starts, the longer the larger it is; a shell forks next to nothing.
 *
 * A shell leads a process group of its own, and is the shim of each run it starts: it holds the run's FIFO, writes the
 * start mark just before the command and the exit record just after it, survives the signals that end the command, and
 * goes on without us when we die, until its run is over. A shell whose run has left anything behind starts no other.
 */
import { alwaysQuoted } from '../job/shell-quote.ts'
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { startTimeOf } from '../disk/process.ts'
import type { RunPaths } from './paths.ts'

/**
 * `queuectl_run` job fifo mark out err since cwd name=value... '' argv...
 *
 * The FIFO is opened before it asks whether the job is still where we held it: whoever takes a dead worker's directory
 * looks at the FIFO afterwards, so either it sees that the run lives, or the run does not begin. `<>` waits for nobody.
 * Caught signals are back at their default in the command, ignored ones would not be: hence `trap :`. `exec` in a
 * sub-shell, so that an argv such as `["exit","3"]` names a program and not a shell builtin. The start mark is the
 * sub-shell's last step: once it is there, a signal to the group ends the command, while before that the trap may
 * swallow it. A function, so that the line numbers in what the shell says of a command do not depend on those before it.
 */
const SHELL = `trap : TERM INT HUP
read -r queuectl_shell </proc/$$/stat || queuectl_shell=$$
queuectl_run() {
queuectl_code=gone
[ -p "$2" ] && {
[ -e "$1" ] && {
( queuectl_mark=$3 queuectl_since=$6; cd "$7" || exit; shift 7
while [ -n "$1" ]; do export "$1"; shift; done; shift
echo "$queuectl_shell since=$queuectl_since" >"$queuectl_mark" || exit
exec "$@" ) </dev/null >>"$4" 2>>"$5"
queuectl_code=$?
if [ -s "$3" ]; then echo $queuectl_code >>"$3"; echo >&3; else queuectl_code=unbegun; fi
}
} 3<>"$2"
echo $queuectl_code
}
`

/** A shell that reads what it is to do from the descriptor on which it answers. */
const OPEN = 'exec /bin/sh -s "$@" <&3 >&3 3>&-'

/** How a run ended as its shell tells: with the command's exit code, or not begun, or its job had been taken away. */
type Report = number | 'unbegun' | 'gone'

/** `killed`: whoever should tell how it ended is gone. */
export type ShellEnd = Report | 'killed'

/** Longer texts are better off in a process of their own, with the system's word on what is too long. */
const MAX_REQUEST_LENGTH = 32_768

/** Not a variable to a shell, or one that it has its own ideas about. */
const ODD_NAME =
  /^(?![A-Za-z_]\w*$)|^(?:queuectl_.*|BASH.*|SHELLOPTS|E?UID|PPID|IFS|PS4|ENV|CDPATH|(?:OLD)?PWD|OPTIND|LINENO)$/

/** What a shell is asked to start. */
export interface StartRequest {
  /** Where we hold the job. */
  readonly held: string
  readonly paths: RunPaths
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly argv: readonly string[]
}

/** The words for a shell, or undefined when it is not one for a shell. */
export function shellRequest(start: StartRequest, since: number): string | undefined {
  const { held, paths, cwd, env, argv } = start
  if (Object.keys(env).some((name) => ODD_NAME.test(name))) return undefined
  const { fifo, mark, out, err } = paths
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const all = [held, fifo, mark, out, err, String(since), cwd, ...variables, '', ...argv]
  const text = `queuectl_run ${all.map(alwaysQuoted).join(' ')}\n`
  return text.length > MAX_REQUEST_LENGTH ? undefined : text
}

/** A shell and what it has to tell. */
export class Shell {
  readonly pid: number
  /** When its process started, in the kernel's count. */
  readonly start: string
  readonly #child: ChildProcess
  /** What it is told and what it tells: one descriptor for both. */
  readonly #socket: Socket
  #resolve: ((end: ShellEnd) => void) | undefined
  #isOver = false

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child
    this.pid = pid
    this.start = startTimeOf(pid) ?? ''
    this.#socket = child.stdio[3] as Socket
    // What is asked of a shell that has ended is answered by its end.
    this.#socket.on('error', () => {})
    this.#socket.write(SHELL)
    // One word is told for each run, in one small write: it comes whole and alone.
    this.#socket.setEncoding('latin1').on('data', (word: string) => this.#answer(parseReport(word.trim())))
    child.once('close', () => {
      this.#isOver = true
      this.#answer('killed')
    })
  }

  /** @throws when the machine is out of something */
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
    return !this.#isOver && this.#resolve === undefined
  }

  /** Starts a command; resolves when it has ended. */
  run(text: string): Promise<ShellEnd> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      if (this.#isOver) this.#answer('killed')
      else this.#socket.write(text)
    })
  }

  /** Lets it end once its run is over, and no longer listens. */
  detach(): void {
    this.#socket.destroy()
    this.#child.unref()
  }

  #answer(end: ShellEnd): void {
    const tell = this.#resolve
    this.#resolve = undefined
    tell?.(end)
  }
}

/** Throws when there are too few for a spawn: Node would keep those it had opened by then (20.20). */
function checkDescriptors(): void {
  const opened: number[] = []
  try {
    for (let n = 0; n < 6; n++) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

/** An `error` event always follows a spawn without a pid; it says why. */
export const spawnError = (child: ChildProcess): Promise<Error> =>
  new Promise((resolve) => child.once('error', resolve))

const parseReport = (line: string): Report => (line === 'gone' || line === 'unbegun' ? line : Number(line))

/** The shells of a worker, by slot; one is opened when its slot is first used. */
export class ShellPool {
  readonly #idle = new Map<number, Shell>()

  /** A shell for this slot's next run, which is the caller's until it is given back; `name` is for who lists processes. */
  async take(slot: number, name: string, env: () => NodeJS.ProcessEnv): Promise<Shell> {
    const idle = this.#idle.get(slot)
    this.#idle.delete(slot)
    if (idle?.isFree) return idle
    idle?.detach()
    return Shell.open(name, env())
  }

  /** Only a shell whose run has left nothing behind. */
  giveBack(slot: number, shell: Shell): void {
    this.#idle.get(slot)?.detach()
    this.#idle.set(slot, shell)
  }

  /** Lets the idle ones go: each keeps a process and a descriptor. */
  close(): void {
    for (const shell of this.#idle.values()) shell.detach()
    this.#idle.clear()
  }
}
