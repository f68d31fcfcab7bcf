/**
 * Starting a command: a minimal `sh` between us and it, which outlives us.
 *
 * The shim leads a process group of its own, writes the start mark just before the command and the exit record just
 * after it, and rings the run's FIFO. It survives the signals that end the command, so that there is a record.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, closeSync, constants, statSync, writeSync } from 'node:fs'
import { errno } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { isExhausted } from '../spool/files.ts'
import type { Home } from '../spool/home.ts'
import { listen, writeEnd } from '../spool/liveness.ts'
import { openInput, type RunPaths } from '../spool/runs.ts'

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
( echo "$s" >"$1" || exit 125; shift 2; exec "$@" 2>&4 4>&- )
c=$?
[ -s "$1" ] || [ $c != 125 ] || exit 125
trap '' PIPE
echo $c >"$2"
echo >&3
exit $c`

/** The shim's exit code when it could not even begin. */
export const NOT_BEGUN = 125

/** A command that cannot be started by its own fault, as a shell would report it: 127 not found, 126 not executable. */
export interface Refusal {
  readonly code: 126 | 127
  readonly why: string
}

export interface Launched {
  readonly child: ChildProcess
  /** The read end of the run's FIFO. */
  readonly fifo: number
}

/** Who runs it, as the job's environment tells. */
export interface Place {
  readonly worker: string
  readonly slot: number
}

/**
 * Starts run n of a job. The FIFO must exist; output descriptors are closed here.
 * @param isStillOurs asked once the FIFO is held: whoever takes the job away from then on sees that it runs
 * @returns the child, or why its command cannot be started, or nothing when the job was taken away
 * @throws when the machine is out of something ({@link isExhausted}): the run has not begun.
 */
export async function launch(
  home: Home,
  job: Job,
  paths: RunPaths,
  output: { out: number; err: number },
  at: Place,
  isStillOurs: () => boolean,
): Promise<Launched | Refusal | undefined> {
  const fds = [output.out, output.err]
  let fifo: number | undefined
  try {
    const cwd = job.cwd ?? home.root
    const refusal = whyNotCwd(cwd)
    if (refusal) return refused(output.err, refusal)
    const stdin = job.stdin ? openInput(paths, job.stdin) : undefined
    if (stdin !== undefined) fds.push(stdin)
    fifo = listen(paths.fifo)
    const held = writeEnd(paths.fifo)
    fds.push(held)
    if (!isStillOurs()) {
      closeSync(fifo)
      return undefined
    }
    const argv = typeof job.command === 'string' ? ['/bin/sh', '-c', job.command] : job.command
    const child = spawn('/bin/sh', ['-c', SHIM, 'queuectl', paths.start, paths.exit, ...argv], {
      cwd,
      detached: true,
      stdio: [stdin ?? 'ignore', output.out, output.err, held],
      env: environment(home, job, paths, at),
    })
    if (child.pid === undefined) throw await failure(child)
    return { child, fifo }
  } catch (error) {
    if (fifo !== undefined) closeSync(fifo)
    if (errno(error) === 'E2BIG')
      return refused(output.err, {
        code: 126,
        why: 'the command line and environment are larger than the system allows',
      })
    throw error
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

/** An `error` event always follows a spawn without a pid; it says why. */
const failure = (child: ChildProcess): Promise<Error> => new Promise((resolve) => child.once('error', resolve))

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

const environment = (home: Home, job: Job, paths: RunPaths, at: Place): NodeJS.ProcessEnv => ({
  ...process.env,
  ...job.env,
  // How a worker in the background tells that it is up; its jobs may start workers themselves.
  QUEUECTL_READY_FD: undefined,
  QUEUECTL_JOB_ID: job.id,
  QUEUECTL_ATTEMPT: String(job.attempts + 1),
  QUEUECTL_RUN: String(job.runs),
  QUEUECTL_WORKER: at.worker,
  QUEUECTL_SLOT: String(at.slot),
  QUEUECTL_HOME: home.root,
  QUEUECTL_PROGRESS: paths.progress,
})
