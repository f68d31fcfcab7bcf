/** The table of jobs: rows to walk through with j and k, select with x, and act on. */
import { commandLine } from '../../job/job.ts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ACTIONS, possibleActions } from '../actions.ts'
import { useNow } from '../clock.ts'
import { age, clockTime, duration, elapsed, relativeTime } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { jobUrl } from '../url.ts'
import { navigate } from '../route.ts'
import { useSession } from '../session.ts'
import { type Action, isReadable, type JobListItem, type JobRow } from '../api-types.ts'
import { Icon } from './icons.tsx'
import { JobProgress } from './job-progress.tsx'
import { StateBadge } from './state-badge.tsx'

interface JobTableProps {
  readonly rows: readonly JobListItem[]
  readonly selected: ReadonlySet<string>
  /** All matching jobs are selected, also those on other pages. */
  readonly isAll: boolean
  readonly onSelect: (selected: ReadonlySet<string>) => void
}

export function JobTable({ rows, selected, isAll, onSelect }: JobTableProps) {
  const { isReadOnly, ask } = useSession()
  const [currentId, setCurrentId] = useState<string>()
  const body = useRef<HTMLTableSectionElement>(null)
  const lastStates = useRef(new Map<string, string>())
  // A ref: keys may come faster than the page is rendered.
  const currentRef = useRef<string>(undefined)
  const currentIndex = (): number => rows.findIndex(({ id }) => id === currentRef.current)
  const moveTo = (id: string): void => {
    currentRef.current = id
    setCurrentId(id)
  }

  const walk = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, currentIndex() + by))]
    if (!next) return
    moveTo(next.id)
    const element = body.current?.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(next.id)}"]`)
    element?.scrollIntoView({ block: 'nearest' })
    element?.querySelector('a')?.focus()
  }
  const toggle = (id: string): void => onSelect(selected.has(id) ? without(selected, id) : new Set([...selected, id]))
  /** Acts on the selected rows, or on the current row when none is selected. */
  const actOnRows = (action: Action): void => {
    const row = rows[currentIndex()]
    const targets = selected.size > 0 ? rows.filter(({ id }) => selected.has(id)) : row ? [row] : []
    const ids = targets.filter((one) => ACTIONS[action].allowedIn.includes(one.lies_in)).map(({ id }) => id)
    if (ids.length > 0) ask({ action, which: { ids } })
  }
  useShortcuts([
    { keys: 'j', does: 'Next job', group: 'List', run: () => walk(1) },
    { keys: 'k', does: 'Previous job', group: 'List', run: () => walk(-1) },
    {
      keys: 'Enter',
      does: 'Open job',
      group: 'List',
      run: () => currentRef.current && navigate(jobUrl(currentRef.current)),
    },
    ...(isReadOnly
      ? []
      : ([
          { keys: 'x', does: 'Select job', group: 'List', run: () => currentRef.current && toggle(currentRef.current) },
          { keys: 'r', does: 'Retry', group: 'List', run: () => actOnRows('retry') },
          { keys: 'c', does: 'Cancel', group: 'List', run: () => actOnRows('cancel') },
        ] as const)),
  ])
  // Rows whose state has changed since the last render are highlighted for a moment.
  const changedRows = new Set(
    rows.filter(({ id, lies_in: state }) => (lastStates.current.get(id) ?? state) !== state).map(({ id }) => id),
  )
  useEffect(() => {
    lastStates.current = new Map(rows.map(({ id, lies_in: state }) => [id, state]))
  }, [rows])

  const isPageSelected = rows.every(({ id }) => selected.has(id))
  return (
    <table class="table jobs" role="table">
      <thead role="rowgroup">
        <tr role="row">
          {!isReadOnly && (
            <th class="c-pick" role="columnheader">
              <label>
                <input
                  type="checkbox"
                  checked={isPageSelected}
                  onChange={() => onSelect(isPageSelected ? new Set() : new Set(rows.map(({ id }) => id)))}
                />
                <span class="pick-all">Select all on this page</span>
              </label>
            </th>
          )}
          {HEADS.map(([name, label]) => (
            <th key={name} class={name} role="columnheader">
              {label}
            </th>
          ))}
          {!isReadOnly && (
            <th class="c-do" role="columnheader">
              <span class="unseen">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody ref={body} role="rowgroup">
        {rows.map((one) => (
          <tr
            key={one.id}
            role="row"
            data-id={one.id}
            class={`is-${one.lies_in}${one.id === currentId ? ' here' : ''}${isAll || selected.has(one.id) ? ' selected' : ''}${changedRows.has(one.id) ? ' news' : ''}`}
            onFocusCapture={() => moveTo(one.id)}
          >
            {!isReadOnly && (
              <td class="c-pick" role="cell">
                <input
                  type="checkbox"
                  aria-label={`Select ${one.id}`}
                  checked={isAll || selected.has(one.id)}
                  onChange={() => toggle(one.id)}
                />
              </td>
            )}
            <td class="c-state" role="cell">
              <StateBadge state={one.lies_in} />
            </td>
            <Cells row={one} />
            {!isReadOnly && (
              <td class="c-do" role="cell">
                <span class="row-actions">
                  {possibleActions([one.lies_in]).map((action) => (
                    <button
                      key={action}
                      type="button"
                      class="button plain small only-icon"
                      aria-label={`${ACTIONS[action].label} ${one.id}`}
                      title={ACTIONS[action].label}
                      onClick={() => ask({ action, which: { ids: [one.id] } })}
                    >
                      <Icon name={ACTIONS[action].icon} size={14} />
                    </button>
                  ))}
                </span>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const HEADS = [
  ['c-state', 'State'],
  ['c-job', 'Job'],
  ['c-queue', 'Queue'],
  ['c-attempts right', 'Attempts'],
  ['c-when right', 'When'],
  ['c-took right', 'Took'],
] as const

function Cells({ row }: { readonly row: JobListItem }) {
  const now = useNow()
  const link = (
    <a href={jobUrl(row.id)} title={row.id} class="id">
      {row.id}
    </a>
  )
  if (!isReadable(row))
    return (
      <td class="c-job" role="cell" colSpan={5} title={row.path}>
        {link}
        <span class="why">Unreadable: {row.unreadable}</span>
      </td>
    )
  const why = row.lies_in === 'failed' || row.lies_in === 'dead' ? row.last_error : undefined
  const command = commandLine(row.command)
  return (
    <>
      <td class="c-job" role="cell">
        {link}
        <span class="what mono" title={why === undefined ? command : `${command}\n${why}`}>
          <JobProgress progress={row.progress} />
          <span class="line">{command}</span>
          {why !== undefined && <span class="why">{why}</span>}
        </span>
      </td>
      <td class="c-queue" role="cell">
        {row.queue === 'default' ? <span class="faint">default</span> : row.queue}
      </td>
      <td class="c-attempts right" role="cell">
        {row.attempts}/{row.max_retries}
      </td>
      <td class="c-when right" role="cell">
        {when(row, now)}
      </td>
      <td class="c-took right soft" role="cell">
        {row.lies_in === 'processing' && row.started_at
          ? elapsed(now - Date.parse(row.started_at))
          : row.duration_ms === undefined
            ? ''
            : duration(row.duration_ms)}
      </td>
    </>
  )
}

/** When the job will run, or how long it has been in its state. */
function when(job: JobRow, now: number) {
  const due = job.lies_in === 'failed' ? job.next_retry_at : job.lies_in === 'scheduled' ? job.run_at : undefined
  const at = due ?? (job.lies_in === 'pending' ? job.created_at : job.updated_at)
  const text = due === undefined ? age(now - Date.parse(at)) : Date.parse(due) > now ? relativeTime(due, now) : 'due'
  return (
    <time dateTime={at} title={clockTime(at, 0)}>
      {text}
    </time>
  )
}

function without(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set)
  next.delete(id)
  return next
}
