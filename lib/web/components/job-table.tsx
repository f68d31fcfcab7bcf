/** The table of jobs: rows to walk through with j and k, select with x, and act on. */
import { commandLine } from '../../job/job.ts'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ACTIONS, possibleActions } from '../actions.ts'
import { useNow } from '../clock.ts'
import { useShortcuts } from '../keys.ts'
import { jobUrl } from '../url.ts'
import { navigate } from '../route.ts'
import { useSession } from '../session.ts'
import { type Action, isReadable, type JobListItem } from '../api-types.ts'
import { type Column, useLook } from '../views.ts'
import { Icon } from './icons.tsx'
import { COLUMN_INFO, COLUMN_LABELS } from './job-columns.tsx'
import { JobProgress } from './job-progress.tsx'
import { StateBadge } from './state-badge.tsx'

interface JobTableProps {
  readonly rows: readonly JobListItem[]
  readonly selected: ReadonlySet<string>
  /** All matching jobs are selected, also those on other pages. */
  readonly isAll: boolean
  readonly onSelect: (selected: ReadonlySet<string>) => void
  readonly sort: string
  readonly onSort: (sort: string) => void
}

export function JobTable({ rows, selected, isAll, onSelect, sort, onSort }: JobTableProps) {
  const [{ columns, isCompact }] = useLook()
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
    <table class={`table jobs${isCompact ? ' compact' : ''}`} role="table">
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
          <Head class="c-state" label="State" by={undefined} sort={sort} onSort={onSort} />
          <Head class="c-job" label="Job" by="id" sort={sort} onSort={onSort} />
          {columns.map((name) => (
            <Head
              key={name}
              class={`c-${name}${COLUMN_INFO[name].isRight ? ' right' : ''}`}
              label={COLUMN_LABELS[name]}
              by={COLUMN_INFO[name].sort}
              sort={sort}
              onSort={onSort}
            />
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
            <Cells row={one} columns={columns} />
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

function Cells({ row, columns }: { readonly row: JobListItem; readonly columns: readonly Column[] }) {
  const now = useNow()
  const link = (
    <a href={jobUrl(row.id)} title={row.id} class="id">
      {row.id}
    </a>
  )
  if (!isReadable(row))
    return (
      <td class="c-job" role="cell" colSpan={1 + columns.length} title={row.path}>
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
      {columns.map((name) => (
        <td key={name} class={`c-${name}${COLUMN_INFO[name].isRight ? ' right' : ''}`} role="cell">
          {COLUMN_INFO[name].cell(row, now)}
        </td>
      ))}
    </>
  )
}

interface HeadProps {
  readonly class: string
  readonly label: string
  /** What the first click sorts by; the second reverses it, the third ends it. */
  readonly by: string | undefined
  readonly sort: string
  readonly onSort: (sort: string) => void
}

const reversed = (sort: string): string => (sort.startsWith('-') ? sort.slice(1) : `-${sort}`)

function Head({ by, label, sort, onSort, ...rest }: HeadProps) {
  const isFirst = sort === by
  const isSorted = by !== undefined && (isFirst || sort === reversed(by))
  return (
    <th {...rest} role="columnheader" aria-sort={isSorted ? (isFirst ? 'ascending' : 'descending') : undefined}>
      {by === undefined ? (
        label
      ) : (
        <button type="button" onClick={() => onSort(isFirst ? reversed(by) : isSorted ? '' : by)}>
          {label}
          {isSorted && <Icon name={isFirst ? 'down' : 'up'} size={12} />}
        </button>
      )}
    </th>
  )
}

function without(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set)
  next.delete(id)
  return next
}
