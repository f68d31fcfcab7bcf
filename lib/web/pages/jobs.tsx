/** The list of jobs: filtered, searched and sorted by the server; the address bar holds the whole view. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { filterFromQuery, jobsUrl, parseSearch } from '../filter.ts'
import { count, shortCount } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { Icon } from '../components/icons.tsx'
import { SelectionBar } from '../components/selection-bar.tsx'
import { JobTable } from '../components/job-table.tsx'
import { NoJobs } from '../components/no-jobs.tsx'
import { type JobsChange, useResource } from '../resource.ts'
import { urlWithQuery } from '../url.ts'
import { navigate, useRoute } from '../route.ts'
import { useSession } from '../session.ts'
import type { Filter, JobList, ListOf, QueueRow, State, Stats } from '../api-types.ts'
import { STATE_NAMES } from '../components/state-badge.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'

const TABS: readonly State[] = ['pending', 'scheduled', 'processing', 'failed', 'held', 'dead', 'completed']
const SORTS = {
  '': 'Run order',
  '-created': 'Newest first',
  created: 'Oldest first',
  '-updated': 'Last changed',
  priority: 'Priority',
  id: 'Id',
}
/** Time (ms) after the last key before the server is asked. */
const SEARCH_DEBOUNCE_MS = 150

/** Shows changed rows at once; the list is fetched again a moment later to learn which rows belong to it. */
const updateRows = (page: JobList, { changed = [] }: JobsChange): JobList | undefined => {
  const fresh = new Map(changed.map((row) => [row.id, row]))
  if (!page.items.some(({ id }) => fresh.has(id))) return undefined
  return { ...page, items: page.items.map((row) => fresh.get(row.id) ?? row) }
}

