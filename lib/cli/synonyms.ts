/**
 * Lists what people who come from other queues type, and what it is called here: commands and options. Accepted
 * everywhere, shown in no help. Tables only: `foreign-commands.ts` and `foreign-options.ts` read them. Members of a job: `lib/job/synonyms.ts`.
 */

/** Ours (with the options that make it the same), and the other words for it. */
export const COMMAND_SYNONYMS: Readonly<Record<string, string>> = {
  enqueue: 'add, submit, push, create',
  list: 'jobs, list jobs',
  status: 'summary, stat, counts',
  show: 'info, inspect, describe',
  logs: 'log, output, logs show',
  'logs --tail=10': 'tail',
  'logs --follow': 'follow',
  retry: 'requeue, rerun, replay',
  'retry --all': 'retry-all',
  cancel: 'kill',
  remove: 'rm, del, delete',
  clear: 'purge, clean, cleanup, flush',
  hold: 'pause',
  release: 'resume, unpause',
  priority: 'prioritize, prio',
  move: 'mv',
  events: 'history',
  wait: 'await',
  top: 'monitor',
  web: 'ui, serve, server, web start, web serve, dashboard start',
  'worker start': 'start, work, workers start',
  'worker start --foreground': 'worker run',
  'worker stop': 'stop, workers stop',
  'worker stop --force': 'worker kill',
  'worker list': 'workers, worker ls, worker info, workers list, workers status',
  'worker health': 'health',
  'service install': 'service enable, service add',
  'service uninstall': 'service disable, service remove, service rm',
  ps: 'worker ps',
  'dlq retry': 'dlq requeue, dlq replay, dlq restore, dlq reprocess, dlq rerun',
  'dlq retry --all': 'dlq retry-all',
  'dlq show': 'dlq inspect, dlq get, dlq info',
  'dlq remove': 'dlq delete, dlq rm',
  'dlq clear': 'dlq flush, dlq empty',
  'dlq count': 'dlq stats, dlq size',
  'dlq export': 'dlq dump',
  'queue list': 'queues, queue ls, queues list, group list, groups',
  'queue show': 'queue get, queue info',
  'schedule list': 'schedules, schedule ls, schedules list, cron list, timers',
  'schedule add': 'cron add, schedule create, schedules add',
  'schedule rm': 'schedule remove, schedule delete, cron rm',
  'schedule run-now': 'schedule run, schedule trigger',
  'queue set': 'queue config, queue limit, group parallel, parallel',
  'queue rm': 'queue remove, queue delete',
  'queue pause': 'queue stop, queues pause, group pause',
  'queue pause --all': 'pause-all',
  'queue resume': 'queue unpause, queue start, queues resume, group resume',
  'queue resume --all': 'resume-all',
  'config list': 'config ls, config view, config dump',
  'config set': 'config update',
  'config unset': 'config reset, config delete, config rm',
  init: 'init-db, initdb, setup, db init',
  doctor: 'check',
  version: 'ver',
}

/** Words before a command that say nothing more: `job list`. */
export const COMMAND_PREFIXES: readonly string[] = ['job', 'jobs', 'task', 'tasks']

/** Commands of others that have no counterpart, and what to do instead. */
export const MEANINGLESS_COMMANDS: Readonly<Record<string, string>> = {
  db: 'there is no database: the queue is the files in its home',
  migrate: 'there is no database: the queue is the files in its home',
  backup: 'the queue is the files in its home: queuectl help operations',
  cron: 'a schedule does that: queuectl schedule add; a crontab is read by: queuectl schedule import',
  daemon: 'there is none; a worker runs jobs: queuectl worker start, or queuectl service install',
}

/**
 * Ours, or what else becomes of it, and the other words for it: in kebab-case, without the dashes of a long option. `SWITCH`:
 * it is so anyway; `VALUE`: the same, with a value; `ARGUMENT`: its value is an argument; a sentence: why there is none.
 */
type Options = Readonly<Record<string, string>>

const ONCE = 'a schedule does that: queuectl schedule add NAME --cron PATTERN'
const ALL_STOP = 'one worker alone is stopped by: queuectl worker stop NAME'

const JOB: Options = {
  '--command': 'cmd exec shell-command',
  '--id': 'name job-id job-name',
  '--priority': 'prio',
  '--max-retries': 'retries retry max-retry retry-limit attempts max-attempts tries max-tries',
  '--timeout': 'time-limit job-timeout max-runtime',
  '--run-at': 'at start-at schedule-at scheduled-at schedule -s not-before eta',
  '--delay': 'in run-in run-after start-in defer countdown -d',
  '--cwd': 'dir directory workdir working-dir working-directory',
  '--env': 'environment -e',
  '--tag': 'tags label labels',
  '--queue': 'queue-name',
  '--backoff-base': 'backoff base',
  '--file': 'input json-file',
  '--file=-': 'stdin',
  '--wait': 'block sync',
  '--print-id': 'id-only silent',
  ARGUMENT: 'job data payload -j',
  SWITCH: 'detach async save-output',
  [ONCE]: 'cron every repeat',
  'the output of every run is kept: queuectl logs ID': 'output-dir',
}

