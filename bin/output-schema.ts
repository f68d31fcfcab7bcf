/**
 * Describes what every command prints with `--json`, as JSON Schema: `dist/output.schema.json`, which the package exports. A
 * command's output is `#/$defs/<its words, joined by a dash>`. Members are those of the HTTP API where it has the same.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CONFIG_KEYS } from '../lib/config/keys.ts'
import { DEFAULTS } from '../lib/config/schema.ts'
import { EXIT_STATUS } from '../lib/errors.ts'
import { SCHEMAS } from '../lib/http/openapi/schemas.ts'
import { SHOWN_STATES } from '../lib/job/state.ts'

type Schema = Readonly<Record<string, unknown>>

const text = { type: 'string' }
const count = { type: 'integer', minimum: 0 }
const time = { type: 'string', format: 'date-time' }
const flag = { type: 'boolean' }
const state = { enum: SHOWN_STATES }
const arrayOf = (items: Schema): Schema => ({ type: 'array', items })
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` })
/** All members are there but those called optional. */
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})
const described = (description: string, schema: Schema): Schema => ({ description, ...schema })
/** What one id, or one job, prints, and what several do. */
const oneOrMany = (one: Schema): Schema => ({ anyOf: [one, arrayOf(one)] })

/** Schemas of the HTTP API, as they are on the command line. */
const { lies_in: _no, ...jobMembers } = SCHEMAS.Job.properties
const job = described('a job: the JSON of its file', {
  type: 'object',
  properties: { ...jobMembers, history: arrayOf(ref('Run')) },
  required: SCHEMAS.Job.required.filter((name) => name !== 'lies_in'),
})
const unreadable = described(
  'a file in a state directory that cannot be read as a job',
  object({ id: text, state, unreadable: text, path: text }),
)
const lastOutput = object({ run: count, stdout: text, stderr: text })
const startedWorker = object({ name: text, pid: count, slots: count, log: text })
const counts = SCHEMAS.Counts.properties
const ms = { type: ['number', 'null'] }
const durations = object({ count, total: { type: 'number' }, average: ms, p50: ms, p95: ms })
const setting = { type: ['number', 'string', 'boolean'] }
const settings = described('each key with its value; a secret is shown as (set)', {
  type: 'object',
  properties: Object.fromEntries(CONFIG_KEYS.map((key) => [key, { type: typeof DEFAULTS[key] }])),
})
const bulk = described('what a verb has done to jobs', ref('Bulk'))

const { completed: _completed, ...unfinished } = SCHEMAS.QueueRow.properties
const queueInfo = described('a queue: its unfinished jobs by state, its pause and its settings', {
  type: 'object',
  properties: unfinished,
  required: SCHEMAS.QueueRow.required.filter((name) => name !== 'completed'),
})

const schedule = ref('Schedule')

