/** The routes of jobs and their output, for the OpenAPI document. */
import { ref } from './schemas.ts'
import {
  jobAction,
  queryParam,
  plainText,
  ETAG,
  FILTER_PARAMS,
  getOperation,
  response,
  ID_PARAM,
  LAST_EVENT_ID,
  listOf,
  LOCATION,
  type JsonObject,
  RUN_PARAM,
  operation,
  param,
  postOperation,
  STREAM_PARAM,
  eventStream,
} from './operation.ts'

const OPERATION_PARAM = param('path', 'operation', 'the id of an operation', { type: 'string' })

export const JOB_ROUTES: Readonly<Record<string, JsonObject>> = {
  '/api/v1/jobs': {
    ...getOperation({
      summary: 'A page of the jobs that match',
      description: `A minus before \`sort\` reverses it. \`order\` is the order in which jobs run, finished ones newest first;
        \`due\` is when a job may run, or finished; times sort oldest first.`,
      params: [
        ...FILTER_PARAMS,
        queryParam('sort', 'the sort key, with `-` before it to reverse', { type: 'string', default: 'order' }),
        queryParam('limit', 'how many at most', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
        queryParam('cursor', '`next_cursor` of the previous page'),
      ],
      responses: { 200: response('a page', ref('Jobs')) },
      problems: [400],
    }),
    ...postOperation({
      summary: 'Enqueue a job',
      description:
        'The answer comes once the job is on disk. Without `cwd` the job runs in the home directory of the user.',
      params: [
        param(
          'header',
          'Idempotency-Key',
          'a second request with the same key answers with the job of the first (200)',
          {
            type: 'string',
            maxLength: 200,
          },
        ),
      ],
      body: ref('JobRequest'),
      responses: {
        201: response('the job', ref('Job'), { ...LOCATION, ...ETAG }),
        200: response('the job that the same request created before', ref('Job'), { ...LOCATION, ...ETAG }),
      },
    }),
  },
  '/api/v1/jobs/bulk': postOperation({
    summary: 'Apply one action to many jobs, by ids or by filter',
    description: `With a filter, \`expected_count\` must be the number of jobs that match now, else nothing is done (409). Jobs
      that do not allow the action, or are gone, are skipped and listed in \`skipped\`.`,
    body: ref('Bulk'),
    responses: { 200: response('the outcome', ref('BulkResult')) },
  }),
  '/api/v1/operations': {
    ...getOperation({
      summary: 'The bulk changes of this server that go on, and its last twenty that ended, newest first',
      responses: { 200: response('the list', listOf('Operation')) },
    }),
    ...postOperation({
      summary: 'Begin one action on many jobs, and answer at once',
      description: `As /api/v1/jobs/bulk, for changes that take long. It goes on in this server, and ends with it. At most
        four run at a time (429).`,
      body: ref('Bulk'),
      responses: { 202: response('it has begun', ref('Operation'), LOCATION) },
    }),
  },
  '/api/v1/operations/{operation}': getOperation({
    summary: 'How far a bulk change is',
    params: [OPERATION_PARAM],
    responses: { 200: response('the operation', ref('Operation')) },
    problems: [404],
  }),
  '/api/v1/operations/{operation}/cancel': postOperation({
    summary: 'End a bulk change between two jobs; nothing is undone',
    params: [OPERATION_PARAM],
    body: { type: 'object', description: 'an empty object' },
    responses: { 200: response('the operation', ref('Operation')) },
  }),
  '/api/v1/jobs/{id}': {
    ...getOperation({
      summary: 'A job',
      params: [ID_PARAM],
      responses: { 200: response('the job', ref('Job'), ETAG) },
      problems: [404],
    }),
    patch: operation(
      {
        summary: 'Edit a waiting job',
        description: 'A running or completed job cannot be edited (409).',
        params: [ID_PARAM, param('header', 'If-Match', 'the ETag of the job when it was read', { type: 'string' })],
        body: ref('JobChange'),
        responses: { 200: response('the changed job', ref('Job'), ETAG) },
        problems: [412, 428],
      },
      true,
    ),
    delete: operation(
      {
        summary: 'Delete a dead job and its output for good',
        params: [ID_PARAM],
        responses: { 204: response('deleted') },
      },
      true,
    ),
  },
  '/api/v1/jobs/{id}/retry': jobAction('Run a failed, dead or completed job again, counting attempts from zero'),
  '/api/v1/jobs/{id}/cancel': postOperation({
    summary: 'Cancel a job: it moves to the dead letter queue with the reason; a running one is killed first',
    params: [ID_PARAM],
    body: { type: 'object', properties: { reason: { type: 'string', maxLength: 500 } } },
    responses: {
      200: response('the dead job', ref('Job'), ETAG),
      202: response('the job: its run was told to stop and has not stopped yet', ref('Job'), ETAG),
    },
  }),
  '/api/v1/jobs/{id}/hold': jobAction('Hold a waiting job until it is released'),
  '/api/v1/jobs/{id}/release': jobAction('Release a held job back to where it waited'),
  '/api/v1/jobs/{id}/duplicate': postOperation({
    summary: 'Enqueue a copy of a job with a new id, to run at once',
    params: [ID_PARAM],
    body: { type: 'object', description: 'members that differ, as in JobRequest' },
    responses: { 201: response('the new job', ref('Job'), { ...LOCATION, ...ETAG }) },
  }),
  '/api/v1/jobs/{id}/explain': getOperation({
    summary: 'Why a job is not running, and when it probably will',
    params: [ID_PARAM],
    responses: { 200: response('the reasons', ref('Explanation')) },
    problems: [404],
  }),
  '/api/v1/jobs/{id}/dependencies': getOperation({
    summary: 'What a job waits for, and what waits for it',
    params: [ID_PARAM],
    responses: { 200: response('both as trees', ref('Dependencies')) },
    problems: [404],
  }),
  '/api/v1/jobs/{id}/attempts': getOperation({
    summary: 'Every run of a job, oldest first, including the current one',
    params: [ID_PARAM],
    responses: { 200: response('the runs', listOf('Attempt')) },
    problems: [404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}': getOperation({
    summary: 'One run of a job',
    params: [ID_PARAM, RUN_PARAM],
    responses: { 200: response('the run', ref('Attempt')) },
    problems: [404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log': getOperation({
    summary: 'The output of a run',
    description: 'The bytes as the job wrote them: show them as text only.',
    params: [
      ID_PARAM,
      RUN_PARAM,
      queryParam('stream', 'which output; `merged` (stdout, then stderr) only with `download`', {
        enum: ['stdout', 'stderr', 'merged'],
        default: 'stdout',
      }),
      queryParam('tail', 'only this many last lines', { type: 'integer', minimum: 0 }),
      queryParam('download', '1: as a download', { enum: ['1'] }),
      param('header', 'Range', 'bytes=FROM-TO, bytes=FROM- or bytes=-LAST', { type: 'string' }),
    ],
    responses: { 200: plainText('the output so far'), 206: plainText('the requested range') },
    problems: [400, 404, 416],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log/lines': getOperation({
    summary: 'Lines of the output of a run, by number',
    params: [
      ID_PARAM,
      RUN_PARAM,
      STREAM_PARAM,
      queryParam('from', 'the first line', { type: 'integer', minimum: 1, default: 1 }),
      queryParam('limit', 'how many at most', { type: 'integer', minimum: 0, maximum: 5000, default: 500 }),
      queryParam('raw', '1: each byte as one character, instead of UTF-8', { enum: ['1'] }),
    ],
    responses: { 200: response('the lines', ref('LogLines')) },
    problems: [400, 404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log/search': getOperation({
    summary: 'The lines of the output of a run in which a text occurs',
    description: 'In any case. What a terminal does not show (colours, titles) is not searched.',
    params: [
      ID_PARAM,
      RUN_PARAM,
      queryParam('q', 'the text'),
      queryParam('errors', '1: lines that look like errors instead', { enum: ['1'] }),
      queryParam('stream', 'which output', { enum: ['stdout', 'stderr', 'merged'], default: 'merged' }),
      queryParam('limit', 'how many of each stream at most', {
        type: 'integer',
        minimum: 1,
        maximum: 5000,
        default: 1000,
      }),
    ],
    responses: { 200: response('the lines', ref('LogMatches')) },
    problems: [400, 404],
  }),
  '/api/v1/jobs/{id}/attempts/{n}/log/stream': getOperation({
    summary: 'The output of a run as it is written (SSE)',
    description: `Events: \`log\` with {"stream":"stdout"|"stderr","text"}, whose id is the byte offset after it (with \`merged\`
      two: OUT.ERR); \`end\` with {"outcome"} when the run is over: close the stream then, or the browser reconnects.`,
    params: [
      ID_PARAM,
      RUN_PARAM,
      queryParam('stream', 'which output', { enum: ['stdout', 'stderr', 'merged'], default: 'merged' }),
      queryParam('tail', 'how many earlier lines to start with', { type: 'integer', minimum: 0 }),
      queryParam('from', 'where to start instead, as in the id of an event: a byte offset, with `merged` OUT.ERR'),
      LAST_EVENT_ID,
    ],
    responses: { 200: eventStream('the output') },
    problems: [400, 404],
  }),
}