const LIST: Options = {
  '--state': 'status',
  '--limit': 'count max number -l',
  '--sort': 'sort-by order-by order',
  '--queue': 'queue-name',
  '--tag': 'tags label',
  '--state=pending': 'pending',
  '--state=processing': 'running processing',
  '--state=completed': 'completed done',
  '--state=failed': 'failed',
  '--state=dead': 'dead',
  SWITCH: 'all -a details',
  'one job is shown by: queuectl show ID': 'id job-id',
  'jobs are searched in the dashboard (queuectl web), or in: queuectl list --json': 'search grep',
}

const SELECTION: Options = {
  '--state': 'status',
  '--queue': 'queue-name',
  '--tag': 'tags label',
  ARGUMENT: 'id job-id job',
}

const CHANGE: Options = { ...SELECTION, SWITCH: 'yes -y' }

const RETRY: Options = {
  ...SELECTION,
  SWITCH: 'yes -y reset reset-attempts reset-retries now',
  'attempts always count from zero again; the history is kept': 'keep-attempts no-reset',
}

const REMOVAL: Options = {
  ...SELECTION,
  '--yes': '-f confirm no-confirm',
  '--older-than': 'age max-age days',
  '--state=completed': 'completed',
  '--state=dead': 'dead',
  '--state=failed': 'failed',
  '--state=pending': 'pending',
}

export const OPTION_SYNONYMS: Readonly<Record<string, Options>> = {
  enqueue: JOB,
  run: JOB,
  list: LIST,
  'dlq list': { '--limit': 'count max number -l', '--tag': 'tags label', SWITCH: 'all -a dead details' },
  status: { '--watch': 'follow -f live', SWITCH: 'all -a', VALUE: 'interval', ARGUMENT: 'id job-id' },
  show: SELECTION,
  'dlq show': SELECTION,
  explain: SELECTION,
  logs: { ...SELECTION, '--tail': 'lines -l', '--stdout': 'out', '--stderr': 'err' },
  wait: { ...SELECTION, '--timeout': 'max-wait', '--any': 'first' },
  retry: RETRY,
  'dlq retry': RETRY,
  cancel: { ...SELECTION, SWITCH: 'yes -y force -f', '--reason': 'message -m' },
  hold: CHANGE,
  release: CHANGE,
  priority: CHANGE,
  move: { ...CHANGE, '--queue': 'to queue-name' },
  top: { ...SELECTION, VALUE: 'refresh interval' },
  prune: { ...CHANGE, '--force': '-f', '--older-than': 'age max-age days' },
  remove: REMOVAL,
  clear: REMOVAL,
  'dlq purge': { ...CHANGE, '--force': '-f' },
  'dlq remove': REMOVAL,
  'dlq clear': REMOVAL,
  'worker start': {
    '--count': 'concurrency workers num-workers threads parallel processes slots jobs -n -w -j',
    '--background': 'detach detached daemon daemonize bg -d',
    '--foreground': 'fg attach no-daemon -f',
    '--burst': 'drain once exit-when-empty stop-when-empty until-empty',
    VALUE: 'id name worker-id worker-name',
    '--queue': 'queues only-queue queue-name',
    '--not-queue': 'exclude-queue without-queue',
    'it is a setting: queuectl config set poll-interval SECONDS': 'poll poll-interval interval',
    'it is a setting: queuectl config set timeout SECONDS': 'timeout job-timeout',
    'there is none: a job is taken from a dead worker only': 'lease lease-ttl heartbeat',
    'the name of the log is printed when the worker starts': 'log-file',
  },
  'worker stop': {
    '--force': 'now immediate kill -f',
    '--timeout': 'max-wait grace',
    SWITCH: 'all -a wait graceful drain',
    [ALL_STOP]: 'pid id name',
  },
  'worker restart': { '--count': 'concurrency workers slots -n' },
  'worker list': { SWITCH: 'all -a' },
  events: { '--limit': 'tail lines last', '--job': 'id job-id', '--follow': 'watch -w' },
  metrics: { '--recent': 'limit last', 'queuectl web serves /metrics': 'serve' },
  web: { '--port': '-p', '--host': '-H bind address addr', '--open': 'browser', SWITCH: 'no-browser' },
  init: { '--home': 'path dir', SWITCH: 'force -f' },
  'config set': { ARGUMENT: 'key value -k -v' },
  'config get': { ARGUMENT: 'key -k' },
  'config unset': { ARGUMENT: 'key -k' },
}

/** The same for every command, after its own. */
export const COMMON_OPTION_SYNONYMS: Options = {
  '--json': 'json-output as-json',
  '--home': 'data-dir state-dir queue-dir base-dir root',
  SWITCH: 'verbose -v',
  'there is no database; the place of the files is chosen with --home DIR or QUEUECTL_HOME': 'db db-path database',
}

/** What may follow `--format`, or an `--output` that does not mean this, and the option that it is. */
export const FORMATS: Readonly<Record<string, string>> = {
  json: '--json',
  lines: '--json=lines',
  ndjson: '--json=lines',
  jsonl: '--json=lines',
  text: '',
  plain: '',
  table: '',
  human: '',
}