/** What each command prints on stdout. */
const OUTPUTS: Readonly<Record<string, Schema>> = {
  enqueue: described(
    'the job, or the array of them; with --wait as they ended',
    oneOrMany({ anyOf: [ref('Job'), ref('Removed')] }),
  ),
  status: {
    anyOf: [
      object(
        {
          ...counts,
          active_workers: count,
          worker_processes: count,
          not_answering: count,
          held_back: count,
          elsewhere: count,
          home: text,
          disk: object(
            { state: { enum: ['ok', 'low', 'full'] }, free_bytes: count, free_inodes: count, ballast: flag },
            ['free_inodes'],
          ),
          paused: described('the pauses in force, by queue; that of all by _all', { type: 'object' }),
          bad_schedules: described('why a schedule fires nothing, by name', { type: 'object' }),
          unreadable_settings: described('why the settings of a queue cannot be obeyed, by queue', { type: 'object' }),
          troubles: arrayOf({ type: 'object' }),
        },
        ['paused', 'unreadable_settings', 'bad_schedules', 'troubles'],
      ),
      ref('Job'),
    ],
  },
  list: arrayOf(ref('Listed')),
  show: oneOrMany(ref('Job')),
  logs: oneOrMany(object({ id: text, run: count, stdout: text, stderr: text })),
  run: { anyOf: [ref('Job'), ref('Removed')] },
  exec: object(
    {
      id: text,
      exit_code: { type: ['integer', 'null'] },
      signal: text,
      timed_out: flag,
      succeeded: flag,
      error: text,
    },
    ['exit_code', 'signal', 'error'],
  ),
  wait: oneOrMany(
    object(
      {
        id: text,
        state: { enum: [...SHOWN_STATES, 'removed'] },
        exit_status: count,
        exit_code: count,
        last_error: text,
      },
      ['exit_code', 'last_error'],
    ),
  ),
  retry: bulk,
  cancel: bulk,
  prune: bulk,
  hold: bulk,
  release: bulk,
  priority: bulk,
  move: bulk,
  top: {
    anyOf: [
      object({
        counts: object(counts),
        workers: arrayOf(ref('Worker')),
        next: arrayOf(ref('Listed')),
        failures: arrayOf(ref('Listed')),
      }),
      bulk,
    ],
  },
  edit: oneOrMany(ref('Job')),
  explain: oneOrMany(
    object(
      {
        id: text,
        state: { enum: [...SHOWN_STATES, 'corrupt'] },
        reasons: arrayOf({ type: 'object', properties: { why: text }, required: ['why'] }),
        starts_at: time,
        history: object({ runs: count, average_ms: { type: 'number' } }),
      },
      ['starts_at', 'history'],
    ),
  ),
  next: arrayOf(ref('Listed')),
  ps: arrayOf(
    object(
      {
        worker: text,
        slot: count,
        job: object(
          {
            id: text,
            run: count,
            command: jobMembers.command,
            started_at: time,
            elapsed_ms: { type: 'number' },
            pid: count,
            pids: arrayOf(count),
            cpu_percent: { type: 'number' },
            cpu_ms: { type: 'number' },
            memory_bytes: count,
          },
          ['started_at', 'elapsed_ms', 'pid'],
        ),
      },
      ['job'],
    ),
  ),
  'worker-start': startedWorker,
  'worker-stop': object({ stopped: arrayOf(text), left: arrayOf(text), unreachable: arrayOf(text) }),
  'worker-restart': object({ stopped: arrayOf(text), started: arrayOf(startedWorker) }),
  'worker-list': arrayOf(ref('Worker')),
  'worker-health': arrayOf(ref('Worker')),
  'queue-list': arrayOf(queueInfo),
  'queue-show': queueInfo,
  'queue-set': ref('SettingsResult'),
  'queue-unset': ref('SettingsResult'),
  'queue-rm': ref('SettingsResult'),
  'schedule-add': { anyOf: [schedule, { type: 'object' }] },
  'schedule-list': arrayOf(schedule),
  'schedule-show': ref('ScheduleDetails'),
  'schedule-next': arrayOf(object({ name: text, at: time })),
  'schedule-check': arrayOf(object({ file: text, line: count, ok: flag, says: text, warnings: arrayOf(text) })),
  'schedule-pause': schedule,
  'schedule-resume': schedule,
  'schedule-run-now': ref('Job'),
  'schedule-edit': schedule,
  'schedule-rm': object({ removed: text }),
  'schedule-import': arrayOf(
    object({ line: count, name: text, schedule: { type: 'object' }, why: text }, ['name', 'schedule', 'why']),
  ),
  'limit-list': arrayOf(ref('Limit')),
  'limit-show': ref('Limit'),
  'queue-pause': arrayOf(ref('PauseResult')),
  'queue-resume': arrayOf(object({ queue: text, was_paused: flag })),
  'queue-drain': arrayOf(object({ queue: text, running: arrayOf(text) })),
  deps: object({ id: text, state: text, parents: arrayOf(ref('Dependency')), children: arrayOf(ref('Dependency')) }),
  'worker-forget': object({ forgotten: text }),
  'service-install': object({ name: text, files: arrayOf(object({ path: text, text })), started: arrayOf(text) }),
  'service-uninstall': object({ name: text, removed: arrayOf(text) }),
  'service-status': object(
    {
      name: text,
      scope: { enum: ['user', 'system'] },
      home: text,
      supervisor: { enum: ['systemd', 'launchd'] },
      installed: flag,
      running: flag,
      lingers: flag,
      units: arrayOf(object({ unit: text, path: text, enabled: flag, active: flag, state: text })),
    },
    ['lingers'],
  ),
  'dlq-list': { anyOf: [arrayOf(ref('Listed')), arrayOf(ref('Group'))] },
  'dlq-show': oneOrMany(ref('Job')),
  'dlq-retry': bulk,
  'dlq-export': arrayOf(ref('Job')),
  'dlq-purge': bulk,
  'dlq-count': object({ dead: count }),
  remove: bulk,
  clear: bulk,
  'dlq-remove': bulk,
  'dlq-clear': bulk,
  'config-get': { anyOf: [setting, settings] },
  'config-set': settings,
  'config-list': settings,
  'config-unset': settings,
  doctor: object({
    home: text,
    healthy: flag,
    checks: arrayOf(
      object({
        check: text,
        fact: text,
        findings: arrayOf(
          object(
            {
              level: { enum: ['problem', 'note'] },
              what: text,
              advice: text,
              remedy: { type: 'object' },
              fixed: arrayOf(text),
              partly_fixed: arrayOf(text),
            },
            ['advice', 'remedy', 'fixed', 'partly_fixed'],
          ),
        ),
      }),
    ),
  }),
  init: object({ home: text }),
  completion: object({ shell: text, script: text }),
  version: object({ version: text }),
  stats: object({ completed: count, dead: count, cancelled: count, duration_ms: durations }),
  metrics: object({
    events: { type: 'object', additionalProperties: count },
    completed: count,
    dead: count,
    cancelled: count,
    duration_ms: durations,
    recent: arrayOf(ref('Event')),
  }),
  events: described('with --follow, one event a line', arrayOf(ref('Event'))),
  web: object({ url: text, link: text }),
}

