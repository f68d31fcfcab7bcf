/** What the machine's own supervisor can do for us: systemd or launchd. */
import { spawnSync } from 'node:child_process'
import { QueueError } from '../errors.ts'
import type { Scope, ServiceFile, ServicePlan } from './plan.ts'

export interface UnitState {
  /** Is it started with the machine, or when its user logs in? */
  readonly enabled: boolean
  readonly active: boolean
  /** In the supervisor's own words. */
  readonly state: string
}

export interface Supervisor {
  readonly kind: 'systemd' | 'launchd'
  /** Where its files of this scope are. */
  dir(scope: Scope): string
  /** The names of all files that an installation may have. */
  fileNames(name: string): readonly string[]
  filesOf(plan: ServicePlan): ServiceFile[]
  /** Why it cannot be used now; undefined when it can. */
  whyNot(scope: Scope): string | undefined
  /** Reads the files anew and starts what they say, now and with the machine. @returns what was started */
  start(plan: ServicePlan): string[]
  /** Stops these files' units and starts them no more; what the worker runs is left running. */
  stop(scope: Scope, fileNames: readonly string[]): void
  /** After files were removed. */
  forget(scope: Scope): void
  state(scope: Scope, fileName: string): UnitState
}

export interface Ran {
  /** The exit status; -1 where the program is missing. */
  readonly status: number
  readonly output: string
  readonly error: string
}

/** Longer than systemd waits for a worker to stop and to start. */
const LIMIT_MS = 300_000

/** Runs a program of the supervisor to its end. */
export function ask(program: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: LIMIT_MS })
  return { status: status ?? -1, output: (stdout ?? '').trim(), error: (error?.message ?? stderr).trim() }
}

/** The home directory of another user. @throws QueueError USAGE when there is no such user */
export function directoryOf(user: string): string {
  // Shells know it on every system. It is a name: the caller has looked.
  const { output } = ask('/bin/sh', '-c', `echo ~${user}`)
  if (!output.startsWith('/')) throw new QueueError('USAGE', `there is no user ${user}`)
  return output
}
