/** Builds operations of the OpenAPI document: parameters, answers and problems. */
import { ref } from './schemas.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const jsonContent = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } })
export const response = (description: string, schema?: JsonObject, headers?: JsonObject): JsonObject => ({
  description,
  ...(schema ? { content: jsonContent(schema) } : {}),
  ...(headers ? { headers } : {}),
})
export const listOf = (name: string): JsonObject => ({
  type: 'object',
  properties: { items: { type: 'array', items: ref(name) } },
  required: ['items'],
})
export const param = (
  where: 'query' | 'path' | 'header',
  name: string,
  description: string,
  schema: JsonObject,
): JsonObject => ({
  in: where,
  name,
  description,
  schema,
  ...(where === 'path' ? { required: true } : {}),
})
export const queryParam = (name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject =>
  param('query', name, description, schema)

export const ID_PARAM = param('path', 'id', 'the full id of a job', { type: 'string' })
export const RUN_PARAM = param('path', 'n', 'the number of a run, or `last`', { type: 'string' })
export const STREAM_PARAM = queryParam('stream', 'which output', { enum: ['stdout', 'stderr'], default: 'stdout' })
export const LAST_EVENT_ID = param(
  'header',
  'Last-Event-ID',
  'sent by EventSource when it reconnects: the stream continues from there',
  {
    type: 'string',
  },
)
export const FILTER_PARAMS = [
  queryParam('state', 'one or more, separated by commas; `pending` includes `scheduled`'),
  queryParam('queue', 'only of this queue'),
  queryParam('tag', 'only with this tag'),
  queryParam('q', 'occurs (in any case) in the id, command, last error, queue or a tag'),
  queryParam('error', 'the last error is exactly this'),
  queryParam('since', 'last changed at this date and time or later'),
  queryParam('until', 'last changed before this date and time'),
  queryParam('fingerprint', 'the last error is alike: the `fingerprint` of a group of /api/v1/dead/groups'),
]
export const SORTED_BY = ['order', 'created', 'updated', 'due', 'priority', 'id', 'queue'] as const

interface Operation {
  readonly summary: string
  readonly description?: string
  readonly params?: readonly JsonObject[]
  readonly body?: JsonObject
  readonly responses: Readonly<Record<number, JsonObject>>
  /** Statuses of problems besides those that every route may answer. */
  readonly problems?: readonly number[]
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'the request is malformed',
  401: 'a token is needed',
  403: 'refused: read-only, or from a page of another site',
  404: 'not found',
  409: 'the state forbids it, the id is taken, or the count differs',
  412: 'the job has changed since (If-Match)',
  413: 'the body is too large',
  415: 'the body must be application/json',
  416: 'no such range',
  422: 'the job, key or value is invalid; or the Idempotency-Key was used for another request',
  428: 'If-Match is missing',
  429: 'too many requests or streams: try again later',
  507: 'no space left on the disk',
}
const CHANGE_STATUSES = [400, 403, 404, 409, 413, 415, 422, 507]

export function operation(
  { summary, description, params, body, responses, problems = [] }: Operation,
  isChange: boolean,
): JsonObject {
  const statuses = [...new Set([401, 403, 429, ...(isChange ? CHANGE_STATUSES : []), ...problems])].sort(
    (a, b) => a - b,
  )
  const refusals = statuses.map((status) => [
    status,
    { description: PROBLEMS[status], content: { 'application/problem+json': { schema: ref('Problem') } } },
  ])
  return {
    summary,
    ...(description === undefined ? {} : { description }),
    ...(params ? { parameters: params } : {}),
    ...(body ? { requestBody: { required: true, content: jsonContent(body) } } : {}),
    responses: { ...responses, ...(Object.fromEntries(refusals) as JsonObject) },
  }
}
export const getOperation = (one: Operation): JsonObject => ({ get: operation(one, false) })
export const postOperation = (one: Operation): JsonObject => ({ post: operation(one, true) })

export const ETAG = { ETag: { description: 'the version of the job', schema: { type: 'string' } } }
export const LOCATION = { Location: { description: 'where the new one is', schema: { type: 'string' } } }
const emptyObject = { type: 'object', description: 'an empty object' }
export const jobAction = (summary: string, description?: string): JsonObject =>
  postOperation({
    summary,
    ...(description === undefined ? {} : { description }),
    params: [ID_PARAM],
    body: emptyObject,
    responses: { 200: response('the job afterwards', ref('Job'), ETAG) },
  })
export const eventStream = (description: string): JsonObject => ({
  description,
  content: { 'text/event-stream': { schema: { type: 'string' } } },
})
export const plainText = (description: string): JsonObject => ({
  description,
  content: { 'text/plain': { schema: { type: 'string' } } },
})
