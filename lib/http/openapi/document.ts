/**
 * The OpenAPI document, served as `/api/v1/openapi.json`. A spec checks it against the routes in both directions, and
 * the answers of the routes against its schemas.
 *
 * A GET shows the state of the files at that moment; a change is the command-line verb of the same name; `/stream`
 * reports changes, so clients need not poll. The server keeps no state: several may run at once and stop at any time.
 */
import { SCHEMAS } from './schemas.ts'
import { JOB_ROUTES } from './job-routes.ts'
import { QUEUE_ROUTES } from './queue-routes.ts'

export const openapi = (version: string): object => ({
  openapi: '3.1.0',
  info: {
    title: 'queuectl',
    version,
    description: 'A job queue whose state is plain files. Errors are application/problem+json. Times are ISO 8601 UTC.',
  },
  paths: { ...JOB_ROUTES, ...QUEUE_ROUTES },
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'queuectl-<port>' },
    },
  },
  security: [{}, { bearer: [] }, { cookie: [] }],
})
