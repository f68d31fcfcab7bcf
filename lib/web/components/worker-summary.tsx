/** Workers and queues in short, for the overview. */
import { commandLine } from '../../job/job.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { programLine } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { elapsed, shortCount } from '../format.ts'
import { useResource } from '../refetch.ts'
import { useSession } from '../session.ts'
import type { ListOf, QueueRow, WorkerRow } from '../api-types.ts'
import { Card } from './card.tsx'
import { EmptyState } from './empty-state.tsx'
import { ProblemNotice } from './problem-notice.tsx'

/** The workers and the jobs they run. */
export function WorkerSummary() {
  const { data, problem } = useResource<ListOf<WorkerRow>>('/workers', ['workers', 'jobs'])
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
        <EmptyState title="No workers running">
          <span>Jobs wait until a worker starts.</span>
          <br />
          <code>{programLine(home, 'worker start --count 2')}</code>
        </EmptyState>
      )}
      <ul class="list">
        {data?.items.slice(0, 5).map((worker) => (
          <li key={worker.name} class="list-row worker-row">
            <a class="cut" href="/workers">
              {worker.name}
            </a>
            <SlotMeter worker={worker} />
            <ul class="running">
              {worker.running.slice(0, 4).map((job) => (
                <li key={job.id}>
                  <a class="cut" href={jobUrl(job.id)} title={commandLine(job.command)}>
                    <strong>{job.id}</strong> <span class="mono soft">{commandLine(job.command)}</span>
                  </a>
                  {job.started_at && <span class="faint">{elapsed(now - Date.parse(job.started_at))}</span>}
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

const MAX_SLOTS = 16

export function SlotMeter({ worker }: { readonly worker: WorkerRow }) {
  const used = worker.running.length
  return (
    <span class="slots" title={`${used} of ${worker.slots} slots in use`}>
      <span class="soft">
        {used}/{worker.slots}
        <span class="unseen"> slots in use</span>
      </span>
      <span class="meter" aria-hidden="true">
        {Array.from({ length: Math.min(worker.slots, MAX_SLOTS) }, (_, slot) => (
          <i key={slot} class={slot < (used * Math.min(worker.slots, MAX_SLOTS)) / worker.slots ? 'used' : ''} />
        ))}
      </span>
    </span>
  )
}

const COLUMNS = ['pending', 'processing', 'failed', 'dead'] as const

/** Counts by queue; hidden while there is only one queue. */
export function QueueSummary() {
  const { data, problem } = useResource<ListOf<QueueRow>>('/queues', ['jobs'])
  if (!problem && (data?.items.length ?? 0) < 2) return null
  return (
    <Card
      title="Queues"
      aside={
        <a class="more" href="/queues">
          All queues
        </a>
      }
    >
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
                <a href={urlWithQuery('/jobs', { queue: row.queue })}>{row.queue}</a>
              </td>
              {COLUMNS.map((state) => (
                <td key={state} class={row[state] === 0 ? 'right faint' : 'right'}>
                  <a
                    href={urlWithQuery('/jobs', { state, queue: row.queue })}
                    aria-label={`${row[state]} ${state} in ${row.queue}`}
                  >
                    {shortCount(row[state])}
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
