/** Every job in one table: by state, searched and sorted by the server, with all of it in the address bar. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { filterIn, jobsAddress, typed } from '../filter.ts'
import { count, short } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { Icon } from '../components/icons.tsx'
import { ChosenBar } from '../components/selection-bar.tsx'
import { JobTable } from '../components/job-table.tsx'
import { NoJobs } from '../components/empty-state.tsx'
import { ProblemNotice, STATE_NAMES } from '../components/pieces.tsx'
import { type Told, useResource } from '../resource.ts'
import { address } from '../url.ts'
import { go, usePlace } from '../route.ts'
import { useSession } from '../session.ts'
import type { Filter, Jobs as JobsPage, List, QueueRow, State, Stats } from '../api-types.ts'

const TABS: readonly State[] = ['pending', 'scheduled', 'processing', 'failed', 'held', 'dead', 'completed']
const SORTS = {
  '': 'As they run',
  '-created': 'Newest first',
  created: 'Oldest first',
  '-updated': 'Changed last',
  priority: 'Priority',
  id: 'Id',
}
/** So long after the last key the server is asked. */
const SEARCH_REST_MS = 150

/** Rows that have changed are shown as they are at once; which rows belong here the server says a moment later. */
const take = (page: JobsPage, { changed = [] }: Told): JobsPage | undefined => {
  const fresh = new Map(changed.map((row) => [row.id, row]))
  if (!page.items.some(({ id }) => fresh.has(id))) return undefined
  return { ...page, items: page.items.map((row) => fresh.get(row.id) ?? row) }
}

export function Jobs() {
  const { query } = usePlace()
  const { openForm, isReadOnly } = useSession()
  const filter = filterIn(query)
  const sort = query.get('sort') ?? ''
  const cursor = query.get('cursor') ?? ''
  const path = address('/jobs', { ...filter, sort, cursor, limit: '50' })
  const { data, problem } = useResource<JobsPage>(path, ['jobs'], { take })
  const stats = useResource<Stats>('/stats', ['stats', 'jobs'])
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [allMatching, setAllMatching] = useState(false)
  const key = JSON.stringify(filter)
  // What was chosen under another filter is not what is meant under this one.
  useEffect(() => choose(new Set()), [key, cursor])

  const choose = (next: ReadonlySet<string>): void => {
    setChosen(next)
    setAllMatching(false)
  }
  const narrow = (more: Filter & { sort?: string; cursor?: string }, how: 'push' | 'replace' = 'push'): void =>
    go(jobsAddress({ ...filter, ...more }, { sort, ...more }), how)

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
        <Search filter={filter} narrow={narrow} />
        <Narrowed filter={filter} narrow={narrow} />
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
          <JobTable rows={data.items} chosen={chosen} isAll={allMatching} onChoose={choose} />
        )}
        {data?.items.length === 0 && <NoJobs filter={filter} />}
        {!data && !problem && <div style={{ height: 320 }} />}
        {data && (data.next_cursor || cursor) && (
          <div class="pager">
            <span>{count(data.total)} in all</span>
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
      {data && chosen.size > 0 && (
        <ChosenBar
          rows={data.items.filter(({ id }) => chosen.has(id))}
          filter={filter}
          total={data.total}
          isPageChosen={data.items.every(({ id }) => chosen.has(id))}
          isAll={allMatching}
          onAll={() => setAllMatching(true)}
          onClear={() => choose(new Set())}
        />
      )}
    </>
  )
}

/** The same but for the state. */
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
  <a href={jobsAddress(withState(filter, state), { sort })} aria-current={filter.state === state ? 'true' : undefined}>
    {label}
    {number !== undefined && <span class="number">{short(number)}</span>}
  </a>
)

type Narrow = (more: Filter & { sort?: string; cursor?: string }, how?: 'push' | 'replace') => void

function Search({ filter, narrow }: { readonly filter: Filter; readonly narrow: Narrow }) {
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
  // The address bar rules: going back changes what stands here, but not under the typing hand.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = filter.q ?? ''
  }, [filter.q])
  const look = (isFinished: boolean): void => {
    clearTimeout(timer.current)
    if (!input.current) return
    const { value } = input.current
    // A word that is still being typed is no qualifier yet: `queue:ma` would flash by.
    const { found, rest } = isFinished || value.endsWith(' ') ? typed(value) : { found: {}, rest: value.trim() }
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
          timer.current = setTimeout(() => look(false), SEARCH_REST_MS)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') look(true)
        }}
      />
      <kbd class="wide-only" aria-hidden="true">
        /
      </kbd>
    </div>
  )
}

/** What narrows the list besides the tab and the search; each can be taken away. */
function Narrowed({ filter, narrow }: { readonly filter: Filter; readonly narrow: Narrow }) {
  const queues = useResource<List<QueueRow>>('/queues', ['jobs']).data?.items ?? []
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
              aria-label={`Show other ${name}s than ${value}, too`}
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
