/** Turns errors into `application/problem+json` (RFC 9457). The only place that maps errors to an HTTP status. */
import type { Context } from 'hono'
import { PROBLEM_TYPES, problemUrn } from './openapi/problem-types.ts'
import { errno, type ErrorCode, explained, QueueError } from '../errors.ts'

/** Every code is documented. */
PROBLEM_TYPES satisfies Readonly<Record<ErrorCode, string>>

const STATUS: Record<ErrorCode, number> = {
  USAGE: 400,
  INVALID_JOB: 422,
  BAD_CONFIG: 422,
  BROKEN_CONFIG: 500,
  DUPLICATE_JOB: 409,
  WRONG_STATE: 409,
  NOT_FOUND: 404,
  DISK_FULL: 507,
  NOT_WRITABLE: 500,
  UNSAFE_HOME: 500,
  FAILED: 500,
  NO_WORKER: 503,
  PARTLY_DONE: 500,
  STILL_HELD: 409,
  STILL_RUNNING: 503,
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

/** A request that is refused before it reaches the queue, with its status. */
export class HttpError extends Error {
  readonly status: number
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, hint?: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.hint = hint
    this.headers = headers
  }
}

/** The answer to a request that failed. Faults of the server also go to `report`. */
export function problemResponse(c: Context, error: unknown, report: (error: unknown) => void): Response {
  if (error instanceof HttpError) {
    const { status, message: detail, hint, headers } = error
    return answer(c, { status, code: 'HTTP', detail, hint, headers })
  }
  const known = /^E(?!RR_)/.test(errno(error) ?? '') ? explained(error, 'answer') : error
  if (known instanceof QueueError) {
    const { code, message: detail, hint } = known
    return answer(c, { status: STATUS[code], code, detail, hint })
  }
  report(error)
  return answer(c, {
    status: 500,
    code: 'BUG',
    detail: 'this is a bug; the server has printed what is needed to report it',
  })
}

interface Problem {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

function answer(c: Context, { status, code, detail, hint, headers = {} }: Problem): Response {
  const body = {
    type: problemUrn(code),
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    code,
    ...(hint === undefined ? {} : { hint }),
  }
  c.header('Cache-Control', 'no-store')
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  return c.body(JSON.stringify(body), status as 400, { 'Content-Type': 'application/problem+json' })
}
