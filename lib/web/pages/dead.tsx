/** The dead letters, grouped by error, so that jobs with the same error can be handled together. */
import { countNoun } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { useResource } from '../refetch.ts'
import { navigate, useRoute } from '../route.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { useSession } from '../session.ts'
import type { ErrorGroup, ListOf } from '../api-types.ts'
import { ChoiceGroup } from '../components/choice-group.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { TimeAgo } from '../components/time-ago.tsx'

const SORTS = { count: 'Most jobs', last: 'Latest' }
const GROUPINGS = { alike: 'Alike', exact: 'Same' }

export function DeadPage() {
  const { isReadOnly, ask } = useSession()
  const { query } = useRoute()
  const sort = query.get('sort') === 'last' ? 'last' : 'count'
  const exact = query.get('exact') === '1' ? '1' : ''
  const grouping = exact ? GROUPINGS.exact : GROUPINGS.alike
  const go = (more: Record<string, string>): void =>
    navigate(urlWithQuery('/dead', { sort: sort === 'count' ? '' : sort, exact, ...more }), 'replace')
  const { data, problem } = useResource<ListOf<ErrorGroup>>(urlWithQuery('/dead/groups', { sort, exact }), [
    'jobs',
    'stats',
  ])
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
            <button type="button" class="button" onClick={() => ask({ action: 'delete', which: all })}>
              <Icon name="bin" /> Delete all
            </button>
          </div>
        )}
      </header>
      {total > 0 && (
        <div class="bar">
          <ChoiceGroup
            label="Errors in one group"
            of={Object.values(GROUPINGS)}
            chosen={grouping}
            onChoose={(one) => go({ exact: one === GROUPINGS.exact ? '1' : '' })}
          />
          <ChoiceGroup
            label="Order"
            of={Object.values(SORTS)}
            chosen={SORTS[sort]}
            onChoose={(one) => go({ sort: one === SORTS.last ? 'last' : '' })}
          />
          <span class="faint">
            {exact
              ? 'Only jobs with the same error are in one group.'
              : 'Numbers, ids, paths and quoted texts in an error do not matter.'}
          </span>
        </div>
      )}
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
            <ErrorGroupRow key={exact ? group.error : group.fingerprint} group={group} isExact={exact === '1'} />
          ))}
        </ul>
      )}
    </>
  )
}

interface ErrorGroupRowProps {
  readonly group: ErrorGroup
  readonly isExact: boolean
}

function ErrorGroupRow({ group, isExact }: ErrorGroupRowProps) {
  const { isReadOnly, ask } = useSession()
  const isOne = isExact || group.count === 1
  const error = isOne ? group.error : group.fingerprint
  const filter = { state: 'dead', ...(isExact ? { error: group.error } : { fingerprint: group.fingerprint }) }
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
          {error === '' ? 'No error was recorded' : <Masked text={error} />}
        </a>
        <p class="faint">
          {group.last && (
            <>
              {group.first && group.first !== group.last && (
                <>
                  first <TimeAgo at={group.first} />,{' '}
                </>
              )}
              last <TimeAgo at={group.last} />, {group.queues.length === 1 ? 'queue' : 'queues'}{' '}
              {group.queues.join(', ')}:{' '}
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
            aria-label={`Retry ${countNoun(group.count, 'job')}: ${error}`}
          >
            <Icon name="retry" size={14} /> Retry
          </button>
          <button
            type="button"
            class="button small"
            onClick={() => ask({ action: 'delete', which })}
            aria-label={`Delete ${countNoun(group.count, 'job')}: ${error}`}
          >
            <Icon name="bin" size={14} /> Delete
          </button>
        </span>
      )}
    </li>
  )
}

/** An error with its masked parts set apart. */
const Masked = ({ text }: { readonly text: string }) => (
  <>
    {text
      .split(/(<(?:n|hex|uuid|path|url|text)>)/)
      .map((part, index) => (index % 2 === 1 ? <span class="mask">{part.slice(1, -1)}</span> : part))}
  </>
)
