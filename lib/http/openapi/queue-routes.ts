/** The routes about the whole queue, and the legacy routes of older dashboards, for the OpenAPI document. */
import { GROUP_SORTS, ref, STOP_MODES } from './schemas.ts'
import {
  queryParam,
  param,
  plainText,
  getOperation,
  response,
  ID_PARAM,
  LAST_EVENT_ID,
  listOf,
  type JsonObject,
  operation,
  postOperation,
  eventStream,
} from './operation.ts'

const WORKER_PARAM = param('path', 'worker', 'the name of a worker', { type: 'string' })
const SCHEDULE_PARAM = param('path', 'schedule', 'the name of a schedule', { type: 'string' })
const QUEUE_PARAM = param('path', 'queue', 'the name of a queue, or `_all` for all', { type: 'string' })

const PAUSE_BODY = {
  type: 'object',
  properties: {
    reason: { type: 'string', maxLength: 500 },
    until: { type: 'string', format: 'date-time', description: 'it resumes by itself then' },
  },
}

export const QUEUE_ROUTES: Readonly<Record<string, JsonObject>> = {
  '/api/v1/stats': getOperation({
    summary: 'Counts, disk space and totals',
    responses: { 200: response('the numbers', ref('Stats')) },
  }),
  '/api/v1/stats/timeseries': getOperation({
    summary: 'Events per time step, and how long jobs waited and ran',
    params: [
      queryParam('window', 'how far back: 15m, 1h, 6h, 24h', { type: 'string', default: '1h' }),
      queryParam('queue', 'only of jobs of this queue that are still kept'),
      queryParam('step', 'seconds, in whole minutes; default: about sixty points', { type: 'integer', minimum: 60 }),
    ],
    responses: { 200: response('the points, oldest first', ref('Timeseries')) },
    problems: [400],
  }),
  '/api/v1/queues': getOperation({
    summary: 'Counts by queue, and which are paused',
    params: [queryParam('window', 'also what each did in this time: 15m, 1h, 6h, 24h')],
    problems: [400],
    responses: { 200: response('the queues by name, and what is set for all together', ref('Queues')) },
  }),
  '/api/v1/queues/{queue}': {
    patch: operation(
      {
        summary: 'Change settings of a queue; null takes one back, and what is not named stays',
        description: 'Answers when every worker obeys, or after 3 seconds. The settings are those of QueueSettings.',
        params: [QUEUE_PARAM],
        body: { type: 'object', description: 'new values by name' },
        responses: { 200: response('the settings as they are now', ref('SettingsResult')) },
        problems: [400, 422],
      },
      true,
    ),
  },
  '/api/v1/schedules': getOperation({
    summary: 'The schedules, when each occurs next and what came of the last time',
    responses: { 200: response('the schedules by name', listOf('Schedule')) },
  }),
  '/api/v1/schedules/{schedule}': getOperation({
    summary: 'A schedule, its next times and what it has done',
    params: [SCHEDULE_PARAM],
    responses: { 200: response('the schedule; `history` has the last 64 times, newest first', ref('ScheduleDetails')) },
    problems: [404],
  }),
  '/api/v1/schedules/{schedule}/pause': postOperation({
    summary: 'Fire no more times of a schedule until it is resumed',
    params: [SCHEDULE_PARAM],
    body: { type: 'object', properties: { reason: { type: 'string', maxLength: 500 } } },
    responses: { 200: response('the schedule', ref('Schedule')) },
    problems: [400, 404],
  }),
  '/api/v1/schedules/{schedule}/resume': postOperation({
    summary: 'Fire the times of a paused schedule again, from now on',
    params: [SCHEDULE_PARAM],
    responses: { 200: response('the schedule', ref('Schedule')) },
    problems: [404],
  }),
  '/api/v1/schedules/{schedule}/run': postOperation({
    summary: 'Enqueue the job of a schedule at once',
    params: [SCHEDULE_PARAM],
    responses: { 201: response('the job', ref('Job')) },
    problems: [404, 422],
  }),
  '/api/v1/limits': getOperation({
    summary: 'The limits, and which jobs have their numbers',
    responses: { 200: response('the limits by name', listOf('Limit')) },
  }),
  '/api/v1/queues/{queue}/pause': postOperation({
    summary: 'Claim no more jobs of a queue until it is resumed',
    description: 'Answers when every worker obeys, or after 3 seconds. What runs goes on.',
    params: [QUEUE_PARAM],
    body: PAUSE_BODY,
    responses: { 200: response('it is paused', ref('PauseResult')) },
    problems: [400, 422],
  }),
  '/api/v1/queues/{queue}/drain': postOperation({
    summary: 'Pause a queue, and wait for what it runs',
    description: 'Waits 2 seconds at most; ask again to wait longer. The pause stays.',
    params: [QUEUE_PARAM],
    body: PAUSE_BODY,
    responses: {
      200: response('nothing of it runs', ref('DrainResult')),
      202: response('it is paused, and `running` still run', ref('DrainResult')),
    },
    problems: [400, 409, 422],
  }),
  '/api/v1/queues/{queue}/resume': postOperation({
    summary: 'Claim jobs of a paused queue again',
    params: [QUEUE_PARAM],
    responses: {
      200: response('it is not paused', {
        type: 'object',
        properties: { queue: { type: 'string' }, was_paused: { type: 'boolean' } },
        required: ['queue', 'was_paused'],
      }),
    },
    problems: [422],
  }),
  '/api/v1/tags': getOperation({
    summary: 'The hundred most frequent tags, and how many jobs have each',
    responses: { 200: response('the tags', listOf('Tag')) },
  }),
  '/api/v1/workers': getOperation({
    summary: 'The workers and the jobs they run',
    responses: { 200: response('the list', listOf('Worker')) },
  }),
  '/api/v1/workers/{worker}/log': getOperation({
    summary: 'The last lines of the log of a worker',
    params: [WORKER_PARAM],
    responses: {
      200: response('at most 64 kB', {
        type: 'object',
        properties: { items: { type: 'array', items: { type: 'string' } } },
        required: ['items'],
      }),
    },
    problems: [404],
  }),
  '/api/v1/workers/{worker}/stop': postOperation({
    summary: 'Stop one worker',
    params: [WORKER_PARAM],
    body: {
      type: 'object',
      properties: {
        mode: {
          enum: STOP_MODES,
          default: 'drain',
          description: `drain: it finishes what it runs; leave: it exits now, and its jobs run on and are adopted; force: it
            ends its jobs and puts them back`,
        },
      },
    },
    responses: {
      200: response('it has ended, or cannot be told', ref('WorkerEnd')),
      202: response('it was told, and has not ended within a second', ref('WorkerEnd')),
    },
  }),
  '/api/v1/slots': getOperation({
    summary: 'Every slot of the workers of this machine: what it runs, and the CPU and memory that takes',
    responses: { 200: response('the slots in order', listOf('Slot')) },
  }),
  '/api/v1/dead/groups': getOperation({
    summary: 'Dead jobs grouped by last error',
    description: `Errors that differ only in numbers, paths, quoted texts and the like are in one group. Its jobs:
      /api/v1/jobs?state=dead&fingerprint=..., with \`exact\` /api/v1/jobs?state=dead&error=...`,
    params: [
      queryParam('queue', 'only of this queue'),
      queryParam('tag', 'only with this tag'),
      queryParam('exact', '1: only the same errors are in one group', { enum: ['1'] }),
      queryParam('sort', 'the largest group first, or that with the newest job', {
        enum: GROUP_SORTS,
        default: 'count',
      }),
    ],
    responses: { 200: response('the groups', listOf('DeadGroup')) },
    problems: [400],
  }),
  '/api/v1/config': {
    ...getOperation({
      summary: 'Every setting and its source',
      responses: { 200: response('the list', listOf('Setting')) },
    }),
    patch: operation(
      {
        summary: 'Change settings; null resets one to its default',
        body: { type: 'object', description: 'new values by key' },
        responses: { 200: response('the settings afterwards', listOf('Setting')) },
      },
      true,
    ),
  },
  '/api/v1/events': getOperation({
    summary: 'Events, newest first',
    params: [
      queryParam('job', 'only of this job'),
      queryParam('event', 'only of these kinds, separated by commas'),
      queryParam('since', 'a date and time: only events since then'),
      queryParam('until', 'a date and time: only events before then'),
      queryParam('q', 'occurs (in any case) in the job, kind, worker, error or queue'),
      queryParam('limit', 'how many at most', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
      queryParam('cursor', '`next_cursor` of the previous page'),
    ],
    responses: {
      200: response('a page', {
        type: 'object',
        properties: {
          items: { type: 'array', items: ref('Event') },
          next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['items', 'next_cursor'],
      }),
    },
    problems: [400],
  }),
  '/api/v1/stream': getOperation({
    summary: 'Changes as they happen (SSE)',
    description: `Events: \`stats\` (Counts, active_workers, worker_processes; once at the start, then when they change), \`jobs\`
      ({"changed":[Row],"removed":[id]}), \`workers\` ({"items":[Worker]}, once at the start, then when they change),
      \`events\` ({"items":[Event]}), \`reset\` ({"reason"}: too many changes to list; fetch again what you show). Changes
      within an eighth of a second are sent together. A client that reconnects with the id of the last event continues
      from there, or gets \`reset\`.`,
    params: [
      queryParam('topics', 'which events, separated by commas: jobs, stats, workers, events (default: all)'),
      LAST_EVENT_ID,
    ],
    responses: { 200: eventStream('events') },
    problems: [400],
  }),
  '/api/v1/session': {
    ...getOperation({
      summary: 'Whether this client is signed in',
      description: 'Needs no token.',
      responses: { 200: response('the session', ref('Session')) },
    }),
    ...postOperation({
      summary: 'Sign in with the token: sets the cookie',
      body: { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] },
      responses: { 200: response('signed in', ref('Session')) },
    }),
    delete: operation({ summary: 'Sign out', responses: { 204: response('the cookie is gone') } }, true),
  },
  '/api/v1/openapi.json': getOperation({
    summary: 'This document',
    responses: { 200: response('OpenAPI 3.1', { type: 'object' }) },
  }),
  '/healthz': getOperation({
    summary: 'Whether the server runs and can read its home',
    description: 'Needs no token.',
    responses: {
      200: response('it does', { type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] }),
    },
  }),
  '/metrics': getOperation({ summary: 'For Prometheus', responses: { 200: plainText('text format 0.0.4') } }),
  '/api/stats': getOperation({
    summary: 'Legacy: counts by state',
    responses: { 200: response('counts', { type: 'object', additionalProperties: { type: 'integer' } }) },
  }),
  '/api/jobs': getOperation({
    summary: 'Legacy: jobs, newest first, at most 1000',
    params: [queryParam('state', 'only in this state')],
    responses: { 200: response('jobs', { type: 'array', items: ref('Row') }) },
    problems: [400],
  }),
  '/api/metrics': getOperation({
    summary: 'Legacy: totals and latest events of the journal',
    responses: {
      200: response('numbers', {
        type: 'object',
        properties: {
          event_counts: { type: 'object', additionalProperties: { type: 'integer' } },
          avg_duration_seconds: { type: 'number' },
          recent_events: { type: 'array', items: ref('Event'), maxItems: 100 },
        },
        required: ['event_counts', 'avg_duration_seconds', 'recent_events'],
      }),
    },
  }),
  '/api/enqueue': postOperation({
    summary: 'Legacy: enqueue a job',
    body: ref('JobRequest'),
    responses: {
      200: response('done', {
        type: 'object',
        properties: { success: { const: true }, job_id: { type: 'string' }, message: { type: 'string' } },
        required: ['success', 'job_id', 'message'],
      }),
    },
  }),
  '/api/retry/{id}': postOperation({
    summary: 'Legacy: retry a job',
    params: [ID_PARAM],
    responses: {
      200: response('done', {
        type: 'object',
        properties: { success: { const: true }, message: { type: 'string' } },
        required: ['success', 'message'],
      }),
    },
  }),
}
