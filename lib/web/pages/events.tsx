/** The events of the journal, newest first: searched, and narrowed by kind and time. */
import { useEffect, useRef } from 'preact/hooks'
import { useNow } from '../clock.ts'
import { clockTime, fromLocalInput, localInput } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { Menu } from '../components/menu.tsx'
import { useResource } from '../refetch.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { navigate, useRoute } from '../route.ts'
import type { EventRow, PageOf, State } from '../api-types.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'

/** The kinds of events, and the state whose colour each gets. */
const KIND_STATES: Record<string, State> = {
  enqueued: 'pending',
  started: 'processing',
  adopted: 'processing',
  completed: 'completed',
  failed: 'failed',
  dlq: 'dead',
  cancelled: 'dead',
  interrupted: 'held',
  given_back: 'held',
  held: 'held',
  released: 'pending',
  retried: 'pending',
  changed: 'pending',
  removed: 'held',
  corrupt: 'dead',
  hook_failed: 'failed',
  queue_paused: 'held',
  queue_resumed: 'pending',
  queue_set: 'pending',
  schedule_missed: 'failed',
  schedule_skipped: 'held',
  schedule_clock: 'failed',
  schedule_paused: 'held',
  schedule_resumed: 'pending',
}
const DEBOUNCE_MS = 200

export function EventsPage() {
  const { query } = useRoute()
  const now = useNow()
  const asked = Object.fromEntries(
    ['event', 'job', 'q', 'since', 'until'].map((name) => [name, query.get(name) ?? '']),
  ) as Record<'event' | 'job' | 'q' | 'since' | 'until', string>
  const cursor = query.get('cursor') ?? ''
  const isNarrowed = Object.values(asked).some(Boolean)
  const { data, problem } = useResource<PageOf<EventRow>>(
    urlWithQuery('/events', { ...asked, cursor, limit: '100' }),
    cursor === '' ? ['events'] : [],
  )
  const go = (more: Record<string, string>, how: 'push' | 'replace' = 'push'): void =>
    navigate(urlWithQuery('/events', { ...asked, ...more }), how)
  const kinds = asked.event.split(',').filter(Boolean)
  const toggle = (kind: string): void =>
    go({ event: (kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind]).join(',') })
  return (
    <>
      <header class="page-head">
        <h1>Events</h1>
      </header>
      <div class="bar">
        <EventSearch text={asked.q} search={(q) => go({ q }, 'replace')} />
        <Menu label={kinds.length === 0 ? 'All kinds' : kinds.length === 1 ? words(kinds[0]) : `${kinds.length} kinds`}>
          <fieldset>
            <legend>Kinds of events</legend>
            {Object.keys(KIND_STATES).map((kind) => (
              <label key={kind}>
                <input type="checkbox" checked={kinds.includes(kind)} onChange={() => toggle(kind)} /> {words(kind)}
              </label>
            ))}
          </fieldset>
        </Menu>
        {(['since', 'until'] as const).map((name) => (
          <label key={name} class="dated">
            <span class="soft">{name === 'since' ? 'from' : 'until'}</span>
            <input
              class="field"
              type="datetime-local"
              value={localInput(asked[name])}
              onChange={(event) => go({ [name]: fromLocalInput(event.currentTarget.value) })}
            />
          </label>
        ))}
        {asked.job && (
          <button
            type="button"
            class="button chip"
            onClick={() => go({ job: '' })}
            aria-label="Show the events of all jobs"
          >
            <span class="faint">job</span>
            <span class="cut">{asked.job}</span>
            <Icon name="close" size={12} />
          </button>
        )}
      </div>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data?.items.length === 0 && (
          <EmptyState icon="events" title={isNarrowed ? 'No events match' : 'No events yet'}>
            <span>Events are listed here as jobs are enqueued, started, completed, failed or cancelled.</span>
          </EmptyState>
        )}
        <ol class="list events">
          {data?.items.map((event, index) => (
            <li
              key={`${event.at} ${event.job} ${event.event} ${index}`}
              class={`is-${KIND_STATES[event.event] ?? 'held'}`}
            >
              <time class="faint" dateTime={event.at} title={event.at}>
                {clockTime(event.at, now)}
              </time>
              <span class="state">
                <span class="dot" />
                {words(event.event)}
              </span>
              <Subject event={event} />
              <span class="soft cut" title={event.text}>
                {sentenceWithoutId(event)}
              </span>
            </li>
          ))}
        </ol>
        {data && (data.next_cursor || cursor) && (
          <div class="pager">
            <a class="button small" href={urlWithQuery('/events', asked)}>
              Newest
            </a>
            <button
              type="button"
              class="button small"
              disabled={!data.next_cursor}
              onClick={() => go({ cursor: data.next_cursor ?? '' })}
            >
              Older <Icon name="next" size={12} />
            </button>
          </div>
        )}
      </div>
    </>
  )
}

const words = (kind = ''): string => (kind === 'dlq' ? 'dead' : kind.replace('_', ' '))

/** What it happened to: a job, or a queue. */
function Subject({ event: { job, queue } }: { readonly event: EventRow }) {
  if (job === '' && queue === undefined) return <span />
  return job === '' ? (
    <a class="cut" href="/queues">
      {queue === '_all' ? 'all queues' : queue}
    </a>
  ) : (
    <a class="cut id" href={jobUrl(job)}>
      {job}
    </a>
  )
}

interface EventSearchProps {
  readonly text: string
  readonly search: (text: string) => void
}

function EventSearch({ text, search }: EventSearchProps) {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<number>(undefined)
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = text
  }, [text])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={input}
        class="field"
        type="text"
        aria-label="Search events"
        placeholder="Search job, worker, error"
        spellcheck={false}
        autocomplete="off"
        defaultValue={text}
        onInput={(event) => {
          const { value } = event.currentTarget
          clearTimeout(timer.current)
          timer.current = setTimeout(() => search(value.trim()), DEBOUNCE_MS)
        }}
      />
    </div>
  )
}

/** The sentence without the id at its start, which has its own column. */
const sentenceWithoutId = ({ text, job }: EventRow): string =>
  job !== '' && text.startsWith(job) ? text.slice(job.length).trim() : text
