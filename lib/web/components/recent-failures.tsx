/** What failed last, as the first page shows it. */
import { address, jobPath } from '../url.ts'
import { useResource } from '../resource.ts'
import { isReadable, type Jobs } from '../api-types.ts'
import { Card, Empty, ProblemNotice, Since } from './pieces.tsx'

export function Failures() {
  const { data, problem } = useResource<Jobs>('/jobs?state=failed,dead&sort=-updated&limit=8', ['jobs'])
  return (
    <Card
      title="Newest failures"
      class="half"
      aside={
        <a class="more" href={address('/jobs', { state: 'failed,dead', sort: '-updated' })}>
          All failures
        </a>
      }
    >
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <Empty title="Nothing has failed">
          <span>Jobs that fail are listed here with their last error.</span>
        </Empty>
      )}
      <ul class="list">
        {data?.items.filter(isReadable).map((job) => (
          <li key={job.id}>
            <a class={`list-row failure is-${job.lies_in}`} href={jobPath(job.id)}>
              <span class="cut">
                <span class="dot" /> {job.id}
              </span>
              <span class="faint">
                <Since at={job.updated_at} />
              </span>
              <span class="why cut mono">{job.cancelled ? `cancelled ${job.cancelled.reason}` : job.last_error}</span>
            </a>
          </li>
        ))}
      </ul>
    </Card>
  )
}