export function JobsPage() {
  const { query } = useRoute()
  const { openForm, isReadOnly } = useSession()
  const filter = filterFromQuery(query)
  const sort = query.get('sort') ?? ''
  const cursor = query.get('cursor') ?? ''
  const path = urlWithQuery('/jobs', { ...filter, sort, cursor, limit: '50' })
  const { data, problem } = useResource<JobList>(path, ['jobs'], { update: updateRows })
  const stats = useResource<Stats>('/stats', ['stats', 'jobs'])
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [allMatching, setAllMatching] = useState(false)
  const key = JSON.stringify(filter)
  // A selection belongs to the filter and page it was made under.
  useEffect(() => select(new Set()), [key, cursor])

  const select = (next: ReadonlySet<string>): void => {
    setSelected(next)
    setAllMatching(false)
  }
  const narrow = (more: Filter & { sort?: string; cursor?: string }, how: 'push' | 'replace' = 'push'): void =>
    navigate(jobsUrl({ ...filter, ...more }, { sort, ...more }), how)

  return (
    <>
      <header class="page-head">
        <h1>Jobs</h1>
        {data && (
          <span class="hint" role={filter.q ? 'status' : undefined}>
            {count(data.total)}
            {data.total_is_exact ? '' : ' or more'}
          </span>
        )}
        {!isReadOnly && (
          <div class="actions">
            <button type="button" class="button main" onClick={() => openForm({ kind: 'new' })}>
              <Icon name="plus" /> New job
            </button>
          </div>
        )}
      </header>
      <nav class="tabs" aria-label="States">
        <Tab label="All" state={undefined} filter={filter} sort={sort} />
        {TABS.map((state) => (
          <Tab
            key={state}
            label={STATE_NAMES[state]}
            state={state}
            filter={filter}
            sort={sort}
            number={stats.data?.[state]}
          />
        ))}
      </nav>
      <div class="bar">
        <SearchField filter={filter} narrow={narrow} />
        <FilterChips filter={filter} narrow={narrow} />
        <label>
          <span class="unseen">Sorted by</span>
          <select class="field" value={sort} onChange={(event) => narrow({ sort: event.currentTarget.value })}>
            {Object.entries(SORTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data && data.items.length > 0 && (
          <JobTable rows={data.items} selected={selected} isAll={allMatching} onSelect={select} />
        )}
        {data?.items.length === 0 && <NoJobs filter={filter} />}
        {!data && !problem && <div style={{ height: 320 }} />}
        {data && (data.next_cursor || cursor) && (
          <div class="pager">
            <span>{count(data.total)} total</span>
            <span class="actions">
              {cursor && (
                <button type="button" class="button small" onClick={() => narrow({ cursor: '' })}>
                  First page
                </button>
              )}
              <button
                type="button"
                class="button small"
                disabled={!data.next_cursor}
                onClick={() => narrow({ cursor: data.next_cursor ?? '' })}
              >
                Next page <Icon name="next" size={12} />
              </button>
            </span>
          </div>
        )}
      </div>
      {data && selected.size > 0 && (
        <SelectionBar
          rows={data.items.filter(({ id }) => selected.has(id))}
          filter={filter}
          total={data.total}
          isPageSelected={data.items.every(({ id }) => selected.has(id))}
          isAll={allMatching}
          onAll={() => setAllMatching(true)}
          onClear={() => select(new Set())}
        />
      )}
    </>
  )
}

/** The filter with another state. */
const withState = ({ state: _other, ...filter }: Filter, state: State | undefined): Filter =>
  state === undefined ? filter : { ...filter, state }

interface TabProps {
  readonly label: string
  readonly state: State | undefined
  readonly filter: Filter
  readonly sort: string
  readonly number?: number | undefined
}

const Tab = ({ label, state, filter, sort, number }: TabProps) => (
  <a href={jobsUrl(withState(filter, state), { sort })} aria-current={filter.state === state ? 'true' : undefined}>
    {label}
    {number !== undefined && <span class="number">{shortCount(number)}</span>}
  </a>
)

type Narrow = (more: Filter & { sort?: string; cursor?: string }, how?: 'push' | 'replace') => void

function SearchField({ filter, narrow }: { readonly filter: Filter; readonly narrow: Narrow }) {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<number>(undefined)
  useShortcuts([
    {
      keys: '/',
      does: 'Search',
      group: 'List',
      run: () => {
        input.current?.focus()
        input.current?.select()
      },
    },
  ])
  // The address bar decides: going back changes the field, except while it has the focus.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = filter.q ?? ''
  }, [filter.q])
  const search = (isFinished: boolean): void => {
    clearTimeout(timer.current)
    if (!input.current) return
    const { value } = input.current
    // A word still being typed is not a qualifier yet: `queue:ma` would filter too early.
    const { found, rest } = isFinished || value.endsWith(' ') ? parseSearch(value) : { found: {}, rest: value.trim() }
    if (Object.keys(found).length > 0) input.current.value = rest
    if (/(?:^|\s)(?:state|queue|tag):\S*$/.test(rest) && !isFinished) return
    narrow({ q: rest, ...found }, Object.keys(found).length > 0 ? 'push' : 'replace')
  }
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={input}
        class="field"
        type="text"
        aria-label="Search jobs"
        placeholder="Search id, command, error, or queue:mail tag:x state:dead"
        spellcheck={false}
        autocomplete="off"
        defaultValue={filter.q ?? ''}
        onInput={() => {
          clearTimeout(timer.current)
          timer.current = setTimeout(() => search(false), SEARCH_DEBOUNCE_MS)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(true)
        }}
      />
      <kbd class="wide-only" aria-hidden="true">
        /
      </kbd>
    </div>
  )
}

/** The queue filter, and a chip for each other active filter that removes it. */
function FilterChips({ filter, narrow }: { readonly filter: Filter; readonly narrow: Narrow }) {
  const queues = useResource<ListOf<QueueRow>>('/queues', ['jobs']).data?.items ?? []
  return (
    <>
      {(queues.length > 1 || filter.queue) && (
        <label>
          <span class="unseen">Queue</span>
          <select
            class="field"
            value={filter.queue ?? ''}
            onChange={(event) => narrow({ queue: event.currentTarget.value })}
          >
            <option value="">All queues</option>
            {[...new Set([...queues.map(({ queue }) => queue), ...(filter.queue ? [filter.queue] : [])])].map(
              (queue) => (
                <option key={queue} value={queue}>
                  {queue}
                </option>
              ),
            )}
          </select>
        </label>
      )}
      {(['tag', 'error'] as const).map((name) => {
        const value = filter[name]
        return (
          value !== undefined && (
            <button
              key={name}
              type="button"
              class="button chip"
              onClick={() => narrow({ [name]: '' })}
              aria-label={`Remove the filter ${name} ${value}`}
            >
              <span class="faint">{name}</span>
              <span class="cut">{value}</span>
              <Icon name="close" size={12} />
            </button>
          )
        )
      })}
    </>
  )
}
