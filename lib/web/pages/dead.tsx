/** The dead letters, grouped by error, so that jobs with the same error can be handled together. */
import { countNoun } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { useResource } from '../resource.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { useSession } from '../session.ts'
import type { ErrorGroup, ListOf } from '../api-types.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { TimeAgo } from '../components/time-ago.tsx'

export function DeadPage() {
  const { isReadOnly, ask } = useSession()
  const { data, problem } = useResource<ListOf<ErrorGroup>>('/dead/groups', ['jobs', 'stats'])
  const total = data?.items.reduce((sum, group) => sum + group.count, 0) ?? 0
  const all = { filter: { state: 'dead' }, expected_count: total }
  return (
    <>
      <header class="page-head">
        <h1>Dead letters</h1>
        {data && total > 0 && (
          <span class="hint">
            {countNoun(total, 'job')}, {countNoun(data.items.length, 'error')}
          </span>
        )}
        {!isReadOnly && total > 0 && (
          <div class="actions">
            <button type="button" class="button" onClick={() => ask({ action: 'retry', which: all })}>
              <Icon name="retry" /> Retry all
            </button>
            <button type="button" class="button danger" onClick={() => ask({ action: 'delete', which: all })}>
              <Icon name="bin" /> Delete all
            </button>
          </div>
        )}
      </header>
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <div class="card">
          <EmptyState icon="check" title="No dead letters">
            <span>
              Jobs that used up their attempts, gave up or were cancelled stay here until you retry or delete them.
            </span>
          </EmptyState>
        </div>
      )}
      {data && data.items.length > 0 && (
        <ul class="card list groups">
          {data.items.map((group) => (
            <ErrorGroupRow key={group.error} group={group} />
          ))}
        </ul>
      )}
    </>
  )
}

function ErrorGroupRow({ group }: { readonly group: ErrorGroup }) {
  const { isReadOnly, ask } = useSession()
  const filter = { state: 'dead', error: group.error }
  const which = { filter, expected_count: group.count }
  return (
    <li class="group">
      <a
        class="number"
        href={urlWithQuery('/jobs', filter)}
        aria-label={`All ${countNoun(group.count, 'job')} with this error`}
      >
        {group.count}
      </a>
      <div class="what">
        <a class="error mono" href={urlWithQuery('/jobs', filter)}>
          {group.error === '' ? 'No error was recorded' : group.error}
        </a>
        <p class="faint cut">
          {group.last && (
            <>
              last <TimeAgo at={group.last} />:{' '}
            </>
          )}
          {group.jobs.slice(0, 4).map((id, index) => (
            <>
              {index > 0 && ', '}
              <a key={id} class="soft" href={jobUrl(id)}>
                {id}
              </a>
            </>
          ))}
          {group.count > 4 && ' …'}
        </p>
      </div>
      {!isReadOnly && (
        <span class="actions">
          <button
            type="button"
            class="button small"
            onClick={() => ask({ action: 'retry', which })}
            aria-label={`Retry ${countNoun(group.count, 'job')}: ${group.error}`}
          >
            <Icon name="retry" size={14} /> Retry
          </button>
          <button
            type="button"
            class="button small danger"
            onClick={() => ask({ action: 'delete', which })}
            aria-label={`Delete ${countNoun(group.count, 'job')}: ${group.error}`}
          >
            <Icon name="bin" size={14} /> Delete
          </button>
        </span>
      )}
    </li>
  )
}
