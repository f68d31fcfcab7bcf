/**
 * The OpenAPI document: every route, what it takes and what it gives. Written by hand and tested against the routes
 * both ways, so that neither can say what the other does not do. Served as `/api/v1/openapi.json`.
 *
 * How the API is meant: a GET shows what lies on disk at that moment; a change is the verb of the same name of the
 * command line; `/stream` tells what has changed, so that nobody has to ask again and again. The server keeps nothing of
 * its own: several may run at once, and be ended at any time.
 */
import { SHAPES } from './schemas.ts'
import { JOBS } from './job-routes.ts'
import { OTHERS } from './queue-routes.ts'

export const openapi = (version: string): object => ({
  openapi: '3.1.0',
  info: {
    title: 'queuectl',
    version,
    description: 'A job queue whose state is plain files. Errors are application/problem+json. Times are ISO 8601 UTC.',
  },
  paths: { ...JOBS, ...OTHERS },
  components: {
    schemas: SHAPES,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'queuectl-<port>' },
    },
  },
  security: [{}, { bearer: [] }, { cookie: [] }],
})
