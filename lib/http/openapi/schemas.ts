/**
 * What goes over HTTP, as JSON Schema: the members of the OpenAPI document that the routes refer to by name. The pages
 * take their types from here, by {@link Shape}: what they read is what this file describes.
 *
 * Members are named as they lie in the job's file. A job over HTTP is the JSON of its file, as `queuectl show --json`
 * prints it, and `lies_in`. Readers ignore members they do not know.
 */
import { QUEUE_MEMBERS } from '../../job/queue-settings.ts'
import { STATES, SHOWN_STATES } from '../../job/state.ts'
import { MISSED, OVERLAP } from '../../schedule/terms.ts'
import { PROBLEM_TYPES, problemUrn } from './problem-types.ts'
import type { TypeOf } from './schema-type.ts'

const text = { type: 'string' } as const
const time = { type: 'string', format: 'date-time', description: 'ISO 8601, UTC' } as const
const count = { type: 'integer', minimum: 0 } as const
const whole = { type: 'integer' } as const
const number = { type: 'number' } as const
const flag = { type: 'boolean' } as const
const command = {
  oneOf: [text, { type: 'array', items: text }],
  description: 'a shell line, or an argv',
} as const
const orNull = <S extends object>(schema: S) => ({ anyOf: [schema, { type: 'null' }] }) as const
const described = <S extends object>(description: string, schema: S): S => ({ ...schema, description })
const arrayOf = <S extends object>(items: S) => ({ type: 'array', items }) as const
const mapOf = <S extends object>(additionalProperties: S) => ({ type: 'object', additionalProperties }) as const
const oneOf = <const V extends readonly unknown[]>(values: V) => ({ enum: values }) as const
/** All properties are required, unless `required` lists those that are. */
const object = <P extends object, R extends keyof P = keyof P>(
  properties: P,
  required: readonly R[] = Object.keys(properties) as R[],
) => ({ type: 'object', properties, required }) as const
export const ref = <N extends string>(name: N) => ({ $ref: `#/components/schemas/${name}` as const })

const shown = described(
  'as people know it: a job that is only not due yet, or waits for others, is `pending`',
  oneOf(SHOWN_STATES),
)
const liesIn = described(
  'as `state`, but `scheduled` for a job that is not due yet, and `waiting` for one that waits for others',
  oneOf(STATES),
)
const progress = object({ pct: described('0 to 100', number), note: text }, [])

const pauseMembers = { reason: text, by: text, at: time, until: described('it ends by itself then', time) } as const
const pause = described(
  'why no job of it is claimed; null while it is not paused',
  object({ ...pauseMembers, all: described('all queues are paused, not this one alone', flag) }, ['all']),
)

const queueSettings = object(
  {
    limit: described(QUEUE_MEMBERS.limit.meaning, count),
    key_limit: described(QUEUE_MEMBERS.key_limit.meaning, count),
    rate: described(QUEUE_MEMBERS.rate.meaning, text),
    halt_after: described(QUEUE_MEMBERS.halt_after.meaning, count),
    timeout: described(QUEUE_MEMBERS.timeout.meaning, number),
    max_retries: described(QUEUE_MEMBERS.max_retries.meaning, count),
    backoff_base: described(QUEUE_MEMBERS.backoff_base.meaning, number),
    max_backoff: described(QUEUE_MEMBERS.max_backoff.meaning, number),
    description: described(QUEUE_MEMBERS.description.meaning, text),
  },
  [],
)
const settings = described(
  'its settings; null: it has none; `unreadable`: why they cannot be obeyed, so that no job of it starts',
  { anyOf: [ref('QueueSettings'), object({ unreadable: text }), { type: 'null' }] } as const,
)

const scheduleMembers = {
  name: text,
  state: described(
    '`over`: it has no time left; `bad`: its file cannot be obeyed',
    oneOf(['on', 'paused', 'bad', 'over']),
  ),
  when: described('in words; of a bad one what is wrong with it', text),
  reason: described('why it is paused', text),
  next: orNull(time),
  last: described('what it did about its last time; null: nothing yet', {
    anyOf: [ref('Occurrence'), { type: 'null' }],
  } as const),
  runs: described('how many jobs it has made', count),
  warnings: described('what is allowed and seldom meant', arrayOf(text)),
  description: text,
} as const
const SCHEDULE_ALWAYS = ['name', 'state', 'when', 'next', 'last', 'runs', 'warnings'] as const

