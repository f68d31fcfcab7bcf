/**
 * Starts a command with a minimal `sh` between the worker and the command, which outlives the worker.
 *
 * Usually that is the slot's resident shell (shell.ts). A command that cannot be passed to it as a line of text gets a
 * shim, a shell of its own: it leads a process group, writes the start mark just before the command and the exit record
 * just after it, and writes to the run's FIFO. It survives the signals that end the command, so the record is written.
 */
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, statSync, writeSync } from 'node:fs'
import { bootSeconds, monotonicMs } from '../clock.ts'
import { errno } from '../errors.ts'
import { interpreterOf } from '../job/interpreter.ts'
import { visible } from '../job/sanitize.ts'
import type { Job } from '../job/job.ts'
import { exists, isExhausted, lstat } from '../disk/files.ts'
import type { Held } from '../spool/transitions.ts'
import type { StartContext } from './context.ts'
import type { OpenOutput } from './output.ts'
import { openReadEnd, openWriteEnd } from '../disk/fifo.ts'
import { type ShellEnd, shellRequest, spawnError, type StartRequest } from './shell.ts'
import { findProgram } from '../disk/program.ts'
import { type Leader, startTimeOf } from '../disk/process.ts'
import type { RunPaths } from './paths.ts'
import { looksLikeOption, ownVariables, splitInherited, splitVariables, withOddVariables } from './environment.ts'
import { withNiceness } from './niceness.ts'
import { markSuffix } from './start-mark.ts'
import { openInput, writeScript } from './output.ts'

/**
 * `trap :` and not `trap ''`: exec resets caught signals to their default, ignored ones stay ignored in the command.
 * SIGPIPE is ignored only after the command, for a FIFO without a reader. `exec` in a sub-shell, so that an argv such as
 * `["exit","3"]` names a program and not a shell builtin. The sub-shell writes the start mark last: once it is there, a
 * signal to the group ends the command; before that the trap may swallow it. The shim's own messages ("Killed") do not
 * go to the job's output. Exit 125 without a start mark: the mark could not be written and the command was not run.
 */
const SHIM = `trap : TERM INT HUP
exec 4>&2 2>/dev/null
read -r queuectl_shell </proc/$$/stat || queuectl_shell=$$
queuectl_code=125
{
( echo "$queuectl_shell $2" >&5 || exit 125; shift 2; exec "$@" 2>&4 4>&- 5>&- )
queuectl_code=$?
[ -s /dev/fd/5 ] || [ -s "$1" ] || [ $queuectl_code != 125 ] || exit 125
trap '' PIPE
echo $queuectl_code >&5
echo >&3
} 5>>"$1"
exit $queuectl_code`

/** The shim's exit code when it could not begin. */
const NOT_BEGUN = 125

/** Why a command cannot be started, by its own fault; the code is the one a shell would report. */
export interface LaunchError {
  readonly code: 126 | 127
  readonly why: string
}

/** A run whose shell was asked to start it. */
export interface Launched {
  readonly leader: Leader
  /** Resolves when the command has ended. */
  readonly ended: Promise<ShellEnd>
  /** Gives the shell back once the run is over; `isClean`: it has left no process behind. */
  release(isClean: boolean): void
  /** Stops watching the shell; the run goes on. */
  detach(): void
}

/** A run to start. */
export interface RunToStart {
  readonly job: Job
  /** Where we hold the job: the shell starts nothing once the file is gone from there. */
  readonly held: Held
  readonly paths: RunPaths
  readonly slot: number
  /** The inode of its FIFO. */
  readonly fifo: number
}

/**
 * Starts a run. Its FIFO must exist; the output descriptors are closed here.
 * @returns the run, or why its command cannot be started; undefined when the job's file is gone
 * @throws when a resource is exhausted ({@link isExhausted}): the run has not begun.
 */
