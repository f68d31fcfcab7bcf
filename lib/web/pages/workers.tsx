/** The workers and the jobs they run. */
import { commandLine } from '../../job/job.ts'
import { programLine } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { countNoun, elapsed } from '../format.ts'
import { useResource } from '../refetch.ts'
import { jobUrl } from '../url.ts'
import { useSession } from '../session.ts'
import { isReadable, type JobList, type JobRecord, type ListOf, type WorkerRow } from '../api-types.ts'
import { JobProgress } from '../components/job-progress.tsx'
import { SlotMeter } from '../components/worker-summary.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'

const LIFE_TEXTS = {
  alive: 'Alive',
  dead: 'Dead: another worker will recover its jobs',
  elsewhere: 'Elsewhere: whether it lives cannot be seen from here',
}

export function WorkersPage() {
  const { home } = useSession()
  const { data, problem } = useResource<ListOf<WorkerRow>>('/workers', ['workers', 'jobs'])
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
          <WorkerCard key={worker.name} worker={worker} progress={progress} />
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
}

function WorkerCard({ worker, progress }: WorkerCardProps) {
  const now = useNow()
  return (
    <section class="card worker" aria-label={worker.name}>
      <div class="card-head">
        <h2 class="cut">{worker.name}</h2>
        <SlotMeter worker={worker} />
      </div>
      <p class="about soft">
        {worker.not_answering_since ? (
          <span class="bad">Not answering for {elapsed(now - Date.parse(worker.not_answering_since))}</span>
        ) : (
          <span class={worker.life === 'alive' ? 'good' : 'bad'}>{LIFE_TEXTS[worker.life]}</span>
        )}
        <span>pid {worker.pid}</span>
        {worker.started_at && <span>up {elapsed(now - Date.parse(worker.started_at))}</span>}
        {worker.only && <span>only for {worker.only}</span>}
        {worker.held_back && <span class="bad">Starts no job now: {worker.held_back}</span>}
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
            </span>
            <JobProgress progress={progress.get(job.id)} />
          </li>
        ))}
        {worker.running.length === 0 && <li class="list-row faint">Idle</li>}
      </ul>
    </section>
  )
}
