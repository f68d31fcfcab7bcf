/** The table of queues: one line each. */
import type { ComponentChildren } from 'preact'
import type { LimitRow, QueueRow } from '../api-types.ts'
import { useNow } from '../clock.ts'
import { clockTime, duration, elapsed, shortCount } from '../format.ts'
import { resumeNow } from '../queue-actions.ts'
import { useSession } from '../session.ts'
import { urlWithQuery } from '../url.ts'
import { obeyedSettings } from './queue-card.tsx'

const HEADS = [
  ['q-name', 'Queue'],
  ['right', 'Waiting'],
  ['right', 'Running'],
  ['right q-rate', 'Rate'],
  ['right q-more', 'Failed'],
  ['right q-more', 'Dead'],
  ['right q-old', 'Oldest ready'],
  ['right', 'Done'],
  ['right q-most', 'Wait p95'],
  ['right q-more', 'Run p50'],
  ['right q-more', 'Run p95'],
] as const

export function QueueTable({ children }: { readonly children: ComponentChildren }) {
  const { isReadOnly } = useSession()
  return (
    <table class="table queue-table" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {HEADS.map(([name, label]) => (
            <th key={label} class={name} role="columnheader">
              {label}
            </th>
          ))}
          {!isReadOnly && (
            <th class="q-do" role="columnheader">
              <span class="unseen">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  )
}

interface QueueLineProps {
  readonly row: QueueRow
  readonly limit: LimitRow | undefined
  readonly onPause: () => void
}

export function QueueLine({ row, limit, onPause }: QueueLineProps) {
  const { isReadOnly } = useSession()
  const now = useNow()
  const { queue, paused, recent, oldest_ready_at: oldest } = row
  const { limit: cap, rate } = obeyedSettings(row)
  const jobs = (state: string, n: number, more = '', shown = shortCount(n)) => (
    <td class={`right ${n === 0 ? 'faint' : ''} ${more}`} role="cell">
      <a href={urlWithQuery('/jobs', { state, queue })} aria-label={`${shown} ${state} in ${queue}`}>
        {shown}
      </a>
    </td>
  )
  const ms = (value: number | null | undefined, column = 'q-more') => (
    <td class={`right ${column}`} role="cell">
      {value == null ? '–' : duration(value)}
    </td>
  )
  const isFull = cap !== undefined && (limit?.taken.length ?? 0) >= cap
  const ofLimit = cap === undefined ? '' : ` of ${shortCount(cap)}`
  return (
    <tr role="row">
      <td class="q-name" role="cell">
        <a href={urlWithQuery('/queues', { queue })} class="id" title={`Limits of ${queue}, and what it did over time`}>
          {queue}
        </a>
        {row.settings !== null && 'unreadable' in row.settings && (
          <span class="why-paused bad" title={row.settings.unreadable}>
            Its settings cannot be obeyed
          </span>
        )}
        {paused && (
          <span class="why-paused" title={paused.reason}>
            <span class="tag">{paused.all ? 'all paused' : 'paused'}</span> {paused.reason}
            <span class="faint">
              {paused.by && ` by ${paused.by}`}
              {paused.until && ` until ${clockTime(paused.until, now)}`}
            </span>
          </span>
        )}
      </td>
      {jobs('pending', row.pending)}
      {jobs('processing', row.processing, isFull ? 'busy' : '', `${shortCount(row.processing)}${ofLimit}`)}
      <td class={`right q-rate ${rate === undefined ? 'faint' : ''}`} role="cell">
        {rate ?? '–'}
      </td>
      {jobs('failed', row.failed, 'q-more')}
      {jobs('dead', row.dead, 'q-more')}
      <td class="right q-old" role="cell">
        {oldest ? elapsed(now - Date.parse(oldest)) : <span class="faint">–</span>}
      </td>
      <td class={`right ${recent?.completed ? '' : 'faint'}`} role="cell">
        {shortCount(recent?.completed ?? 0)}
      </td>
      {ms(recent?.wait_ms.p95, 'q-most')}
      {ms(recent?.run_ms.p50)}
      {ms(recent?.run_ms.p95)}
      {!isReadOnly && (
        <td class="q-do" role="cell">
          {paused && !paused.all ? (
            <button type="button" class="button small" onClick={() => resumeNow(queue)}>
              Resume<span class="unseen"> {queue}</span>
            </button>
          ) : (
            <button type="button" class="button small" onClick={onPause}>
              Pause<span class="unseen"> {queue}</span>
            </button>
          )}
        </td>
      )}
    </tr>
  )
}
