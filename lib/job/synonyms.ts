/**
 * Lists what people who come from other queues type, and what it is called here: members of a job. Accepted everywhere,
 * shown in no help. Tables only, written in snake_case; `spelling.ts` reads them. Words for commands and options:
 * `lib/cli/synonyms.ts`.
 */

/**
 * Other names for the members of a job. `delay` is no member: it makes a `run_at`, and so does a date in its place. A name of a
 * time may end in its unit (`timeout_ms`, `delay_minutes`); kebab-case and camelCase are understood without being listed.
 */
export const MEMBER_SYNONYMS = {
  command: ['cmd', 'command_line', 'cmdline', 'shell_command', 'argv'],
  id: ['name', 'job_id', 'job_name', 'task_id', 'task_name'],
  queue: ['queue_name'],
  key: ['concurrency_key', 'group_key', 'group_id'],
  after: ['depends_on', 'depends', 'dependencies', 'dependency', 'parents', 'requires'],
  run_at: [
    'start_at',
    'start_time',
    'scheduled_at',
    'scheduled_for',
    'scheduled_time',
    'schedule_at',
    'execute_at',
    'not_before',
    'available_at',
    'eta',
  ],
  delay: [
    'run_after',
    'start_after',
    'run_in',
    'start_in',
    'delay_by',
    'delay_for',
    'defer',
    'defer_by',
    'countdown',
    'initial_delay',
  ],
  unique: ['unique_key', 'uniqueness', 'dedup', 'dedupe', 'dedup_key', 'dedupe_key', 'idempotency_key'],
  priority: ['prio', 'job_priority'],
  max_retries: [
    'retries',
    'retry',
    'max_retry',
    'retry_limit',
    'retry_count',
    'retry_max',
    'num_retries',
    'attempts',
    'max_attempts',
    'tries',
    'max_tries',
  ],
  timeout: ['time_limit', 'job_timeout', 'max_runtime', 'max_run_time', 'max_duration'],
  backoff_base: ['base_backoff', 'exp_backoff_base', 'backoff_factor', 'backoff_multiplier'],
  max_backoff: ['backoff_max', 'backoff_cap', 'max_delay', 'max_retry_delay'],
  cwd: ['dir', 'directory', 'workdir', 'work_dir', 'working_dir', 'working_directory'],
  env: ['environment', 'env_vars', 'environment_variables', 'envs'],
  stdin: ['stdin_data', 'standard_input'],
  tags: ['tag', 'label', 'labels'],
  nice: ['niceness'],
  success_codes: ['ok_codes', 'success_exit_codes'],
} as const satisfies Readonly<Record<string, readonly string[]>>

const words = (names: readonly string[], instead: string): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, instead]))

/** Members of others that have no counterpart, and what to do instead. */
export const MEANINGLESS_MEMBERS: Readonly<Record<string, string>> = {
  args: 'write the arguments into command, as an array: ["program","argument"]',
  arguments: 'write the arguments into command, as an array: ["program","argument"]',
  script: 'write it into command',
  shell: 'a command that is a text is run by /bin/sh, one that is an array without a shell',
  backoff: 'backoff_base sets the wait after attempt n: backoff_base ^ n seconds',
  retry_delay: 'backoff_base sets the wait after attempt n: backoff_base ^ n seconds',
  retry_interval: 'backoff_base sets the wait after attempt n: backoff_base ^ n seconds',
  ...words(['limit', 'needs'], 'a queue may have a limit on how many run at a time: queuectl queue set NAME --limit 1'),
  ...words(
    ['batch', 'batch_id'],
    'tags say what belongs together, and after what waits for what: {"tags":["import"],"after":["a","b"]}',
  ),
  cron: 'a schedule does that: queuectl schedule add',
  repeat: 'a schedule does that: queuectl schedule add',
  repeat_every: 'a schedule does that: queuectl schedule add',
  on_success: 'a hook is a setting: queuectl help hooks',
  on_failure: 'a hook is a setting: queuectl help hooks',
  callback_url: 'a hook is a setting: queuectl help hooks',
}
