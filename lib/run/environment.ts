/**
 * How variables and a program's name reach a command past the shell that starts it.
 *
 * A shell drops names that are no shell words, changes those it computes itself (`RANDOM`, `SECONDS`, ...), and reads a
 * program's name that begins with a dash as an option of `exec`. Such variables are set by env(1), which the shell starts
 * instead; such a program is looked up here. Plain commands need neither.
 */
import { conditionsOf } from '../job/after.ts'
import { isOddName } from '../job/variable-names.ts'
import type { StartContext } from './context.ts'
import type { RunToStart } from './launch.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Of those, what the worker has from the shell that started it, and each shell sets again. */
const OF_EVERY_SHELL = /^(?:_|(?:OLD)?PWD|SHLVL|LC_.*)$/

/** The variables that a shell passes on, and those that env(1) must set. */
interface SplitVariables {
  readonly plain: Record<string, string>
  readonly odd: Record<string, string>
}

/** Splits the variables of a job. */
export const splitVariables = (variables: Variables): SplitVariables => split(variables, (name) => isOddName(name))

/** Splits the variables of a worker. */
export const splitInherited = (variables: Variables): SplitVariables =>
  split(variables, (name) => isOddName(name) && !OF_EVERY_SHELL.test(name))

function split(variables: Variables, isOdd: (name: string) => boolean): SplitVariables {
  const found: SplitVariables = { plain: {}, odd: {} }
  for (const [name, value] of Object.entries(variables))
    if (value !== undefined) found[isOdd(name) ? 'odd' : 'plain'][name] = value
  return found
}

/** What the shell is to execute so that the program gets these variables too. */
export function withOddVariables(argv: readonly string[], odd: Readonly<Record<string, string>>): readonly string[] {
  const assignments = Object.entries(odd).map(([name, value]) => `${name}=${value}`)
  return assignments.length === 0 ? argv : ['/usr/bin/env', '--', ...assignments, ...argv]
}

/** Would a shell take the name of this program for an option of `exec`? */
export const looksLikeOption = (program: string): boolean => program.startsWith('-')

export const ownVariables = (
  { home, holder }: StartContext,
  { job, paths, slot }: Pick<RunToStart, 'job' | 'paths' | 'slot'>,
): Record<string, string> => ({
  QUEUECTL_JOB_ID: job.id,
  QUEUECTL_ATTEMPT: String(job.attempts + 1),
  QUEUECTL_RUN: String(job.runs),
  QUEUECTL_WORKER: holder.name,
  QUEUECTL_SLOT: String(slot),
  QUEUECTL_HOME: home.root,
  QUEUECTL_PROGRESS: paths.progress,
  ...(job.key === undefined ? {} : { QUEUECTL_KEY: job.key }),
  ...(job.schedule === undefined
    ? {}
    : { QUEUECTL_SCHEDULE: job.schedule, QUEUECTL_SCHEDULED_FOR: job.schedule_time ?? '' }),
  ...(job.after
    ? {
        QUEUECTL_PARENTS: conditionsOf(job)
          .map((one) => one.job)
          .join(' '),
      }
    : {}),
})
