/** A job as the text of its file. Pure. */
import { type Job, OUR_MEMBERS } from './job.ts'
import { KNOWN_MEMBERS } from './parse.ts'

const PLACED: ReadonlySet<string> = new Set([...KNOWN_MEMBERS, ...OUR_MEMBERS])

/**
 * A member a line and, in `history`, a run a line, so that vim, sed, diff and grep work on it: what was asked for in the
 * order of the manual, unknown members, what queuectl adds. Costs 3 µs more than one line of JSON.
 */
export function printJob(job: Job): string {
  let text = '{'
  const add = (name: string, value: unknown): void => {
    const json = JSON.stringify(value)
    if (json !== undefined) text += `${text === '{' ? '' : ','}\n  ${JSON.stringify(name)}: ${json}`
  }
  for (const name of KNOWN_MEMBERS) if (job[name] !== undefined) add(name, job[name])
  for (const name in job) if (!PLACED.has(name)) add(name, job[name])
  for (const name of OUR_MEMBERS) if (name !== 'history' && job[name] !== undefined) add(name, job[name])
  const runs = job.history.map((run) => `\n    ${JSON.stringify(run)}`).join(',')
  return `${text},\n  "history": [${runs}${runs && '\n  '}]\n}\n`
}
