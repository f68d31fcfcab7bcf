/** How an operation of the OpenAPI document is written down: what it takes, what it gives, what it may refuse. */
import { ref } from './schemas.ts'

export type Members = Readonly<Record<string, unknown>>

export const json = (schema: Members): Members => ({ 'application/json': { schema } })
export const gives = (description: string, schema?: Members, headers?: Members): Members => ({
  description,
  ...(schema ? { content: json(schema) } : {}),
  ...(headers ? { headers } : {}),
})
export const list = (name: string): Members => ({
  type: 'object',
  properties: { items: { type: 'array', items: ref(name) } },
  required: ['items'],
})
export const param = (
  where: 'query' | 'path' | 'header',
  name: string,
  description: string,
  schema: Members,
): Members => ({
  in: where,
  name,
  description,
  schema,
  ...(where === 'path' ? { required: true } : {}),
})
export const asked = (name: string, description: string, schema: Members = { type: 'string' }): Members =>
  param('query', name, description, schema)

export const ID = param('path', 'id', 'a job, by its whole id', { type: 'string' })
export const N = param('path', 'n', 'the number of a run, or `last`', { type: 'string' })
export const STREAM = asked('stream', 'which output', { enum: ['stdout', 'stderr'], default: 'stdout' })
export const LAST = param('header', 'Last-Event-ID', 'sent by EventSource when it connects again: goes on from there', {
  type: 'string',
})
export const FILTERS = [
  asked('state', 'several with commas; `scheduled` is a part of `pending`'),
  asked('queue', 'only of this queue'),
  asked('tag', 'only with this tag'),
  asked('q', 'occurs, in whatever case, in id, command, last error, queue or a tag'),
  asked('error', 'the last error is exactly this'),
]
export const SORTED_BY = ['order', 'created', 'updated', 'due', 'priority', 'id'] as const

interface Operation {
  readonly summary: string
  readonly about?: string
  readonly params?: readonly Members[]
  readonly body?: Members
  readonly gives: Readonly<Record<number, Members>>
  /** Statuses of problems beside those that any route may give. */
  readonly refuses?: readonly number[]
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'asked in a way that is not understood',
  401: 'a token is needed',
  403: 'refused: read-only, or from a foreign page',
  404: 'no such thing',
  409: 'its state forbids it, the id is taken, or the count is another one',
  412: 'the job has changed since (If-Match)',
  413: 'the body is too large',
  415: 'the body must be application/json',
  416: 'no such range',
  422: 'the job, key or value is invalid; or the Idempotency-Key was used for another request',
  428: 'If-Match is missing',
  429: 'too many requests or streams: try again later',
  507: 'no space left on the disk',
}
const CHANGE = [400, 403, 404, 409, 413, 415, 422, 507]

export function operation(
  { summary, about, params, body, gives: ok, refuses = [] }: Operation,
  isChange: boolean,
): Members {
  const statuses = [...new Set([401, 403, 429, ...(isChange ? CHANGE : []), ...refuses])].sort((a, b) => a - b)
  const problems = statuses.map((status) => [
    status,
    { description: PROBLEMS[status], content: { 'application/problem+json': { schema: ref('Problem') } } },
  ])
  return {
    summary,
    ...(about === undefined ? {} : { description: about }),
    ...(params ? { parameters: params } : {}),
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: { ...ok, ...(Object.fromEntries(problems) as Members) },
  }
}
export const get = (one: Operation): Members => ({ get: operation(one, false) })
export const post = (one: Operation): Members => ({ post: operation(one, true) })

export const ETAG = { ETag: { description: 'of this job as it is', schema: { type: 'string' } } }
export const LOCATION = { Location: { description: 'the new job', schema: { type: 'string' } } }
const nothing = { type: 'object', description: 'an empty object' }
export const act = (summary: string, about?: string): Members =>
  post({
    summary,
    ...(about === undefined ? {} : { about }),
    params: [ID],
    body: nothing,
    gives: { 200: gives('the job after it', ref('Job'), ETAG) },
  })
export const stream = (description: string): Members => ({
  description,
  content: { 'text/event-stream': { schema: { type: 'string' } } },
})
export const bytes = (description: string): Members => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
})
