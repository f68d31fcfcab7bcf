/** The dead letters, grouped by what killed them, so that what failed for one reason is dealt with at once. */
import { many } from '../format.ts'
import { Icon } from '../components/icons.tsx'
import { Empty, ProblemNotice, Since } from '../components/pieces.tsx'
import { useResource } from '../resource.ts'
import { address, jobPath } from '../url.ts'
import { useSession } from '../session.ts'
import type { DeadGroup, List } from '../api-types.ts'

export function Dead() {
  const { isReadOnly, ask } = useSession()
  const { data, problem } = useResource<List<DeadGroup>>('/dead/groups', ['jobs', 'stats'])
  const total = data?.items.reduce((sum, group) => sum + group.count, 0) ?? 0
  const all = { filter: { state: 'dead' }, expected_count: total }
  return (
    <>
      <header class="page-head">
        <h1>Dead letters</h1>
        {data && total > 0 && (
          <span class="hint">
            {many(total, 'job')}, {many(data.items.length, 'error')}
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
          <Empty icon="check" title="No dead letters">
            <span>Jobs that used up their attempts, gave up or were cancelled stand here until you decide.</span>
          </Empty>
        </div>
      )}
      {data && data.items.length > 0 && (
        <ul class="card list groups">
          {data.items.map((group) => (
            <Group key={group.error} group={group} />
          ))}
        </ul>
      )}
    </>
  )
}

function Group({ group }: { readonly group: DeadGroup }) {
  const { isReadOnly, ask } = useSession()
  const filter = { state: 'dead', error: group.error }
  const which = { filter, expected_count: group.count }
  return (
    <li class="group">
      <a class="number" href={address('/jobs', filter)} aria-label={`All ${many(group.count, 'job')} with this error`}>
        {group.count}
      </a>
      <div class="what">
        <a class="error mono" href={address('/jobs', filter)}>
          {group.error === '' ? 'No error was recorded' : group.error}
        </a>
        <p class="faint cut">
          {group.last && (
            <>
              last <Since at={group.last} />:{' '}
            </>
          )}
          {group.jobs.slice(0, 4).map((id, index) => (
            <>
              {index > 0 && ', '}
              <a key={id} class="soft" href={jobPath(id)}>
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
            aria-label={`Retry ${many(group.count, 'job')}: ${group.error}`}
          >
            <Icon name="retry" size={14} /> Retry
          </button>
          <button
            type="button"
            class="button small danger"
            onClick={() => ask({ action: 'delete', which })}
            aria-label={`Delete ${many(group.count, 'job')}: ${group.error}`}
          >
            <Icon name="bin" size={14} /> Delete
          </button>
        </span>
      )}
    </li>
  )
}
