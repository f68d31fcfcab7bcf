/** Runs a hook that is a shell command, with the job as JSON on its standard input. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Home } from '../spool/layout.ts'
import type { HookCall } from './hooks.ts'

/** The time (ms) from TERM to KILL for a command that took too long. */
export const HOOK_GRACE_MS = 1000

/** How much of the end of its stderr is kept (characters). */
const MAX_STDERR = 4096

/** @returns why the command failed; undefined when it succeeded */
export async function runHookCommand(
  { target, hook, job, body, seconds }: HookCall,
  home: Home,
): Promise<string | undefined> {
  const child: ChildProcess = spawn('/bin/sh', ['-c', target], {
    cwd: home.root,
    env: { ...process.env, QUEUECTL_HOME: home.root, QUEUECTL_EVENT: hook, QUEUECTL_JOB_ID: job },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-MAX_STDERR)))
  // EPIPE: the command has not read all of its input. That is not a failure.
  child.stdin?.on('error', () => {})
  child.stdin?.end(`${body}\n`)
  let isLate = false
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // It has ended already.
    }
  }
  const termTimer = setTimeout(() => {
    isLate = true
    signal('SIGTERM')
  }, seconds * 1000)
  const killTimer = setTimeout(() => signal('SIGKILL'), seconds * 1000 + HOOK_GRACE_MS)
  // `exit` and not `close`: a process that the command left behind may keep its stderr open.
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, name) => resolve(code === 0 ? undefined : name === null ? `exit code ${code}` : name))
  }).finally(() => {
    clearTimeout(termTimer)
    clearTimeout(killTimer)
    // The rest of its process group.
    if (isLate) signal('SIGKILL')
  })
  child.stderr?.destroy()
  if (isLate) return `it took longer than ${seconds} s`
  const line = stderr.trimEnd().split('\n').at(-1)?.slice(0, 300)
  return ended === undefined || !line ? ended : `${ended}: ${line}`
}
