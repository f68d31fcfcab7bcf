/** Formats jobs: as table rows, in full, as JSON. */
import { nowMs } from '../../clock.ts'
import { conditionsOf, waitsFor } from '../../job/after.ts'
import { attemptsText } from '../../job/attempts.ts'
import { commandLine, type Job, OUR_MEMBERS } from '../../job/job.ts'
import { DEFAULT_QUEUE } from '../../job/file-name.ts'
import { type Progress, progressText } from '../../job/progress.ts'
import { KNOWN_MEMBERS } from '../../job/parse.ts'
import { jobJson } from '../../job/json.ts'
import { durationText } from '../../journal/describe.ts'
import type { ListedJob } from '../../queue.ts'
import { type TableColumn, table } from './table.ts'
import { visible } from '../../job/sanitize.ts'
import type { Colors, Io } from '../terminal.ts'
import { shownState } from '../../job/state.ts'
import { localTime, roughDuration, timeUntil } from '../../job/time-text.ts'

export { jobJson } from '../../job/json.ts'

export const listedJson = (listed: ListedJob): object =>
  listed.job
    ? jobJson(listed.job, listed.progress)
    : { id: listed.id, state: shownState(listed.state), unreadable: listed.unreadable, path: listed.path }

/** A column of a job list. */
interface Column extends TableColumn {
  readonly cell: (job: Job, listed: ListedJob) => string
  /** The column is shown only if this holds for one of the jobs. */
  readonly if?: (job: Job, listed: ListedJob) => boolean
}

const age = (since: string | undefined): string => {
  const ms = nowMs() - Date.parse(since ?? '')
  return Number.isNaN(ms) ? '-' : roughDuration(ms)
}

const dueOf = (job: Job): string => {
  const [first, ...more] = job.state === 'waiting' ? waitsFor(job) : []
  if (first) return `after ${first}${more.length === 0 ? '' : ` +${more.length}`}`
  const due = job.state === 'failed' ? job.next_retry_at : job.state === 'scheduled' ? job.run_at : undefined
  return due === undefined ? '-' : timeUntil(due, nowMs())
}

const COMMAND: Column = { head: 'COMMAND', cell: (job) => visible(commandLine(job.command)) }

const LIST_COLUMNS: readonly Column[] = [
  { head: 'ATTEMPTS', cell: attemptsText, omit: 'same' },
  { head: 'PRI', cell: (job) => String(job.priority), omit: 'any' },
  { head: 'AGE', cell: (job) => age(job.created_at) },
  { head: 'DUE', cell: dueOf, most: 16, if: (job) => dueOf(job) !== '-' },
  { head: 'QUEUE', cell: (job) => job.queue, omit: 'any', most: 16, if: (job) => job.queue !== DEFAULT_QUEUE },
  {
    head: 'PROGRESS',
    most: 16,
    cell: (_job, { progress }) => (progress ? visible(progressText(progress)) : '-'),
    if: (_job, { progress }) => progress !== undefined,
  },
  COMMAND,
]

/** A third of a narrow screen; the error has what is left. */
const DEAD_COMMAND: Column = { ...COMMAND, most: 26 }

const DEAD_COLUMNS: readonly Column[] = [
  { head: 'ATTEMPTS', cell: attemptsText, omit: 'same' },
  { head: 'DIED', cell: (job) => age(job.finished_at ?? job.updated_at) },
  DEAD_COMMAND,
  { head: 'ERROR', cell: (job) => visible(job.last_error ?? '') },
]

/** Lists of jobs, and of dead jobs with their errors: a header, then a line for each. */
export const jobLines = (all: readonly ListedJob[], io: Io): string[] => lines(all, LIST_COLUMNS, io)
export const deadLines = (all: readonly ListedJob[], io: Io): string[] => lines(all, DEAD_COLUMNS, io)

const ID: TableColumn = { head: 'ID', isId: true, most: 20 }
const STATE: TableColumn = { head: 'STATE', omit: 'same' }

function lines(all: readonly ListedJob[], columns: readonly Column[], io: Io): string[] {
  const used = columns.filter((column) => !column.if || all.some((one) => one.job && column.if?.(one.job, one)))
  const rows = all.map((listed) => [
    visible(listed.id),
    shownState(listed.state),
    ...used.map(({ head, cell }) => {
      if (listed.job) return cell(listed.job, listed) || '-'
      return head === 'COMMAND' ? `(cannot be read: ${visible(listed.unreadable ?? '')})` : '-'
    }),
  ])
  return table([ID, STATE, ...used], rows, io.columns, (cell, head) =>
    head === STATE.head ? paintState(io.colors, cell) : cell,
  )
}

