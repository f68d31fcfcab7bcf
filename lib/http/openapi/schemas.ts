/**
 * What goes over HTTP, as JSON Schema: the members of the OpenAPI document that the routes refer to by name.
 *
 * Members are named as they lie in the job's file. A job over HTTP is the JSON of its file, as `queuectl show --json`
 * prints it, and `lies_in`. Readers ignore members they do not know.
 */
import { STATES, SHOWN_STATES } from '../../job/state.ts'

type Schema = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const time = { type: 'string', format: 'date-time', description: 'ISO 8601, UTC' }
const count = { type: 'integer', minimum: 0 }
const whole = { type: 'integer' }
const number = { type: 'number' }
const flag = { type: 'boolean' }
const command = { oneOf: [text, { type: 'array', items: text }], description: 'a shell line, or an argv' }
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const described = (description: string, schema: Schema): Schema => ({ ...schema, description })
const arrayOf = (items: Schema): Schema => ({ type: 'array', items })
const object = (properties: Schema, required: readonly string[] = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
})
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** As people know the states: what is only not due yet is pending. */
const shown = described('as people know it: what is only not due yet is `pending`', { enum: SHOWN_STATES })
const liesIn = described('as `state`, but `scheduled` for what is not due yet', { enum: STATES })
const progress = object({ pct: described('0 to 100', number), note: text }, [])

/** Members that a record may have besides the first six. */
const record = {
  id: text,
  command,
  state: shown,
  lies_in: liesIn,
  priority: described('-999 to 999, higher first', whole),
  queue: text,
  tags: arrayOf(text),
  max_retries: described('attempts in all', count),
  attempts: described('finished runs that failed or succeeded since the last retry by hand', count),
  runs: described('starts, for ever', count),
  interruptions: count,
  retry_laters: count,
  run_at: time,
  created_at: time,
  updated_at: time,
  started_at: time,
  finished_at: time,
  next_retry_at: time,
  exit_code: whole,
  signal: text,
  timed_out: { const: true },
  cancelled: object({ at: time, reason: text }),
  last_error: text,
  duration_ms: number,
  worker: text,
  slot: whole,
  strays: arrayOf(whole),
  timeout: described('seconds, 0 for none', number),
  backoff_base: number,
  max_backoff: number,
  jitter: number,
  cwd: text,
  success_codes: arrayOf(whole),
  retry_later_codes: arrayOf(whole),
  give_up_codes: arrayOf(whole),
  progress: described('how far a running job says it is', progress),
}
const always = ['id', 'command', 'state', 'lies_in', 'priority', 'queue', 'max_retries', 'attempts', 'runs']
const times = ['created_at', 'updated_at']

const counts = {
  pending: described('with the scheduled ones', count),
  scheduled: described('of the pending: not due yet', count),
  processing: count,
  completed: count,
  failed: count,
  dead: count,
  held: count,
  corrupt: described('files that are no jobs', count),
}
const durations = {
  count,
  average: orNull(number),
  p50: orNull(number),
  p95: orNull(number),
}
const eventCounts = { enqueued: count, started: count, completed: count, failed: count, dead: count, cancelled: count }