/** The members of a job. */
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
  runs: described('number of starts, never reset', count),
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
  timed_out: { const: true } as const,
  after: described(
    'what must have ended before it may run',
    arrayOf({ oneOf: [text, object({ job: text, when: oneOf(['success', 'any', 'fail']) }, ['job'])] }),
  ),
  when_impossible: oneOf(['cancel', 'wait']),
  after_delay: described('seconds', number),
  key: described('jobs of one key run one after the other, or as many as the queue allows', text),
  unique: described('a key of which there may be one job only at a time', text),
  unique_while: described('how long another job keeps this one out: queued, active or success:TIME', text),
  on_conflict: oneOf(['ignore', 'reject']),
  deduplicated: described('in the answer to a request: nothing was enqueued, this job has the key', {
    const: true,
  } as const),
  met: described('those of `after` that have ended as they must', arrayOf(text)),
  waits_for: described('while it waits for others: their ids', arrayOf(text)),
  cancelled: object({ at: time, reason: text, because: text }, ['at', 'reason']),
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
  nice: described('0 to 19, how much it lets other processes go first', whole),
  ionice: described('idle: it uses the disk only while nobody else does', oneOf(['idle'])),
  meta: described('whatever the client put there', {}),
  warnings: described('what was read as another member when it was enqueued, and what means nothing', arrayOf(text)),
  progress: described('what a running job reports about its progress', progress),
}
const always = [
  'id',
  'command',
  'state',
  'lies_in',
  'priority',
  'queue',
  'max_retries',
  'attempts',
  'runs',
  'interruptions',
  'retry_laters',
  'created_at',
  'updated_at',
] as const

const counts = {
  pending: described('including the scheduled and the waiting ones', count),
  scheduled: described('the pending jobs that are not due yet', count),
  waiting: described('the pending jobs that wait for others', count),
  processing: count,
  completed: count,
  failed: count,
  dead: count,
  held: count,
  corrupt: described('files that are not jobs', count),
}
const settingValue = { anyOf: [number, text, flag] } as const
const durations = {
  count,
  average: orNull(number),
  p50: orNull(number),
  p95: orNull(number),
}
const eventCounts = { enqueued: count, started: count, completed: count, failed: count, dead: count, cancelled: count }

const recent = described(
  'with `window`: what its jobs that are still kept did in that time',
  object({ ...eventCounts, wait_ms: object(durations), run_ms: object(durations) }),
)

/** The orders of groups of dead jobs. */
export const GROUP_SORTS = ['count', 'last'] as const

/** What can be done to one or to many jobs. */
export const BULK_ACTIONS = ['retry', 'cancel', 'hold', 'release', 'delete', 'priority', 'move'] as const

/** How a worker is stopped. */
export const STOP_MODES = ['drain', 'leave', 'force'] as const

const PROBLEM_CODES = Object.keys(PROBLEM_TYPES) as (keyof typeof PROBLEM_TYPES)[]

/** Why a job is not running. */
const REASONS = [
  'running',
  'over',
  'held',
  'queue_paused',
  'settings_unreadable',
  'limit_full',
  'rate',
  'waits_for',
  'due',
  'unreadable',
  'corrupt',
  'not_taken_in',
  'earlier_run',
  'disk_full',
  'no_worker',
  'held_back',
  'queue_not_taken',
  'slots_busy',
  'ahead',
  'next',
] as const

