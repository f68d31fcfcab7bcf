/**
 * Starting a command: a minimal `sh` between us and it, which outlives us.
 *
 * Mostly that is the resident shell of the slot (shells.ts). What no shell can be asked for in a line of text is given a
 * shim of its own: it leads a process group, writes the start mark just before the command and the exit record just
 * after it, and rings the run's FIFO. It survives the signals that end the command, so that there is a record.
 */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, statSync, writeSync } from 'node:fs'
import { bootSeconds } from '../clock.ts'
import { errno } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { exists, isExhausted } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { listen, writeEnd } from '../disk/fifo.ts'
import { failure, type ShellEnd, type Shells, type Start, words } from './shell.ts'
import { type Leader, startOf } from '../disk/process.ts'
import type { RunPaths } from './paths.ts'
import { openInput } from './output.ts'

/**
 * Caught signals are back at their default in the command, ignored ones would not be: hence `trap :`, and SIGPIPE
 * (nobody may be listening when the FIFO is rung) only once the command is over. `exec` in a sub-shell, so that an
 * argv such as `["exit","3"]` names a program and not a shell builtin. The sub-shell writes the start mark: once it is
 * there, a signal to the group ends the command, while before that the trap may swallow it. The shim's own talk
 * ("Killed") is not the job's. Exit 125 without a start mark: the mark could not be written, and the command was not
 * run.
 */
const SHIM = `trap : TERM INT HUP
exec 4>&2 2>/dev/null
read -r s </proc/$$/stat || s=$$
( echo "$s" >"$1" || exit 125; shift; exec "$@" 2>&4 4>&- )
c=$?
[ -s "$1" ] || [ $c != 125 ] || exit 125
trap '' PIPE
echo $c >>"$1"
echo >&3
exit $c`

/** The shim's exit code when it could not even begin. */
const NOT_BEGUN = 125

/** A command that cannot be started by its own fault, as a shell would report it: 127 not found, 126 not executable. */
export interface Refusal {
  readonly code: 126 | 127
  readonly why: string
}

/** A run that has been started, as far as whoever started it can tell. */
export interface Launched {
  readonly leader: Leader
  /** Resolves when the command has ended. */
  readonly ended: Promise<ShellEnd>
  /** The run is over; `isClean`: it has left nothing behind. */
  over(isClean: boolean): void
  /** Stops listening; the run goes on. */
  letGo(): void
}

/** Who runs it: a slot of a worker. */
export interface Place {
  readonly worker: string
  readonly slot: number
  readonly shells: Shells
}

/**
 * Starts run n of a job that lies at `held`. The FIFO must exist; output descriptors are closed here.
 * @returns the run, or why its command cannot be started, or nothing when the job was taken away
 * @throws when the machine is out of something ({@link isExhausted}): the run has not begun.
 */
export async function launch(
  home: Home,
  job: Job,
  held: string,
  paths: RunPaths,
  output: { out: number; err: number },
  at: Place,
): Promise<Launched | Refusal | undefined> {
  try {
    const cwd = job.cwd ?? home.root
    const refusal = whyNotCwd(cwd)
    if (refusal) return refused(output.err, refusal)
    const argv = typeof job.command === 'string' ? ['/bin/sh', '-c', job.command] : job.command
    const start = { held, paths, cwd, argv, env: { ...job.env, ...ownVariables(home, job, paths, at) } }
    const since = bootSeconds()
    const asked = job.stdin === undefined ? words(start, since) : undefined
    return asked === undefined ? await alone(start, output, job.stdin) : await inShell(asked, since, at)
  } catch (error) {
    if (errno(error) === 'E2BIG')
      return refused(output.err, {
        code: 126,
        why: 'the command line and environment are larger than the system allows',
      })
    throw error
  } finally {
    closeSync(output.out)
    closeSync(output.err)
  }
}

async function inShell(asked: string, since: number, { worker, slot, shells }: Place): Promise<Launched> {
  const shell = await shells.take(slot, `${worker} slot ${slot}`, environment)
  const ended = shell.run(asked)
  return {
    leader: { pid: shell.pid, start: shell.start, since },
    ended,
    over: (isClean) => (isClean ? shells.giveBack(slot, shell) : shell.letGo()),
    letGo: () => shell.letGo(),
  }
}

/** In a process of its own. It is looked whether the job is still ours once the FIFO is held, as a shell does. */
async function alone(
  { held, paths, cwd, argv, env }: Start,
  output: { out: number; err: number },
  input: string | undefined,
): Promise<Launched | undefined> {
  const fds: number[] = []
  try {
    const stdin = input ? openInput(paths, input) : undefined
    if (stdin !== undefined) fds.push(stdin)
    fds.push(listen(paths.fifo))
    const fifo = writeEnd(paths.fifo)
    fds.push(fifo)
    if (!exists(held)) return undefined
    const child = spawn('/bin/sh', ['-c', SHIM, 'queuectl', paths.mark, ...argv], {
      cwd,
      detached: true,
      stdio: [stdin ?? 'ignore', output.out, output.err, fifo],
      env: { ...environment(), ...env },
    })
    const { pid } = child
    if (pid === undefined) throw await failure(child)
    const ended = new Promise<ShellEnd>((resolve) => {
      child.once('exit', (code) => {
        if (code === NOT_BEGUN && !exists(paths.mark)) resolve('unbegun')
        else resolve(code ?? 'killed')
      })
    })
    const letGo = (): void => child.unref()
    return { leader: { pid, start: startOf(pid) ?? '' }, ended, over: letGo, letGo }
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

function whyNotCwd(cwd: string): Refusal | undefined {
  try {
    if (!statSync(cwd).isDirectory()) return { code: 126, why: `its working directory ${cwd} is not a directory` }
    accessSync(cwd, constants.X_OK)
    return undefined
  } catch (error) {
    if (isExhausted(error)) throw error
    return {
      code: 126,
      why: `its working directory ${cwd} ${errno(error) === 'ENOENT' ? 'does not exist' : 'cannot be entered'}`,
    }
  }
}

/** Says so where its own error output would be, as a shell does. */
function refused(err: number, refusal: Refusal): Refusal {
  writeSync(err, `queuectl: cannot start the command: ${refusal.why}\n`)
  return refusal
}

// How a worker in the background tells that it is up is not for its jobs, which may start workers themselves.
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, QUEUECTL_READY_FD: undefined })

const ownVariables = (home: Home, job: Job, paths: RunPaths, at: Place): Record<string, string> => ({
  QUEUECTL_JOB_ID: job.id,
  QUEUECTL_ATTEMPT: String(job.attempts + 1),
  QUEUECTL_RUN: String(job.runs),
  QUEUECTL_WORKER: at.worker,
  QUEUECTL_SLOT: String(at.slot),
  QUEUECTL_HOME: home.root,
  QUEUECTL_PROGRESS: paths.progress,
})