export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Job: object(
    { ...record, env: { type: 'object', additionalProperties: text }, stdin: text, history: arrayOf(ref('Run')) },
    [...always, ...times, 'history'],
  ),
  JobRow: described('a job in a list: without history, env and stdin', object(record, [...always, ...times])),
  Unreadable: described(
    'a file that lies where jobs lie and cannot be understood, in the place of its job',
    object({ id: text, state: shown, lies_in: liesIn, unreadable: text, path: text }),
  ),
  Row: { oneOf: [ref('JobRow'), ref('Unreadable')] },
  JobRequest: {
    type: 'object',
    description: 'as for `queuectl enqueue`; published whole as queuectl/job.schema.json. Unknown members are kept',
    properties: {
      command,
      id: text,
      priority: whole,
      queue: text,
      tags: arrayOf(text),
      max_retries: count,
      run_at: text,
    },
    required: ['command'],
  },
  JobChange: {
    type: 'object',
    description: 'members to change, as in JobRequest; null takes one back to its default',
  },
  Run: object(
    {
      run: described('its number among all starts of the job, for ever', count),
      attempt: described('absent when it used none', count),
      outcome: {
        enum: ['running', 'completed', 'failed', 'retry_later', 'gave_up', 'cancelled', 'interrupted', 'given_back'],
      },
      worker: text,
      slot: whole,
      started_at: time,
      finished_at: time,
      duration_ms: number,
      exit_code: whole,
      signal: text,
      timed_out: { const: true },
      error: text,
      strays: arrayOf(whole),
    },
    ['run', 'outcome'],
  ),
  Attempt: {
    allOf: [
      ref('Run'),
      object({ stdout_bytes: orNull(count), stderr_bytes: described('null: there is no output', orNull(count)) }),
    ],
  },
  Jobs: object({
    items: arrayOf(ref('Row')),
    next_cursor: described('for the page after this one; null on the last', orNull(text)),
    total: described('all that match', count),
    total_is_exact: described('false while the server has not read every file yet: ask again', flag),
  }),
  Filter: object(
    {
      state: described('several with commas; scheduled is a part of pending', text),
      queue: text,
      tag: text,
      q: described('occurs, in whatever case, in id, command, last error, queue or a tag', text),
      error: described('the last error is exactly this', text),
    },
    [],
  ),
  Bulk: object(
    {
      action: { enum: ['retry', 'cancel', 'hold', 'release', 'delete'] },
      ids: { ...arrayOf(text), maxItems: 10_000 },
      filter: ref('Filter'),
      expected_count: described('how many the filter is believed to match: needed with a filter unless dry_run', count),
      dry_run: flag,
      reason: described('with cancel', text),
      cancelled: described('with retry by filter: cancelled jobs too', flag),
    },
    ['action'],
  ),
  BulkResult: object({
    action: text,
    dry_run: flag,
    matched: count,
    changed: described('or would be, in a dry run', count),
    skipped: arrayOf(object({ id: text, reason: text })),
    skipped_count: described('`skipped` names the first 1000', count),
  }),
  Counts: object(counts),
  Stats: object({
    ...counts,
    active_workers: described('slots of living workers', count),
    worker_processes: count,
    home: text,
    disk: object({ state: { enum: ['ok', 'low', 'full'] }, free_bytes: number }),
    oldest_ready: described('of the jobs that may run now', orNull(object({ id: text, since: time, seconds: number }))),
    events: described('how often each thing happened, ever', { type: 'object', additionalProperties: count }),
    run_ms: described('of completed runs, ever', object(durations)),
  }),
  Timeseries: object({
    from: time,
    to: time,
    step: described('seconds', count),
    points: arrayOf(
      object({
        at: described('where this step begins', time),
        ...eventCounts,
        wait_ms_p50: orNull(number),
        wait_ms_p95: orNull(number),
        run_ms_p50: orNull(number),
        run_ms_p95: orNull(number),
      }),
    ),
    totals: object({ ...eventCounts, wait_ms: object(durations), run_ms: object(durations) }),
    is_complete: described('false while the server is still reading the journal', flag),
  }),
  QueueRow: object({ queue: text, ...counts, oldest_ready_at: orNull(time) }, [
    'queue',
    'pending',
    'scheduled',
    'processing',
    'completed',
    'failed',
    'dead',
    'held',
    'oldest_ready_at',
  ]),
  Worker: object(
    {
      name: text,
      pid: whole,
      life: described('dead: its jobs have not been taken over yet; elsewhere: on another machine', {
        enum: ['alive', 'dead', 'elsewhere'],
      }),
      slots: count,
      only: text,
      started_at: text,
      log: text,
      lease_age: number,
      running: arrayOf(
        object({ id: text, slot: whole, run: count, command, started_at: time }, ['id', 'run', 'command']),
      ),
    },
    ['name', 'pid', 'life', 'slots', 'started_at', 'log', 'running'],
  ),
  DeadGroup: object({
    error: text,
    count,
    jobs: described('the newest ten ids', arrayOf(text)),
    last: described('when the newest died', orNull(time)),
  }),
  Setting: object({
    key: text,
    value: {},
    default: {},
    source: { enum: ['default', 'file', 'environment'] },
    meaning: text,
    expected: text,
  }),
  Event: object(
    {
      at: time,
      event: text,
      job: text,
      run: count,
      worker: text,
      duration_ms: number,
      exit_code: whole,
      error: text,
      due: time,
      text: described('the sentence for people', text),
    },
    ['at', 'event', 'job', 'text'],
  ),
  Session: object({
    needs_token: flag,
    authenticated: described('true as well when no token is needed', flag),
    read_only: flag,
    version: text,
    home: described('null unless authenticated', orNull(text)),
  }),
  Problem: described(
    'RFC 9457',
    object(
      {
        type: described('urn:queuectl:<code>', text),
        title: text,
        status: whole,
        detail: text,
        code: described('the error codes of the README, or HTTP', text),
        hint: described('what to do next', text),
      },
      ['type', 'title', 'status', 'detail', 'code'],
    ),
  ),
}
