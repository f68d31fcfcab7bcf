/** The empty job list: says why it is empty. */
import { programLine } from '../command-line.ts'
import { describeFilter } from '../filter.ts'
import { useSession } from '../session.ts'
import type { Filter, State } from '../api-types.ts'
import { EmptyState } from './empty-state.tsx'

export function NoJobs({ filter }: { readonly filter: Filter }) {
  const { home, isReadOnly } = useSession()
  const { state, ...others } = filter
  if (Object.keys(others).length > 0)
    return (
      <EmptyState icon="search" title="No jobs match">
        <span>No jobs match {describeFilter(filter)}.</span>
        <div class="actions">
          <a class="button" href="/jobs">
            Show all jobs
          </a>
        </div>
      </EmptyState>
    )
  if (state === undefined)
    return (
      <EmptyState icon="jobs" title="No jobs yet">
        <span>
          A job is a command line. Enqueue the first one{isReadOnly ? '' : ' here (press n) or'} from a shell:
        </span>
        <br />
        <code>{programLine(home, "enqueue 'echo hello'")}</code>
      </EmptyState>
    )
  const [title, text] = EMPTY_TEXTS[state as State] ?? [`No ${state} jobs`, '']
  return (
    <EmptyState icon="check" title={title}>
      {text}
    </EmptyState>
  )
}

const EMPTY_TEXTS: Record<State, readonly [string, string]> = {
  pending: ['No pending jobs', 'Every job that may run has been started.'],
  waiting: ['No waiting jobs', 'Jobs that wait for other jobs are listed here.'],
  scheduled: ['No scheduled jobs', 'Jobs that may not run before a certain time are listed here.'],
  processing: ['No running jobs', 'Jobs are listed here while a worker runs them.'],
  failed: ['No jobs waiting for a retry', 'Failed jobs are listed here until their next attempt.'],
  held: ['No held jobs', 'Jobs that you hold are listed here until you release them.'],
  dead: ['No dead letters', 'Jobs that used up their attempts are listed here.'],
  completed: ['No completed jobs yet', 'Jobs that succeeded are listed here.'],
}
