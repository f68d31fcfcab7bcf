/** The routes of jobs and their output, for the OpenAPI document. */
import { ref } from './schemas.ts'
import {
  act,
  asked,
  bytes,
  ETAG,
  FILTERS,
  get,
  gives,
  ID,
  LAST,
  list,
  LOCATION,
  type Members,
  N,
  operation,
  param,
  post,
  STREAM,
  stream,
} from './operation.ts'

export const JOBS: Readonly<Record<string, Members>> = {
  '/api/v1/jobs': {
    ...get({
      summary: 'Jobs that match, a page of them',
      about: `A minus before \`sort\` turns it round. \`order\` is that in which jobs run, finished ones newest first;
        \`due\` when a job may run, or was over; times oldest first.`,
      params: [
        ...FILTERS,
        asked('sort', 'by what, `-` before it for the other way round', { type: 'string', default: 'order' }),
        asked('limit', 'at most so many', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
        asked('cursor', '`next_cursor` of the page before'),
      ],
      gives: { 200: gives('a page', ref('Jobs')) },
      refuses: [400],
    }),
    ...post({
      summary: 'Enqueue a job',
      about: 'When this answers the job is on disk. It runs in the home directory of the user unless it says where.',
      params: [
        param('header', 'Idempotency-Key', 'a second request with the same key gives the job of the first (200)', {
          type: 'string',
          maxLength: 200,
        }),
      ],
      body: ref('JobRequest'),
      gives: {
        201: gives('the job', ref('Job'), { ...LOCATION, ...ETAG }),
        200: gives('the job that the same request made before', ref('Job'), { ...LOCATION, ...ETAG }),
      },
    }),
  },
  '/api/v1/jobs/bulk': post({
    summary: 'Do the same to many jobs, by their ids or all that match',
    about: `With a filter, \`expected_count\` must be what it matches at this moment, else nothing is done (409). A job
      that does not allow it, or is gone, is passed over and named in \`skipped\`.`,
    body: ref('Bulk'),
    gives: { 200: gives('what was done', ref('BulkResult')) },
  }),
  '/api/v1/jobs/{id}': {
    ...get({ summary: 'A job', params: [ID], gives: { 200: gives('the job', ref('Job'), ETAG) }, refuses: [404] }),
    patch: operation(
      {
        summary: 'Change a job that waits',
        about: 'One that runs, or is completed, cannot be changed (409).',
        params: [ID, param('header', 'If-Match', 'the ETag of the job as it was read', { type: 'string' })],
        body: ref('JobChange'),
        gives: { 200: gives('the job as it is now', ref('Job'), ETAG) },
        refuses: [412, 428],
      },
      true,
    ),
    delete: operation(
      { summary: 'Remove a dead job for good, with its output', params: [ID], gives: { 204: gives('it is gone') } },
      true,
    ),
  },
  '/api/v1/jobs/{id}/retry': act('Send a failed, dead or completed job back to run again, attempts from zero'),
  '/api/v1/jobs/{id}/cancel': post({
    summary: 'Cancel a job: to the dead letter queue, with the reason; a running one is ended first',
    params: [ID],
    body: { type: 'object', properties: { reason: { type: 'string', maxLength: 500 } } },
    gives: {
      200: gives('the dead job', ref('Job'), ETAG),
      202: gives('the job as it is: its run was told to end and has not yet', ref('Job'), ETAG),
    },
  }),
  '/api/v1/jobs/{id}/hold': act('Set a waiting job aside until it is released'),
  '/api/v1/jobs/{id}/release': act('Put a held job back to where it waited'),
  '/api/v1/jobs/{id}/duplicate': post({
    summary: 'Enqueue another job that is the same but for its id, to run at once',
    params: [ID],
    body: { type: 'object', description: 'members that shall differ, as in JobRequest' },
    gives: { 201: gives('the new job', ref('Job'), { ...LOCATION, ...ETAG }) },
  }),
  '/api/v1/jobs/{id}/attempts': get({
    summary: 'Every run of a job, oldest first, the one that goes on too',
    params: [ID],
    gives: { 200: gives('its runs', list('Attempt')) },
    refuses: [404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}': get({
    summary: 'One run of a job',
    params: [ID, N],
    gives: { 200: gives('the run', ref('Attempt')) },
    refuses: [404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log': get({
    summary: 'What a run wrote',
    about: 'Bytes as they were written, whatever they are: show them as text and nothing else.',
    params: [
      ID,
      N,
      STREAM,
      asked('tail', 'only the last so many lines', { type: 'integer', minimum: 0 }),
      asked('download', '1: as a file to save', { enum: ['1'] }),
      param('header', 'Range', 'bytes=FROM-TO, bytes=FROM- or bytes=-LAST', { type: 'string' }),
    ],
    gives: { 200: bytes('all of it so far'), 206: bytes('the range that was asked for') },
    refuses: [400, 404, 416],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log/stream': get({
    summary: 'What a run wrote and writes (SSE)',
    about: `Events: \`log\` with {"stream":"stdout"|"stderr","text"}, whose id is the byte offset behind it (with \`merged\`
      two: OUT.ERR); \`end\` with {"outcome"} when the run is over: close it then, or it is asked for again.`,
    params: [
      ID,
      N,
      asked('stream', 'which output', { enum: ['stdout', 'stderr', 'merged'], default: 'merged' }),
      asked('tail', 'of what was there before, the last so many lines', { type: 'integer', minimum: 0 }),
      LAST,
    ],
    gives: { 200: stream('the output as it comes') },
    refuses: [400, 404],
  }),
}
