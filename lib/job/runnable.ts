/** A job as it is run outside the queue: the variables it finds, and a shell script that does what a worker does. Pure. */
import { interpreterOf } from './interpreter.ts'
import type { Job, JobRequest } from './job.ts'
import { isOddName } from './variable-names.ts'
import { alwaysQuoted, shellQuote } from './shell-quote.ts'

/** What of a job matters outside the queue. */
export type RunnableJob = JobRequest & { readonly id: string } & Partial<Pick<Job, 'attempts' | 'runs'>>

/** The variables that a worker adds, so that a command that uses them works. No worker reads its progress. */
export const outsideVariables = (
  { id, attempts = 0, runs = 0 }: RunnableJob,
  home: string,
): Record<string, string> => ({
  QUEUECTL_JOB_ID: id,
  QUEUECTL_ATTEMPT: String(attempts + 1),
  QUEUECTL_RUN: String(runs + 1),
  QUEUECTL_WORKER: 'none',
  QUEUECTL_SLOT: '1',
  QUEUECTL_HOME: home,
  QUEUECTL_PROGRESS: '/dev/null',
})

/** What the kernel is to start. */
export const argvOf = ({ command }: Pick<JobRequest, 'command'>): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command

/** What goes before a command so that others go first: the programs that become it, each with its arguments. */
export const nicenessOf = ({ nice, ionice }: Pick<JobRequest, 'nice' | 'ionice'>): readonly (readonly string[])[] => [
  ...(ionice === undefined ? [] : [['ionice', '-c', '3', '--']]),
  ...(nice === undefined ? [] : [['nice', '-n', String(nice), '--']]),
]

/** A shell script that goes to the job's directory, sets its environment and becomes its command. */
export function runnableScript(job: RunnableJob, home: string): string {
  const variables = Object.entries({ ...outsideVariables(job, home), ...job.env })
  const odd = variables.filter(([name]) => isOddName(name)).map(([name, value]) => alwaysQuoted(`${name}=${value}`))
  const { command } = job
  const interpreter = typeof command === 'string' ? interpreterOf(command) : undefined
  const argv = interpreter ?? argvOf(job)
  // env takes the first word that is no assignment as the program; the shell would take one with a dash as an option.
  const env = odd.length > 0 || argv[0]?.startsWith('-') ? ['env', '--', 'QUEUECTL_SLOT=1', ...odd] : []
  const words = [...nicenessOf(job).flat(), ...env, ...argv.map(shellQuote)].join(' ')
  const run = interpreter ? `${words} "$queuectl_script"` : `exec ${words}`
  return [
    '#!/bin/sh',
    `# Runs the job ${job.id} outside the queue: what it does is not recorded.`,
    `cd ${shellQuote(job.cwd ?? home)} || exit 126`,
    ...variables.filter(([name]) => !isOddName(name)).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    ...(interpreter ? ['queuectl_script=$(mktemp) || exit 126', hereDocument(String(command))] : []),
    job.stdin ? `printf %s ${alwaysQuoted(job.stdin)} | ${run}` : `${run} </dev/null`,
    ...(interpreter ? ['queuectl_code=$?', 'rm -f "$queuectl_script"', 'exit $queuectl_code'] : []),
    '',
  ].join('\n')
}

/** Puts a command that is run from a file into it. */
function hereDocument(text: string): string {
  let end = 'END'
  while (text.includes(end)) end += '_'
  return `cat >"$queuectl_script" <<'${end}'\n${text}\n${end}`
}
