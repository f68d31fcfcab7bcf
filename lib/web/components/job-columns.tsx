/** The columns of the list of jobs that may be chosen, and by what a click on each head sorts. */
import type { ComponentChildren } from 'preact'
import { attemptsText } from '../../job/attempts.ts'
import type { JobRow } from '../api-types.ts'
import { age, clockTime, duration, elapsed, relativeTime } from '../format.ts'
import type { Column } from '../views.ts'

interface ColumnInfo {
  /** The order that the first click asks for. */
  readonly sort?: string
  readonly isRight?: boolean
  readonly cell: (job: JobRow, now: number) => ComponentChildren
}

export const COLUMN_LABELS: Record<Column, string> = {
  queue: 'Queue',
  tags: 'Tags',
  priority: 'Priority',
  attempts: 'Attempts',
  created: 'Enqueued',
  when: 'When',
  took: 'Took',
  worker: 'Worker',
}

export const COLUMN_INFO: Record<Column, ColumnInfo> = {
  queue: {
    sort: 'queue',
    cell: ({ queue }) => (queue === 'default' ? <span class="faint">default</span> : queue),
  },
  tags: { cell: ({ tags }) => tags?.join(', ') },
  priority: { sort: 'priority', isRight: true, cell: ({ priority }) => priority },
  attempts: { isRight: true, cell: attemptsText },
  created: { sort: '-created', isRight: true, cell: ({ created_at }, now) => ago(created_at, now) },
  when: { sort: '-updated', isRight: true, cell: when },
  took: {
    isRight: true,
    cell: ({ lies_in: state, started_at: since, duration_ms: ms }, now) =>
      state === 'processing' && since ? elapsed(now - Date.parse(since)) : ms === undefined ? '' : duration(ms),
  },
  worker: { cell: ({ worker }) => worker && <span title={worker}>{worker}</span> },
}

const ago = (at: string, now: number): ComponentChildren => (
  <time dateTime={at} title={clockTime(at, 0)}>
    {age(now - Date.parse(at))}
  </time>
)

/** When the job will run, or how long it has been in its state. */
function when(job: JobRow, now: number): ComponentChildren {
  const due = job.lies_in === 'failed' ? job.next_retry_at : job.lies_in === 'scheduled' ? job.run_at : undefined
  if (due === undefined) return ago(job.lies_in === 'pending' ? job.created_at : job.updated_at, now)
  return (
    <time dateTime={due} title={clockTime(due, 0)}>
      {Date.parse(due) > now ? relativeTime(due, now) : 'due'}
    </time>
  )
}