function paintState(colors: Colors, padded: string): string {
  switch (padded.trimEnd()) {
    case 'completed':
      return colors.green(padded)
    case 'failed':
      return colors.yellow(padded)
    case 'dead':
      return colors.red(padded)
    case 'processing':
      return colors.cyan(padded)
    default:
      return padded
  }
}

/** A job with its runs, for people. */
export function jobDetails(job: Job, io: Io, progress?: Progress): string[] {
  const progressRow: [string, string][] = progress ? [['Progress', visible(progressText(progress))]] : []
  const rows = [...memberRows(job), ...progressRow].filter((row): row is [string, string] => row[1] !== undefined)
  const widest = Math.max(...rows.map(([name]) => name.length))
  const head = rows.map(([name, value]) => `${io.colors.bold(`${name}:`.padEnd(widest + 2))}${value}`)
  if (job.history.length === 0) return head
  const runs = job.history.map((run) => [
    String(run.run),
    run.attempt === undefined ? '-' : String(run.attempt),
    run.timed_out ? 'timed out' : run.outcome.replaceAll('_', ' '),
    run.signal ?? (run.exit_code === undefined ? '-' : String(run.exit_code)),
    run.started_at === undefined ? '-' : localTime(run.started_at),
    run.duration_ms === undefined ? '-' : durationText(run.duration_ms),
    visible(run.error ?? ''),
  ])
  return [...head, '', ...table(RUN_HEADS, runs, io.columns)]
}

const RUN_HEADS = ['RUN', 'ATTEMPT', 'OUTCOME', 'EXIT', 'STARTED', 'TOOK', { head: 'ERROR', wraps: true as const }]

function memberRows(job: Job): [string, string | undefined][] {
  const time = (iso: string | undefined): string | undefined =>
    iso === undefined
      ? undefined
      : `${localTime(iso)} (${Date.parse(iso) > nowMs() ? timeUntil(iso, nowMs()) : `${age(iso)} ago`})`
  const unit = (n: number | undefined): string | undefined => (n === undefined ? undefined : `${n} s`)
  const list = (all: readonly unknown[] | undefined): string | undefined => all && visible(all.join(', '))
  const text = (value: string | undefined): string | undefined => value && visible(value)
  const shown: [string, string | undefined][] = [
    ['Id', visible(job.id)],
    ['State', shownState(job.state)],
    ['Command', visible(commandLine(job.command))],
    ['Attempts', attemptsText(job)],
    ['Priority', String(job.priority)],
    ['Queue', job.queue],
    ['Key', job.key],
    ['Tags', list(job.tags)],
    ['Directory', text(job.cwd)],
    [
      'Environment',
      text(
        job.env &&
          Object.entries(job.env)
            .map(([name, value]) => `${name}=${value}`)
            .join(' '),
      ),
    ],
    ['Input', text(job.stdin)],
    ['Timeout', job.timeout === 0 ? 'none' : unit(job.timeout)],
    ['Backoff base', job.backoff_base === undefined ? undefined : String(job.backoff_base)],
    ['Max backoff', unit(job.max_backoff)],
    ['Jitter', job.jitter === undefined ? undefined : String(job.jitter)],
    ['Success codes', list(job.success_codes)],
    ['Retry later codes', list(job.retry_later_codes)],
    ['Give up codes', list(job.give_up_codes)],
    ['Nice', job.nice === undefined ? undefined : String(job.nice)],
    ['Disk', job.ionice],
    ['Created', time(job.created_at)],
    ['Waits for', job.state === 'waiting' ? list(waitsFor(job)) : undefined],
    [
      'After',
      job.after &&
        list(conditionsOf(job).map(({ job: parent, when }) => (when === 'success' ? parent : `${parent} (${when})`))),
    ],
    ['After delay', unit(job.after_delay)],
    ['Run at', time(job.run_at)],
    ['Started', time(job.started_at)],
    ['Finished', time(job.finished_at)],
    ['Next retry', time(job.next_retry_at)],
    ['Took', job.duration_ms === undefined ? undefined : durationText(job.duration_ms)],
    ['Exit code', job.exit_code === undefined ? undefined : String(job.exit_code)],
    ['Signal', job.signal],
    ['Interruptions', job.interruptions === 0 ? undefined : String(job.interruptions)],
    ['Cancelled', text(job.cancelled?.reason)],
    ['Last error', text(job.last_error)],
    ['Left running', list(job.strays)],
    ['Worker', text(job.worker)],
    ['Warnings', job.warnings && visible(job.warnings.join('; '))],
  ]
  return [...shown, ...unknownMembers(job)]
}

const SHOWN: ReadonlySet<string> = new Set([...KNOWN_MEMBERS, ...OUR_MEMBERS])

/** Unknown members, which are kept. */
const unknownMembers = (job: Job): [string, string][] =>
  Object.entries(job)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => [visible(name), visible(JSON.stringify(value) ?? '')])
