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
import type { Held } from '../spool/transitions.ts'
import type { StartContext } from './context.ts'
import type { OpenOutput } from './output.ts'
import { openReadEnd, openWriteEnd } from '../disk/fifo.ts'
import { spawnError, type ShellEnd, type StartRequest, shellRequest } from './shell.ts'
import { type Leader, startTimeOf } from '../disk/process.ts'
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
export interface LaunchError {
  readonly code: 126 | 127
  readonly why: string
}

/** A run that has been started, as far as whoever started it can tell. */
export interface Launched {
  readonly leader: Leader
  /** Resolves when the command has ended. */
  readonly ended: Promise<ShellEnd>
  /** The run is over; `isClean`: it has left nothing behind. */
  release(isClean: boolean): void
  /** Stops listening; the run goes on. */
  detach(): void
}

/** A run that is to be started. */
export interface RunToStart {
  readonly job: Job
  /** Where we hold the job: the shell starts nothing once it is gone from there. */
  readonly held: Held
  readonly paths: RunPaths
  readonly slot: number
}

/**
 * Starts run n of a job that lies at `held`. The FIFO must exist; output descriptors are closed here.
 * @returns the run, or why its command cannot be started, or nothing when the job was taken away
 * @throws when the machine is out of something ({@link isExhausted}): the run has not begun.
 */
export async function launch(
  ctx: StartContext,
  run: RunToStart,
  output: OpenOutput,
): Promise<Launched | LaunchError | undefined> {
  const { job, paths } = run
  try {
    const cwd = job.cwd ?? ctx.home.root
    const refusal = whyNotCwd(cwd)
    if (refusal) return reportLaunchError(output.err, refusal)
    const argv = typeof job.command === 'string' ? ['/bin/sh', '-c', job.command] : job.command
    const start = { held: run.held.path, paths, cwd, argv, env: { ...job.env, ...ownVariables(ctx, run) } }
    const since = bootSeconds()
    const asked = job.stdin === undefined ? shellRequest(start, since) : undefined
    return asked === undefined
      ? await launchShim(start, output, job.stdin)
      : await launchInShell(ctx, run.slot, { text: asked, since })
  } catch (error) {
    if (errno(error) === 'E2BIG')
      return reportLaunchError(output.err, {
        code: 126,
        why: 'the command line and environment are larger than the system allows',
      })
    throw error
  } finally {
    closeSync(output.out)
    closeSync(output.err)
  }
}

async function launchInShell(
  { holder, shells }: StartContext,
  slot: number,
  { text, since }: { readonly text: string; readonly since: number },
): Promise<Launched> {
  const shell = await shells.take(slot, `${holder.name} slot ${slot}`, workerEnvironment)
  const ended = shell.run(text)
  return {
    leader: { pid: shell.pid, start: shell.start, since },
    ended,
    release: (isClean) => (isClean ? shells.giveBack(slot, shell) : shell.detach()),
    detach: () => shell.detach(),
  }
}

/** In a process of its own. It is looked whether the job is still ours once the FIFO is held, as a shell does. */
async function launchShim(
  { held, paths, cwd, argv, env }: StartRequest,
  output: OpenOutput,
  input: string | undefined,
): Promise<Launched | undefined> {
  const fds: number[] = []
  try {
    const stdin = input ? openInput(paths, input) : undefined
    if (stdin !== undefined) fds.push(stdin)
    fds.push(openReadEnd(paths.fifo))
    const fifo = openWriteEnd(paths.fifo)
    fds.push(fifo)
    if (!exists(held)) return undefined
    const child = spawn('/bin/sh', ['-c', SHIM, 'queuectl', paths.mark, ...argv], {
      cwd,
      detached: true,
      stdio: [stdin ?? 'ignore', output.out, output.err, fifo],
      env: { ...workerEnvironment(), ...env },
    })
    const { pid } = child
    if (pid === undefined) throw await spawnError(child)
    const ended = new Promise<ShellEnd>((resolve) => {
      child.once('exit', (code) => {
        if (code === NOT_BEGUN && !exists(paths.mark)) resolve('unbegun')
        else resolve(code ?? 'killed')
      })
    })
    const detach = (): void => child.unref()
    return { leader: { pid, start: startTimeOf(pid) ?? '' }, ended, release: detach, detach }
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

function whyNotCwd(cwd: string): LaunchError | undefined {
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
function reportLaunchError(err: number, refusal: LaunchError): LaunchError {
  writeSync(err, `queuectl: cannot start the command: ${refusal.why}\n`)
  return refusal
}

// How a worker in the background tells that it is up is not for its jobs, which may start workers themselves.
const workerEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, QUEUECTL_READY_FD: undefined })

const ownVariables = ({ home, holder }: StartContext, { job, paths, slot }: RunToStart): Record<string, string> => ({
  QUEUECTL_JOB_ID: job.id,
  QUEUECTL_ATTEMPT: String(job.attempts + 1),
  QUEUECTL_RUN: String(job.runs),
  QUEUECTL_WORKER: holder.name,
  QUEUECTL_SLOT: String(slot),
  QUEUECTL_HOME: home.root,
  QUEUECTL_PROGRESS: paths.progress,
})
