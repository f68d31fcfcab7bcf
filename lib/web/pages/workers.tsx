/** The workers: what each runs and uses, its log, and the button that stops it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { commandLine } from '../../job/job.ts'
import { isReadable, type JobList, type JobRecord, type ListOf, type SlotRow, type WorkerRow } from '../api-types.ts'
import { get } from '../api.ts'
import { useNow } from '../clock.ts'
import { programLine } from '../command-line.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { Icon } from '../components/icons.tsx'
import { JobProgress } from '../components/job-progress.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { StopDialog } from '../components/stop-dialog.tsx'
import { SlotMeter } from '../components/worker-summary.tsx'
import { bytes, countNoun, elapsed } from '../format.ts'
import { usePolled, useResource } from '../refetch.ts'
import { useSession } from '../session.ts'
import { jobUrl } from '../url.ts'

const LIFE_TEXTS = {
  alive: 'Alive',
  dead: 'Dead: another worker will recover its jobs',
  elsewhere: 'Elsewhere: whether it lives cannot be seen from here',
}

const EVERY_MS = 2000

export function WorkersPage() {
  const { home } = useSession()
  const { data, problem } = useResource<ListOf<WorkerRow>>('/workers', ['workers', 'jobs'])
  const used = usePolled(() => get<ListOf<SlotRow>>('/slots'), EVERY_MS)?.items ?? []
  const progress = useProgress()
  const slots = data?.items.reduce((sum, worker) => sum + (worker.life === 'alive' ? worker.slots : 0), 0) ?? 0
  return (
    <>
      <header class="page-head">
        <h1>Workers</h1>
        {data && data.items.length > 0 && (
          <span class="hint">
            {countNoun(data.items.length, 'process', 'processes')}, {countNoun(slots, 'slot')}
          </span>
        )}
      </header>
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <div class="card">
          <EmptyState icon="workers" title="No workers running">
            <span>Jobs wait, and nothing is lost. Start workers in the background from a shell:</span>
            <br />
            <code>{programLine(home, 'worker start --count 2')}</code>
          </EmptyState>
        </div>
      )}
      <div class="workers">
        {data?.items.map((worker) => (
          <WorkerCard
            key={worker.name}
            worker={worker}
            progress={progress}
            used={used.filter((slot) => slot.worker === worker.name)}
          />
        ))}
      </div>
    </>
  )
}

/** The progress of running jobs, by job id. */
function useProgress(): ReadonlyMap<string, JobRecord['progress']> {
  const { data } = useResource<JobList>('/jobs?state=processing&limit=500', ['jobs'])
  return new Map(data?.items.filter(isReadable).map(({ id, progress }) => [id, progress]))
}

interface WorkerCardProps {
  readonly worker: WorkerRow
  readonly progress: ReadonlyMap<string, JobRecord['progress']>
  readonly used: readonly SlotRow[]
}

function WorkerCard({ worker, progress, used }: WorkerCardProps) {
  const { isReadOnly } = useSession()
  const now = useNow()
  const [isLog, setLog] = useState(false)
  const [isStopping, setStopping] = useState(false)
  const of = (id: string): SlotRow['job'] => used.find(({ job }) => job?.id === id)?.job
  const busy = used.flatMap(({ job }) => job ?? [])
  return (
    <section class="card worker" aria-label={worker.name}>
      <div class="card-head">
        <h2 class="cut">{worker.name}</h2>
        <span class="actions">
          <SlotMeter worker={worker} />
          <button type="button" class="button small" aria-expanded={isLog} onClick={() => setLog(!isLog)}>
            Log
          </button>
          {!isReadOnly && worker.life !== 'dead' && (
            <button type="button" class="button small" onClick={() => setStopping(true)}>
              <Icon name="cancel" size={14} /> Stop
            </button>
          )}
        </span>
      </div>
      <p class="about soft">
        {worker.not_answering_since ? (
          <span class="bad">Not answering for {elapsed(now - Date.parse(worker.not_answering_since))}</span>
        ) : (
          <span class={worker.life === 'alive' ? 'good' : 'bad'}>{LIFE_TEXTS[worker.life]}</span>
        )}
        {worker.held_back && <span class="bad">Starts no job: {worker.held_back}</span>}
        <span>pid {worker.pid}</span>
        {worker.started_at && <span>up {elapsed(now - Date.parse(worker.started_at))}</span>}
        {busy.length > 0 && (
          <span title="what its jobs use now">
            CPU {busy.reduce((sum, job) => sum + job.cpu_percent, 0)} %, memory{' '}
            {bytes(busy.reduce((sum, job) => sum + job.memory_bytes, 0))}
          </span>
        )}
        {worker.only && <span>only for {worker.only}</span>}
        {worker.queues && <span>queues {worker.queues.join(', ')}</span>}
        {worker.not_queues && <span>not {worker.not_queues.join(', ')}</span>}
        <span class="cut mono" title={worker.log}>
          {worker.log}
        </span>
      </p>
      <ul class="list">
        {worker.running.map((job) => (
          <li key={job.id} class="list-row worker-job">
            <a class="cut" href={jobUrl(job.id)}>
              {job.id}
            </a>
            <span class="cut mono soft">{commandLine(job.command)}</span>
            <span class="faint">
              run {job.run}
              {job.started_at && `, ${elapsed(now - Date.parse(job.started_at))}`}
              <Usage job={of(job.id)} />
            </span>
            <JobProgress progress={progress.get(job.id)} />
          </li>
        ))}
        {worker.running.length === 0 && <li class="list-row faint">Idle</li>}
      </ul>
      {isLog && <WorkerLog name={worker.name} />}
      {isStopping && <StopDialog name={worker.name} onClose={() => setStopping(false)} />}
    </section>
  )
}

const Usage = ({ job }: { readonly job: SlotRow['job'] }) =>
  job ? (
    <>
      , {job.cpu_percent} % CPU, {bytes(job.memory_bytes)}
    </>
  ) : null

/** The last lines of a worker's log. */
function WorkerLog({ name }: { readonly name: string }) {
  const lines = usePolled(() => get<ListOf<string>>(`/workers/${encodeURIComponent(name)}/log`), EVERY_MS)?.items
  const shown = useRef<HTMLPreElement>(null)
  // The newest line is the last.
  useEffect(() => shown.current?.scrollTo(0, shown.current.scrollHeight), [lines?.at(-1)])
  return (
    <pre ref={shown} class="worker-log" tabIndex={0} aria-label={`The end of the log of ${name}`}>
      {lines === undefined ? 'No log' : lines.slice(-200).join('\n')}
    </pre>
  )
}
