/** The routes that are about the whole queue, and the plain ones of older dashboards, for the OpenAPI document. */
import { ref } from './schemas.ts'
import { asked, bytes, get, gives, ID, LAST, list, type Members, operation, post, stream } from './operation.ts'

export const OTHERS: Readonly<Record<string, Members>> = {
  '/api/v1/stats': get({ summary: 'How it stands', gives: { 200: gives('numbers', ref('Stats')) } }),
  '/api/v1/stats/timeseries': get({
    summary: 'What happened in each step of time, and how long jobs waited and ran',
    params: [
      asked('window', 'how far back: 15m, 1h, 6h, 24h', { type: 'string', default: '1h' }),
      asked('step', 'seconds, whole minutes; default: about sixty points', { type: 'integer', minimum: 60 }),
    ],
    gives: { 200: gives('the points, oldest first', ref('Timeseries')) },
    refuses: [400],
  }),
  '/api/v1/queues': get({ summary: 'Counts for each queue', gives: { 200: gives('by name', list('QueueRow')) } }),
  '/api/v1/workers': get({ summary: 'The workers, and what each runs', gives: { 200: gives('all', list('Worker')) } }),
  '/api/v1/dead/groups': get({
    summary: 'Dead jobs by their last error, the most frequent first',
    about: 'All jobs of a group: /api/v1/jobs?state=dead&error=... with its exact error.',
    params: [asked('queue', 'only of this queue'), asked('tag', 'only with this tag')],
    gives: { 200: gives('the groups', list('DeadGroup')) },
  }),
  '/api/v1/config': {
    ...get({ summary: 'Every setting, and where it comes from', gives: { 200: gives('all', list('Setting')) } }),
    patch: operation(
      {
        summary: 'Change settings; null takes one back to its default',
        body: { type: 'object', description: 'new values by key' },
        gives: { 200: gives('all, as they are now', list('Setting')) },
      },
      true,
    ),
  },
  '/api/v1/events': get({
    summary: 'What happened, newest first',
    params: [
      asked('job', 'only of this job'),
      asked('event', 'only of these kinds, with commas'),
      asked('since', 'a date and time: only what happened since'),
      asked('limit', 'at most so many', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
      asked('cursor', '`next_cursor` of the page before'),
    ],
    gives: {
      200: gives('a page', {
        type: 'object',
        properties: {
          items: { type: 'array', items: ref('Event') },
          next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['items', 'next_cursor'],
      }),
    },
    refuses: [400],
  }),
  '/api/v1/stream': get({
    summary: 'What changes, as it changes (SSE)',
    about: `Events: \`stats\` (Counts, active_workers, worker_processes; once at the beginning, then when they change), \`jobs\`
      ({"changed":[Row],"removed":[id]}), \`workers\` ({"items":[Worker]}, once at the beginning, then when they change),
      \`events\` ({"items":[Event]}), \`reset\` ({"reason"}: too much has happened to be told one by one; fetch again what you
      show). What happens within an eighth of a second comes together. Connected again with the id of the last event, it
      goes on from there, or says \`reset\`.`,
    params: [asked('topics', 'which events, with commas: jobs, stats, workers, events (all)'), LAST],
    gives: { 200: stream('events') },
    refuses: [400],
  }),
  '/api/v1/session': {
    ...get({
      summary: 'May I?',
      about: 'Answers without a token, too.',
      gives: { 200: gives('who one is here', ref('Session')) },
    }),
    ...post({
      summary: 'Sign in with the token: sets the cookie',
      body: { type: 'object', properties: { token: { type: 'string' } }, required: ['token'] },
      gives: { 200: gives('signed in', ref('Session')) },
    }),
    delete: operation({ summary: 'Sign out', gives: { 204: gives('the cookie is gone') } }, true),
  },
  '/api/v1/openapi.json': get({ summary: 'This document', gives: { 200: gives('OpenAPI 3.1', { type: 'object' }) } }),
  '/healthz': get({
    summary: 'Is the server up, and can it read its home?',
    about: 'Needs no token.',
    gives: { 200: gives('yes', { type: 'object', properties: { status: { const: 'ok' } }, required: ['status'] }) },
  }),
  '/metrics': get({ summary: 'For Prometheus', gives: { 200: bytes('text format 0.0.4') } }),
  '/api/stats': get({
    summary: 'Plain: counts by state',
    gives: { 200: gives('counts', { type: 'object', additionalProperties: { type: 'integer' } }) },
  }),
  '/api/jobs': get({
    summary: 'Plain: jobs, newest first, at most 1000',
    params: [asked('state', 'only in this state')],
    gives: { 200: gives('jobs', { type: 'array', items: ref('Row') }) },
    refuses: [400],
  }),
  '/api/metrics': get({
    summary: 'Plain: what the journal tells',
    gives: {
      200: gives('numbers', {
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
  '/api/enqueue': post({
    summary: 'Plain: enqueue a job',
    body: ref('JobRequest'),
    gives: {
      200: gives('done', {
        type: 'object',
        properties: { success: { const: true }, job_id: { type: 'string' }, message: { type: 'string' } },
        required: ['success', 'job_id', 'message'],
      }),
    },
  }),
  '/api/retry/{id}': post({
    summary: 'Plain: retry a job',
    params: [ID],
    gives: {
      200: gives('done', {
        type: 'object',
        properties: { success: { const: true }, message: { type: 'string' } },
        required: ['success', 'message'],
      }),
    },
  }),
}