/** The whole document. */
export const outputSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:queuectl:output',
  title: 'What queuectl prints with --json',
  description:
    'The output of a command is #/$defs/COMMAND, its words joined by a dash; with --json=lines, each line is an item of that array. Stderr is #/$defs/stderr. Readers ignore members that they do not know.',
  $defs: {
    Job: job,
    Run: SCHEMAS.Run,
    Removed: object({ id: text, state: { const: 'removed' } }),
    Listed: {
      anyOf: [
        { ...job, properties: { ...(job.properties as object), output: { anyOf: [lastOutput, { type: 'null' }] } } },
        unreadable,
      ],
    },
    Worker: SCHEMAS.Worker,
    Group: object(
      { error: text, fingerprint: text, jobs: arrayOf(text), queues: arrayOf(text), first: time, last: time },
      ['first', 'last'],
    ),
    Event: (({ text: _text, ...properties }) => ({
      type: 'object',
      properties: { ...properties, hook: text },
      required: ['at', 'event', 'job'],
    }))(SCHEMAS.Event.properties),
    Dependency: object({
      id: text,
      state: text,
      when: { enum: ['success', 'any', 'fail'] },
      met: flag,
      next: arrayOf(ref('Dependency')),
    }),
    Bulk: object({
      action: text,
      dry_run: flag,
      ids: arrayOf(text),
      failed: arrayOf(object({ id: text, code: text, message: text }, ['id'])),
    }),
    stderr: {
      anyOf: [
        object({
          error: object(
            {
              code: { enum: [...Object.keys(EXIT_STATUS), 'BUG'] },
              message: text,
              hint: text,
              stack: text,
              notes: arrayOf(text),
            },
            ['hint', 'stack', 'notes'],
          ),
        }),
        object({ notes: arrayOf(text) }),
      ],
    },
    ...OUTPUTS,
  },
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../output.schema.json', import.meta.url), `${JSON.stringify(outputSchema, undefined, 1)}\n`)
