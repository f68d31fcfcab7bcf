/** The list of jobs: filtered, searched and sorted by the server; the address bar holds the whole view. */
import { useEffect, useState } from 'preact/hooks'
import { filterFromQuery, jobsUrl } from '../filter.ts'
import { count, shortCount } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { SelectionBar } from '../components/selection-bar.tsx'
import { FilterChips } from '../components/filter-chips.tsx'
import { JobTable } from '../components/job-table.tsx'
import { NoJobs } from '../components/no-jobs.tsx'
import { ViewMenu } from '../components/view-menu.tsx'
import { SearchField } from '../components/search-field.tsx'
import { type JobsChange, useResource } from '../refetch.ts'
import { urlWithQuery } from '../url.ts'
import { navigate, useRoute } from '../route.ts'
import { useSession } from '../session.ts'
import type { Filter, JobList, State, Stats } from '../api-types.ts'
import { STATE_NAMES } from '../components/state-badge.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'

const TABS: readonly State[] = ['pending', 'scheduled', 'waiting', 'processing', 'failed', 'held', 'dead', 'completed']
const SORTS = {
  '': 'Run order',
  '-created': 'Newest first',
  created: 'Oldest first',
  '-updated': 'Last changed',
  priority: 'Priority',
  id: 'Id',
  queue: 'Queue',
}
/** An order that only the heads of the table ask for. */
const sortLabel = (sort: string): string =>
  `${(SORTS as Record<string, string>)[sort.replace('-', '')] ?? sort}, reversed`

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
  useEffect(() => {
    // Qualifiers in the text of an address become parameters, so that one view has one address.
    if ((query.get('q') ?? '') !== (filter.q ?? '')) narrow({}, 'replace')
  }, [key])
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
            {!(sort in SORTS) && <option value={sort}>{sortLabel(sort)}</option>}
            {Object.entries(SORTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <ViewMenu url={jobsUrl(filter, { sort })} />
      </div>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data && data.items.length > 0 && (
          <JobTable
            rows={data.items}
            selected={selected}
            isAll={allMatching}
            onSelect={select}
            sort={sort}
            onSort={(next) => narrow({ sort: next })}
          />
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
