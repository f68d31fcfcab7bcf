/** The latest failures, for the overview. */
import { jobUrl, urlWithQuery } from '../url.ts'
import { useResource } from '../refetch.ts'
import { isReadable, type JobList } from '../api-types.ts'
import { Card } from './card.tsx'
import { EmptyState } from './empty-state.tsx'
import { ProblemNotice } from './problem-notice.tsx'
import { TimeAgo } from './time-ago.tsx'

export function RecentFailures() {
  const { data, problem } = useResource<JobList>('/jobs?state=failed,dead&sort=-updated&limit=8', ['jobs'])
  return (
    <Card
      title="Latest failures"
      class="half"
      aside={
        <a class="more" href={urlWithQuery('/jobs', { state: 'failed,dead', sort: '-updated' })}>
          All failures
        </a>
      }
    >
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <EmptyState title="No failures">
          <span>Failed jobs are listed here with their last error.</span>
        </EmptyState>
      )}
      <ul class="list">
        {data?.items.filter(isReadable).map((job) => (
          <li key={job.id}>
            <a class={`list-row failure is-${job.lies_in}`} href={jobUrl(job.id)}>
              <span class="cut">
                <span class="dot" /> {job.id}
              </span>
              <span class="faint">
                <TimeAgo at={job.updated_at} />
              </span>
              <span class="why cut mono">{job.cancelled ? `cancelled ${job.cancelled.reason}` : job.last_error}</span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  )
}
