/**
 * The OpenAPI document, served as `/api/v1/openapi.json`. A spec checks it against the routes in both directions, and
 * the answers of the routes against its schemas.
 *
 * A GET shows the state of the files at that moment; a change is the command-line verb of the same name; `/stream`
 * reports changes, so clients need not poll. The server keeps nothing but the
 * progress of long bulk changes: several may run at once and stop at any time.
 */
import { SCHEMAS } from './schemas.ts'
import { JOB_ROUTES } from './job-routes.ts'
import type { JsonObject } from './operation.ts'
import { OPERATION_IDS, TAGS } from './operation-ids.ts'
import { QUEUE_ROUTES } from './queue-routes.ts'

export const openapi = (version: string): object => ({
  openapi: '3.1.0',
  info: {
    title: 'queuectl',
    version,
    description: `A job queue whose state is plain files. Errors are application/problem+json (RFC 9457), of the types that the schema
      Problem lists. Times are ISO 8601 UTC.`,
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/', description: 'the server that this document comes from' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  paths: Object.fromEntries(
    Object.entries({ ...JOB_ROUTES, ...QUEUE_ROUTES }).map(([path, one]) => [path, named(path, one)]),
  ),
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'queuectl-<port>' },
    },
  },
  security: [{}, { bearer: [] }, { cookie: [] }],
})

/** The operations of a path with their names and tags. */
const named = (path: string, operations: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => {
      const [operationId, tag] = OPERATION_IDS[`${method} ${path}`] ?? []
      return [method, { operationId, tags: [tag], ...(operation as JsonObject) }]
    }),
  )
