/** Runs a hook that is a command, with the job as JSON on its standard input. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Home } from '../spool/layout.ts'
import type { HookCall } from './hooks.ts'

/** After its time is up and it was told to end, a command has so long (ms) until it is killed. */
export const HOOK_GRACE_MS = 1000

const MAX_STDERR = 4096

/** Runs a command with the body on its standard input. @returns why it failed */
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
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MAX_STDERR)))
  // One that does not read its input to the end closes it: that is its right.
  child.stdin?.on('error', () => {})
  child.stdin?.end(`${body}\n`)
  let isLate = false
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name)
    } catch {
      // It ended in between, which is what we want.
    }
  }
  const late = setTimeout(() => {
    isLate = true
    signal('SIGTERM')
  }, seconds * 1000)
  const tooLate = setTimeout(() => signal('SIGKILL'), seconds * 1000 + HOOK_GRACE_MS)
  // Not `close`: something it left running may hold its output for ever.
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, name) => resolve(code === 0 ? undefined : name === null ? `exit code ${code}` : name))
  }).finally(() => {
    clearTimeout(late)
    clearTimeout(tooLate)
    // What it started and left running.
    if (isLate) signal('SIGKILL')
  })
  child.stderr?.destroy()
  if (isLate) return `it took longer than ${seconds} s`
  const line = said.trimEnd().split('\n').at(-1)?.slice(0, 300)
  return ended === undefined || !line ? ended : `${ended}: ${line}`
}
