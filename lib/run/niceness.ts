/** Has a command let others go first: by nice(1) and ionice(1), which become the command. */
import { findProgram } from '../disk/program.ts'
import type { Job } from '../job/job.ts'
import { nicenessOf } from '../job/runnable.ts'
import type { LaunchError } from './launch.ts'

/** What is to be executed, or why it cannot. @param path the worker's PATH: a job may set another for itself */
export function withNiceness(
  argv: readonly string[],
  job: Pick<Job, 'nice' | 'ionice'>,
  path: string | undefined,
): readonly string[] | LaunchError {
  const before: string[] = []
  for (const [name = '', ...args] of nicenessOf(job)) {
    const program = findProgram(name, path, '/')
    if (program === undefined) return { code: 127, why: `there is no ${name}(1) in the PATH of the worker` }
    before.push(program, ...args)
  }
  return before.length === 0 ? argv : [...before, ...argv]
}
