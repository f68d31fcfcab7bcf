/** A job as the text of its file. Pure. */
import { type Job, OUR_MEMBERS } from './job.ts'
import { KNOWN_MEMBERS } from './parse.ts'

const PLACED: ReadonlySet<string> = new Set([...KNOWN_MEMBERS, ...OUR_MEMBERS])

/**
 * A member a line and, in `history`, a run a line, so that vim, sed, diff and grep work on it: what was asked for in the
 * order of the manual, unknown members, what queuectl adds. Costs 3 µs more than one line of JSON.
 */
export function printJob(job: Job): string {
  const members = job as unknown as Readonly<Record<string, unknown>>
  let text = '{'
  const add = (name: string, value: unknown): void => {
    const json = JSON.stringify(value)
    if (json !== undefined) text += `${text === '{' ? '' : ','}\n  ${JSON.stringify(name)}: ${json}`
  }
  for (const name of KNOWN_MEMBERS) if (members[name] !== undefined) add(name, members[name])
  for (const name in members) if (!PLACED.has(name)) add(name, members[name])
  for (const name of OUR_MEMBERS) if (name !== 'history' && members[name] !== undefined) add(name, members[name])
  const runs = job.history.map((run) => `\n    ${JSON.stringify(run)}`).join(',')
  return `${text},\n  "history": [${runs}${runs && '\n  '}]\n}\n`
}
