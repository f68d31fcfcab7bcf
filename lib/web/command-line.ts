/** The lines a person would type to see or do the same. Pure. */
import { OUR_MEMBERS } from '../job/job.ts'
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

/** Members that the queue writes, and those that belong to this one job. */
const NOT_REQUESTED: readonly string[] = [...OUR_MEMBERS, 'id', 'lies_in', 'progress', 'run_at']

/** What was asked for when the job was enqueued: another one of the same. */
export const requestOf = (job: Job): JobRequest =>
  Object.fromEntries(Object.entries(job).filter(([member]) => !NOT_REQUESTED.includes(member))) as unknown as JobRequest
