/** The events of the journal, newest first. */
import { useNow } from '../clock.ts'
import { clockTime } from '../format.ts'
import { Icon } from '../components/icons.tsx'
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
  removed: 'held',
  corrupt: 'dead',
}

export function EventsPage() {
  const { query } = useRoute()
  const now = useNow()
  const kind = query.get('event') ?? ''
  const job = query.get('job') ?? ''
  const cursor = query.get('cursor') ?? ''
  const { data, problem } = useResource<PageOf<EventRow>>(
    urlWithQuery('/events', { event: kind, job, cursor, limit: '100' }),
    cursor === '' ? ['events'] : [],
  )
  return (
    <>
      <header class="page-head">
        <h1>Events</h1>
      </header>
      <div class="bar">
        <label>
          <span class="unseen">Kind of event</span>
          <select
            class="field"
            value={kind}
            onChange={(event) => navigate(urlWithQuery('/events', { job, event: event.currentTarget.value }))}
          >
            <option value="">All events</option>
            {Object.keys(KIND_STATES).map((one) => (
              <option key={one} value={one}>
                {one.replace('_', ' ')}
              </option>
            ))}
          </select>
        </label>
        {job && (
          <a
            class="button chip"
            href={urlWithQuery('/events', { event: kind })}
            aria-label="Show the events of all jobs"
          >
            <span class="faint">job</span>
            <span class="cut">{job}</span>
            <Icon name="close" size={12} />
          </a>
        )}
      </div>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data?.items.length === 0 && (
          <EmptyState icon="events" title={kind || job ? 'No events match' : 'No events yet'}>
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
                {event.event.replace('_', ' ')}
              </span>
              <a class="cut id" href={jobUrl(event.job)}>
                {event.job}
              </a>
              <span class="soft cut" title={event.text}>
                {sentenceWithoutId(event)}
              </span>
            </li>
          ))}
        </ol>
        {data && (data.next_cursor || cursor) && (
          <div class="pager">
            <a class="button small" href={urlWithQuery('/events', { event: kind, job })}>
              Newest
            </a>
            <button
              type="button"
              class="button small"
              disabled={!data.next_cursor}
              onClick={() => navigate(urlWithQuery('/events', { event: kind, job, cursor: data.next_cursor ?? '' }))}
            >
              Older <Icon name="next" size={12} />
            </button>
          </div>
        )}
      </div>
    </>
  )
}

/** The sentence without the id at its start, which has its own column. */
const sentenceWithoutId = ({ text, job }: EventRow): string =>
  text.startsWith(job) ? text.slice(job.length).trim() : text