export const SCHEMAS = {
  Job: object({ ...record, env: mapOf(text), stdin: text, history: arrayOf(ref('Run')) }, [...always, 'history']),
  JobRow: described('a job in a list: without `history`, `env` and `stdin`', object(record, always)),
  Unreadable: described(
    'a file in a state directory that cannot be read as a job',
    object({ id: text, state: shown, lies_in: liesIn, unreadable: text, path: text }),
  ),
  Row: { oneOf: [ref('JobRow'), ref('Unreadable')] } as const,
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
    description: 'members to change, as in JobRequest; null resets one to its default',
  },
  Run: object(
    {
      run: described('its number among all starts of the job', count),
      attempt: described('absent when the run used no attempt', count),
      outcome: oneOf([
        'running',
        'completed',
        'failed',
        'retry_later',
        'gave_up',
        'cancelled',
        'interrupted',
        'given_back',
      ]),
      worker: text,
      slot: whole,
      started_at: time,
      finished_at: time,
      duration_ms: number,
      exit_code: whole,
      signal: text,
      timed_out: { const: true } as const,
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
  } as const,
  LogLines: object({
    stream: oneOf(['stdout', 'stderr']),
    from: described('the number of the first line', count),
    items: described(
      'fewer than asked for when they are long',
      arrayOf(object({ text, omitted: described('bytes left out at its end', count) }, ['text'])),
    ),
    total: described('how many lines there are; the last one may have no end yet', count),
    complete: described('how many lines have an end', count),
    offset: described('where the line after those begins (bytes)', count),
    groups: described(
      'lines from `::group::TITLE` to `::endgroup::`; without `to` while it is open',
      arrayOf(object({ from: count, to: count, title: text }, ['from', 'title'])),
    ),
  }),
  LogMatches: object({
    items: described(
      'those of stdout, then those of stderr',
      arrayOf(object({ stream: oneOf(['stdout', 'stderr']), line: count, text: described('an excerpt', text) })),
    ),
    is_complete: described('false when there may be more than `limit`', flag),
  }),
  Jobs: object({
    items: arrayOf(ref('Row')),
    next_cursor: described('the cursor of the next page; null on the last', orNull(text)),
    total: described('how many jobs match', count),
    total_is_exact: described('false while the server is still reading the files', flag),
  }),
  Filter: object(
    {
      state: described('one or more, separated by commas; pending includes scheduled', text),
      queue: text,
      tag: text,
      q: described('occurs (in any case) in the id, command, last error, queue or a tag', text),
      error: described('the last error is exactly this', text),
      fingerprint: described('the last error is alike', text),
      since: described('last changed at this time or later', text),
      until: described('last changed before this time', text),
    },
    [],
  ),
  Bulk: object(
    {
      action: oneOf(BULK_ACTIONS),
      ids: { ...arrayOf(text), maxItems: 10_000 },
      filter: ref('Filter'),
      expected_count: described('how many jobs the filter matches: required with a filter unless dry_run', count),
      dry_run: flag,
      reason: described('with cancel', text),
      priority: described('with priority: the new one', whole),
      queue: described('with move: the new one', text),
      cancelled: described('with retry by filter: cancelled jobs too', flag),
    },
    ['action'],
  ),
  BulkResult: object({
    action: text,
    dry_run: flag,
    matched: count,
    changed: described('changed jobs; in a dry run those that would be', count),
    skipped: arrayOf(object({ id: text, reason: text })),
    skipped_count: described('all skipped jobs; `skipped` lists the first 1000', count),
  }),
  Operation: object(
    {
      id: text,
      action: oneOf(BULK_ACTIONS),
      state: described(
        'cancelled: it ended between two jobs, and what it had done stays; failed: see `error`',
        oneOf(['running', 'done', 'cancelled', 'failed']),
      ),
      matched: count,
      changed: described('so far', count),
      skipped: arrayOf(object({ id: text, reason: text })),
      skipped_count: described('all skipped jobs; `skipped` lists the first 1000', count),
      started_at: time,
      ended_at: orNull(time),
      error: text,
    },
    ['id', 'action', 'state', 'matched', 'changed', 'skipped', 'skipped_count', 'started_at', 'ended_at'],
  ),
  Counts: object(counts),
  Stats: object({
    ...counts,
    active_workers: described('slots of the workers that answer', count),
    worker_processes: described('workers that answer', count),
    not_answering: described('workers that are alive and do not answer', count),
    elsewhere: described('workers of which cannot be seen from here whether they live', count),
    held_back: described('workers that start no job now, by their limits', count),
    home: text,
    disk: object({ state: oneOf(['ok', 'low', 'full']), free_bytes: number }),
    oldest_ready: described(
      'the job that has been ready to run for longest',
      orNull(object({ id: text, since: time, seconds: number })),
    ),
    events: described('events by kind since the journal began', mapOf(count)),
    run_ms: described('of completed runs since the journal began', object(durations)),
  }),
  Timeseries: object({
    from: time,
    to: time,
    step: described('seconds', count),
    points: arrayOf(
      object({
        at: described('start of the step', time),
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
  Occurrence: object(
    {
      at: time,
      did: oneOf(['began', 'fired', 'skipped', 'missed']),
      job: described('that was made', text),
      state: described('of that job; absent when it is gone', text),
    },
    ['at', 'did'],
  ),
  Schedule: object(scheduleMembers, SCHEDULE_ALWAYS),
  ScheduleDetails: object(
    {
      ...scheduleMembers,
      tz: described('the time zone of its times', text),
      missed: described('what becomes of times at which no worker was there', oneOf(MISSED)),
      overlap: described('what happens while its last job is not finished', oneOf(OVERLAP)),
      jitter_seconds: described('up to how much later each job is made', number),
      job: described('the request of each job', ref('JobRequest')),
      upcoming: described('its next times, ten at most', arrayOf(time)),
      history: arrayOf(ref('Occurrence')),
    },
    [...SCHEDULE_ALWAYS, 'upcoming', 'history'],
  ),
  QueueSettings: queueSettings,
  SettingsResult: object({ queue: text, settings: ref('QueueSettings'), not_obeying: arrayOf(text) }),
  Limit: object({
    limit: described('`all`, or `q.` and the queue', text),
    queue: described('`_all`: it counts the commands of all queues', text),
    cap: orNull(described('how many may run at a time', count)),
    taken: arrayOf(object({ number: count, job: described('absent: taken by hand', text), worker: text }, ['number'])),
  }),
  QueueRow: object({ queue: text, ...counts, oldest_ready_at: orNull(time), paused: orNull(pause), settings, recent }, [
    'queue',
    'pending',
    'scheduled',
    'waiting',
    'processing',
    'completed',
    'failed',
    'dead',
    'held',
    'oldest_ready_at',
    'paused',
    'settings',
  ]),
  Queues: object({
    items: arrayOf(ref('QueueRow')),
    all: object({ paused: orNull(pause), settings }),
  }),
  DrainResult: object({
    queue: text,
    not_obeying: described('workers that may still claim jobs of it', arrayOf(text)),
    running: described('the jobs of it that still run', arrayOf(text)),
  }),
  WorkerEnd: object({
    name: text,
    end: described(
      'stopping: it finishes what it runs; unreachable: it cannot be told from here, or does not answer',
      oneOf(['stopped', 'stopping', 'unreachable']),
    ),
  }),
  Slot: object(
    {
      worker: text,
      slot: count,
      job: described(
        'what it runs; absent while it is free',
        object(
          {
            id: text,
            run: count,
            command,
            started_at: time,
            elapsed_ms: number,
            pid: described('the leader of its process group', whole),
            pids: arrayOf(whole),
            cpu_percent: described('over 200 ms, of all its processes; 100 is one busy core', number),
            cpu_ms: described('since it began', number),
            memory_bytes: number,
          },
          ['id', 'run', 'command', 'pids', 'cpu_percent', 'cpu_ms', 'memory_bytes'],
        ),
      ),
    },
    ['worker', 'slot'],
  ),
  PauseResult: object(
    {
      queue: text,
      not_obeying: described('workers that may still claim jobs of it: not answering, or of an older version', {
        type: 'array',
        items: text,
      }),
    },
    ['queue', 'not_obeying'],
  ),
  Worker: object(
    {
      name: text,
      pid: whole,
      life: described(
        'dead: its jobs have not been recovered yet; elsewhere: it cannot be seen from here whether it lives',
        oneOf(['alive', 'dead', 'elsewhere']),
      ),
      slots: count,
      only: described('the one job it runs', text),
      queues: described('it takes only jobs of these', arrayOf(text)),
      not_queues: described('it takes no jobs of these', arrayOf(text)),
      limits: described(
        'what it was told to keep to',
        object({ max_load: number, min_free_mem: whole, max_jobs: whole, idle_exit: number }, []),
      ),
      held_back: described('why it starts no job now, by its limits', text),
      started_at: text,
      log: text,
      not_answering_since: described('it is alive, but has not renewed its lease since', time),
      lease_age: described('seconds since a worker elsewhere renewed its lease', number),
      running: arrayOf(
        object({ id: text, slot: whole, run: count, command, started_at: time }, ['id', 'run', 'command']),
      ),
    },
    ['name', 'pid', 'life', 'slots', 'started_at', 'log', 'running'],
  ),
  Explanation: object(
    {
      id: text,
      state: described('as `lies_in` of a job, or corrupt', text),
      reasons: described(
        'what keeps it from starting, in the order in which that must be cleared, with members that depend on `why`',
        arrayOf(
          object(
            {
              why: oneOf(REASONS),
              jobs: described('with `ahead`: how many are before it', count),
              next: described('with `ahead`: the first of them', arrayOf(text)),
              by: described('with `slots_busy`: what runs', arrayOf(object({ id: text }))),
            },
            ['why'],
          ),
        ),
      ),
      sentences: described('the reasons for people, as `queuectl explain` prints them', arrayOf(text)),
      starts_at: described('when it will probably start; absent when that is unknown', time),
      starts: described('the same as a sentence', text),
      history: described('the recent runs that the estimate is based on', object({ runs: count, average_ms: number })),
    },
    ['id', 'state', 'reasons', 'sentences'],
  ),
  Dependency: object({
    id: text,
    state: described('gone: there is no such job', oneOf([...SHOWN_STATES, 'gone'])),
    when: oneOf(['success', 'any', 'fail']),
    met: described('it was seen to hold', flag),
    next: described('what it waits for itself, or what waits for it', arrayOf(ref('Dependency'))),
  }),
  Dependencies: object({
    id: text,
    state: shown,
    parents: arrayOf(ref('Dependency')),
    children: arrayOf(ref('Dependency')),
  }),
  Tag: object({ tag: text, jobs: count }),
  DeadGroup: object({
    error: described('that of the newest job', text),
    fingerprint: described(
      'what the errors have in common: numbers, hexadecimal numbers, UUIDs, paths, addresses and quoted texts are masked',
      text,
    ),
    count,
    queues: arrayOf(text),
    jobs: described('the newest ten ids', arrayOf(text)),
    first: described('when the oldest died', orNull(time)),
    last: described('when the newest died', orNull(time)),
  }),
  Setting: object({
    key: text,
    value: settingValue,
    default: settingValue,
    source: oneOf(['default', 'file', 'environment']),
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
      queue: text,
      due: time,
      text: described('the event as a sentence', text),
    },
    ['at', 'event', 'job', 'text'],
  ),
  Session: object({
    needs_token: flag,
    authenticated: described('also true when no token is needed', flag),
    read_only: flag,
    version: text,
    home: described('null unless authenticated', orNull(text)),
    time_zone: described('that of the server, such as Europe/Berlin; null unless authenticated', orNull(text)),
  }),
  Problem: described(
    'RFC 9457',
    object(
      {
        type: {
          ...oneOf(PROBLEM_CODES.map(problemUrn)),
          description: PROBLEM_CODES.map((code) => `- \`${problemUrn(code)}\`: ${PROBLEM_TYPES[code]}`).join('\n'),
        },
        title: text,
        status: whole,
        detail: text,
        code: described('the error codes of `queuectl help scripts`, or HTTP, or BUG', oneOf(PROBLEM_CODES)),
        hint: described('what to do next', text),
      },
      ['type', 'title', 'status', 'detail', 'code'],
    ),
  ),
}

/** The TypeScript type of a schema, by its name: `Shape<'Job'>`. */
export type Shape<N extends keyof typeof SCHEMAS> = TypeOf<(typeof SCHEMAS)[N], typeof SCHEMAS>