export async function launch(
  ctx: StartContext,
  run: RunToStart,
  output: OpenOutput,
): Promise<Launched | LaunchError | undefined> {
  const { job, paths } = run
  try {
    const cwd = job.cwd ?? ctx.home.root
    const cwdError = whyNotCwd(cwd)
    if (cwdError) return reportLaunchError(output.err, cwdError)
    const variables = splitVariables({ ...job.env, ...ownVariables(ctx, run) })
    const argv = argvFor(job, { cwd, script: paths.script }, { ...inherited().odd, ...variables.odd })
    if ('why' in argv) return reportLaunchError(output.err, argv)
    if (typeof job.command === 'string' && argv.includes(paths.script)) writeScript(paths, job.command)
    const start = { held: run.held.path, paths, cwd, argv, env: variables.plain }
    const since = bootSeconds()
    const request = job.stdin === undefined ? shellRequest(start, markSuffix(run.fifo, since)) : undefined
    return request === undefined
      ? await launchShim(start, { output, input: job.stdin, suffix: markSuffix(run.fifo) })
      : await launchInShell(ctx, run.slot, { request, since })
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
  { request, since }: { readonly request: string; readonly since: number },
): Promise<Launched> {
  const shell = await shells.take(slot, `${holder.name} slot ${slot}`, inherited().plain)
  // If we die after this: the shell starts the command if the job still lies where we held it, and the run is adopted.
  const ended = shell.run(request)
  return {
    leader: { pid: shell.pid, start: shell.start, since },
    ended,
    release: (isClean) => (isClean ? shells.giveBack(slot, shell) : shell.detach()),
    detach: () => shell.detach(),
  }
}

/** Starts the command in a process of its own. Like the shell, it checks for the job's file once the FIFO is held. */
async function launchShim(
  { held, paths, cwd, argv, env }: StartRequest,
  {
    output,
    input,
    suffix,
  }: { readonly output: OpenOutput; readonly input: string | undefined; readonly suffix: string },
): Promise<Launched | undefined> {
  const fds: number[] = []
  try {
    const stdin = input ? openInput(paths, input) : undefined
    if (stdin !== undefined) fds.push(stdin)
    fds.push(openReadEnd(paths.fifo))
    const fifo = openWriteEnd(paths.fifo)
    fds.push(fifo)
    if (!exists(held)) return undefined
    const child = spawn('/bin/sh', ['-c', SHIM, 'queuectl', paths.mark, suffix, ...argv], {
      cwd,
      detached: true,
      stdio: [stdin ?? 'ignore', output.out, output.err, fifo],
      env: { ...inherited().plain, ...env },
    })
    const { pid } = child
    if (pid === undefined) throw await spawnError(child)
    const ended = new Promise<ShellEnd>((resolve) => {
      child.once('exit', (code) => {
        if (code === NOT_BEGUN && !lstat(paths.mark)?.size) resolve('unbegun')
        else resolve(code ?? 'killed')
      })
    })
    const detach = (): void => child.unref()
    return { leader: { pid, start: startTimeOf(pid) ?? '' }, ended, release: detach, detach }
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

/** How long a directory that could be entered is not looked at again (ms). A shell that cannot enter it says so. */
const ENTERED_MS = 250

const entered = new Map<string, number>()

/** Can a command be started here, as far as was seen a moment ago? */
export function canEnter(cwd: string): boolean {
  const now = monotonicMs()
  if (now - (entered.get(cwd) ?? Number.NEGATIVE_INFINITY) < ENTERED_MS) return true
  if (whyNotCwd(cwd)) return false
  if (entered.size >= 100) entered.clear()
  entered.set(cwd, now)
  return true
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

/** Writes the reason to the job's stderr, as a shell does. */
function reportLaunchError(err: number, error: LaunchError): LaunchError {
  writeSync(err, `queuectl: cannot start the command: ${visible(error.why)}\n`)
  return error
}

let known: ReturnType<typeof splitInherited> | undefined

/** The variables of this worker, but for the one that is its own; a job may start workers itself. */
export const inherited = (): ReturnType<typeof splitInherited> =>
  (known ??= splitInherited({ ...process.env, QUEUECTL_READY_FD: undefined }))

/** What the shell executes for a job, or why it cannot. */
function argvFor(
  job: Job,
  where: { readonly cwd: string; readonly script: string },
  odd: Readonly<Record<string, string>>,
): readonly string[] | LaunchError {
  const argv = argvOf(job, where, odd)
  return 'why' in argv ? argv : withNiceness(argv, job, inherited().plain.PATH)
}

function argvOf(
  { command, env }: Job,
  { cwd, script }: { readonly cwd: string; readonly script: string },
  odd: Readonly<Record<string, string>>,
): readonly string[] | LaunchError {
  if (typeof command === 'string') {
    const interpreter = interpreterOf(command)
    return withOddVariables(interpreter ? [...interpreter, script] : ['/bin/sh', '-c', command], odd)
  }
  const [name = '', ...args] = command
  const program = looksLikeOption(name) ? findProgram(name, env?.PATH ?? inherited().plain.PATH, cwd) : name
  if (program === undefined) return { code: 127, why: `there is no program called ${JSON.stringify(name)}` }
  const [variable] = Object.keys(odd)
  if (variable !== undefined && program.includes('='))
    return {
      code: 126,
      why: `a program with an equals sign in its name cannot get the variable ${JSON.stringify(variable)}, whose name is no shell word`,
    }
  return withOddVariables([program, ...args], odd)
}
