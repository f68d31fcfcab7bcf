/** The lines a person would type to see or do the same. Pure. */
import { shellQuote } from '../job/shell-quote.ts'
import type { Action, Job, JobRequest } from './api-types.ts'

/** `queuectl`, and the home unless it is where a queue lies by default. */
const program = (home: string | null): string =>
  home === null || /^\/(?:home|Users)\/[^/]+\/\.queuectl$|^\/root\/\.queuectl$/.test(home)
    ? 'queuectl'
    : `queuectl --home ${shellQuote(home)}`

const VERBS: Record<Action, string> = {
  retry: 'retry',
  cancel: 'cancel',
  hold: 'hold',
  release: 'release',
  delete: 'dlq purge',
}

export const lineFor = (home: string | null, rest: string): string => `${program(home)} ${rest}`

export const actionLine = (home: string | null, action: Action, id: string): string =>
  `${program(home)} ${VERBS[action]} ${shellQuote(id)}`

export const showLine = (home: string | null, id: string): string => `${program(home)} show ${shellQuote(id)}`

export const logsLine = (home: string | null, id: string, isRunning: boolean): string =>
  `${program(home)} logs ${shellQuote(id)}${isRunning ? ' --follow' : ''}`

export const enqueueLine = (home: string | null, request: JobRequest): string =>
  `${program(home)} enqueue ${shellQuote(JSON.stringify(request))}`

/** What only the queue writes into a job, and what is of this one alone. */
const NOT_ASKED = new Set(
  `id lies_in progress state attempts runs interruptions retry_laters created_at updated_at started_at finished_at
   next_retry_at exit_code signal timed_out cancelled last_error duration_ms worker slot strays history run_at`.split(
    /\s+/,
  ),
)

/** What was asked for when the job was enqueued: another one of the same. */
export const requestOf = (job: Job): JobRequest =>
  Object.fromEntries(Object.entries(job).filter(([member]) => !NOT_ASKED.has(member))) as unknown as JobRequest

/** The command as one line. */
export const commandText = (command: string | readonly string[]): string =>
  typeof command === 'string' ? command : command.map(shellQuote).join(' ')
