/** Who works on what, in short: workers and queues, as the first page shows them. */
import { commandLine } from '../../job/job.ts'
import { address, jobPath } from '../url.ts'
import { lineFor } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { short, span } from '../format.ts'
import { useResource } from '../resource.ts'
import { useSession } from '../session.ts'
import type { List, QueueRow, Worker } from '../api-types.ts'
import { Card, Empty, ProblemNotice } from './pieces.tsx'

/** The workers that there are, and what each runs. */
export function Working() {
  const { data, problem } = useResource<List<Worker>>('/workers', ['workers', 'jobs'])
  const now = useNow()
  const { home } = useSession()
  return (
    <Card
      title="Workers"
      aside={
        <a class="more" href="/workers">
          All workers
        </a>
      }
    >
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <Empty title="No worker runs">
          <span>Jobs wait until one is started.</span>
          <br />
          <code>{lineFor(home, 'worker start --count 2')}</code>
        </Empty>
      )}
      <ul class="list">
        {data?.items.slice(0, 5).map((worker) => (
          <li key={worker.name} class="list-row worker-row">
            <a class="cut" href="/workers">
              {worker.name}
            </a>
            <Slots worker={worker} />
            <ul class="running">
              {worker.running.slice(0, 4).map((job) => (
                <li key={job.id}>
                  <a class="cut mono" href={jobPath(job.id)} title={job.id}>
                    {commandLine(job.command)}
                  </a>
                  {job.started_at && <span class="faint">{span(now - Date.parse(job.started_at))}</span>}
                </li>
              ))}
              {worker.running.length === 0 && <li class="faint">{worker.life === 'alive' ? 'Idle' : 'Gone'}</li>}
              {worker.running.length > 4 && <li class="faint">and {worker.running.length - 4} more</li>}
            </ul>
          </li>
        ))}
      </ul>
    </Card>
  )
}

const MOST_SLOTS = 16

export function Slots({ worker }: { readonly worker: Worker }) {
  const used = worker.running.length
  return (
    <span class="slots" title={`${used} of ${worker.slots} slots in use`}>
      <span class="soft">
        {used}/{worker.slots}
        <span class="unseen"> slots in use</span>
      </span>
      <span class="meter" aria-hidden="true">
        {Array.from({ length: Math.min(worker.slots, MOST_SLOTS) }, (_, slot) => (
          <i key={slot} class={slot < (used * Math.min(worker.slots, MOST_SLOTS)) / worker.slots ? 'used' : ''} />
        ))}
      </span>
    </span>
  )
}

const COLUMNS = ['pending', 'processing', 'failed', 'dead'] as const

/** How it stands in each queue; left out while there is only one. */
export function Queues() {
  const { data, problem } = useResource<List<QueueRow>>('/queues', ['jobs'])
  if (!problem && (data?.items.length ?? 0) < 2) return null
  return (
    <Card title="Queues">
      <ProblemNotice problem={problem} />
      <table class="table queues">
        <thead>
          <tr>
            <th>Queue</th>
            {COLUMNS.map((state) => (
              <th key={state} class="right">
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data?.items.slice(0, 12).map((row) => (
            <tr key={row.queue}>
              <td>
                <a href={address('/jobs', { queue: row.queue })}>{row.queue}</a>
              </td>
              {COLUMNS.map((state) => (
                <td key={state} class={row[state] === 0 ? 'right faint' : 'right'}>
                  <a
                    href={address('/jobs', { state, queue: row.queue })}
                    aria-label={`${row[state]} ${state} in ${row.queue}`}
                  >
                    {short(row[state])}
                  </a>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
