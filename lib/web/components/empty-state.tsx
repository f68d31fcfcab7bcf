/** What stands in the place of a list of jobs that is empty, each time for another reason. */
import { lineFor } from '../command-line.ts'
import { said } from '../filter.ts'
import { useSession } from '../session.ts'
import type { Filter, State } from '../api-types.ts'
import { Empty } from './pieces.tsx'

export function NoJobs({ filter }: { readonly filter: Filter }) {
  const { home, isReadOnly } = useSession()
  const { state, ...others } = filter
  if (Object.keys(others).length > 0)
    return (
      <Empty icon="search" title="No job matches">
        <span>Nothing lies here with {said(filter)}.</span>
        <div class="actions">
          <a class="button" href="/jobs">
            Show all jobs
          </a>
        </div>
      </Empty>
    )
  if (state === undefined)
    return (
      <Empty icon="jobs" title="No jobs yet">
        <span>
          A job is a command line. Enqueue the first one{isReadOnly ? '' : ' here (press n) or'} from a shell:
        </span>
        <br />
        <code>{lineFor(home, "enqueue 'echo hello'")}</code>
      </Empty>
    )
  const [title, text] = NOTHING[state as State] ?? [`No job is ${state}`, '']
  return (
    <Empty icon="check" title={title}>
      {text}
    </Empty>
  )
}

const NOTHING: Record<State, readonly [string, string]> = {
  pending: ['Nothing waits', 'Every job that may run has been started.'],
  scheduled: ['Nothing is scheduled', 'Jobs with a time before which they must not run stand here.'],
  processing: ['Nothing runs', 'Jobs stand here while a worker runs them.'],
  failed: ['Nothing waits for a retry', 'Jobs that failed stand here until their next attempt.'],
  held: ['Nothing is held', 'Jobs that you hold stand here until you release them.'],
  dead: ['No dead letters', 'Jobs that used up their attempts would stand here.'],
  completed: ['Nothing has completed yet', 'Jobs that succeeded stand here.'],
}
