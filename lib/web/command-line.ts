/** The command lines that show or do the same as the page. Pure. */
import { OUR_MEMBERS } from '../job/job.ts'
import { shellQuote } from '../job/shell-quote.ts'
import type { JobRecord, JobRequest, PlainAction } from './api-types.ts'

/** `queuectl`, with `--home` unless the home is the default one. */
const program = (home: string | null): string =>
  home === null || /^\/(?:home|Users)\/[^/]+\/\.queuectl$|^\/root\/\.queuectl$/.test(home)
    ? 'queuectl'
    : `queuectl --home ${shellQuote(home)}`

const VERBS: Record<PlainAction, string> = {
  retry: 'retry',
  cancel: 'cancel',
  hold: 'hold',
  release: 'release',
  delete: 'dlq purge',
}

export const programLine = (home: string | null, rest: string): string => `${program(home)} ${rest}`

export const actionLine = (home: string | null, action: PlainAction, id: string): string =>
  `${program(home)} ${VERBS[action]} ${shellQuote(id)}`

export const showLine = (home: string | null, id: string): string => `${program(home)} show ${shellQuote(id)}`

export const logsLine = (home: string | null, id: string, isRunning: boolean): string =>
  `${program(home)} logs ${shellQuote(id)}${isRunning ? ' --follow' : ''}`

export const enqueueLine = (home: string | null, request: JobRequest): string =>
  `${program(home)} enqueue ${shellQuote(JSON.stringify(request))}`

/** Members that the queue writes, and those that belong to this one job. */
const NOT_REQUESTED: readonly string[] = [...OUR_MEMBERS, 'id', 'lies_in', 'progress', 'run_at']

/** The request that would enqueue the same job again. */
export const requestOf = (job: JobRecord): JobRequest =>
  Object.fromEntries(Object.entries(job).filter(([member]) => !NOT_REQUESTED.includes(member))) as unknown as JobRequest
