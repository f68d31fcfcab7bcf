/** What happened, newest first, as the journal tells it. */
import { useNow } from '../clock.ts'
import { moment } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { Empty, ProblemNotice } from '../components/pieces.tsx'
import { useResource } from '../resource.ts'
import { address, jobPath } from '../url.ts'
import { go, usePlace } from '../route.ts'
import type { Happening, Page, State } from '../api-types.ts'

/** The kinds of events, and the colour of the state each leads to. */
const KINDS: Record<string, State> = {
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

export function Events() {
  const { query } = usePlace()
  const now = useNow()
  const kind = query.get('event') ?? ''
  const job = query.get('job') ?? ''
  const cursor = query.get('cursor') ?? ''
  const { data, problem } = useResource<Page<Happening>>(
    address('/events', { event: kind, job, cursor, limit: '100' }),
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
            onChange={(event) => go(address('/events', { job, event: event.currentTarget.value }))}
          >
            <option value="">All events</option>
            {Object.keys(KINDS).map((one) => (
              <option key={one} value={one}>
                {one.replace('_', ' ')}
              </option>
            ))}
          </select>
        </label>
        {job && (
          <a class="button chip" href={address('/events', { event: kind })} aria-label="Show those of other jobs, too">
            <span class="faint">job</span>
            <span class="cut">{job}</span>
            <Icon name="close" size={12} />
          </a>
        )}
      </div>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data?.items.length === 0 && (
          <Empty icon="events" title={kind || job ? 'No such event' : 'Nothing has happened yet'}>
            <span>What is enqueued, started, completed, failed or cancelled is listed here as it happens.</span>
          </Empty>
        )}
        <ol class="list events">
          {data?.items.map((event, index) => (
            <li key={`${event.at} ${event.job} ${event.event} ${index}`} class={`is-${KINDS[event.event] ?? 'held'}`}>
              <time class="faint" dateTime={event.at} title={event.at}>
                {moment(event.at, now)}
              </time>
              <span class="state">
                <span class="dot" />
                {event.event.replace('_', ' ')}
              </span>
              <a class="cut id" href={jobPath(event.job)}>
                {event.job}
              </a>
              <span class="soft cut" title={event.text}>
                {rest(event)}
              </span>
            </li>
          ))}
        </ol>
        {data && (data.next_cursor || cursor) && (
          <div class="pager">
            <a class="button small" href={address('/events', { event: kind, job })}>
              Newest
            </a>
            <button
              type="button"
              class="button small"
              disabled={!data.next_cursor}
              onClick={() => go(address('/events', { event: kind, job, cursor: data.next_cursor ?? '' }))}
            >
              Earlier <Icon name="next" size={12} />
            </button>
          </div>
        )}
      </div>
    </>
  )
}

/** The sentence without the id it begins with, which stands beside it already. */
const rest = ({ text, job }: Happening): string => (text.startsWith(job) ? text.slice(job.length).trim() : text)
