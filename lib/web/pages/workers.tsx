/** Who runs jobs, and what. */
import { commandLine } from '../../job/job.ts'
import { lineFor } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { many, span } from '../format.ts'
import { Empty, ProblemNotice } from '../components/pieces.tsx'
import { useResource } from '../resource.ts'
import { jobPath } from '../url.ts'
import { useSession } from '../session.ts'
import { isReadable, type Job, type Jobs, type List, type Worker } from '../api-types.ts'
import { JobProgress } from '../components/job-progress.tsx'
import { Slots } from '../components/worker-summary.tsx'

const LIVES = {
  alive: 'Alive',
  dead: 'Gone: another worker will take its jobs over',
  elsewhere: 'On another machine',
}

export function Workers() {
  const { home } = useSession()
  const { data, problem } = useResource<List<Worker>>('/workers', ['workers', 'jobs'])
  const progress = useProgress()
  const slots = data?.items.reduce((sum, worker) => sum + (worker.life === 'alive' ? worker.slots : 0), 0) ?? 0
  return (
    <>
      <header class="page-head">
        <h1>Workers</h1>
        {data && data.items.length > 0 && (
          <span class="hint">
            {many(data.items.length, 'process', 'processes')}, {many(slots, 'slot')}
          </span>
        )}
      </header>
      <ProblemNotice problem={problem} />
      {data?.items.length === 0 && (
        <div class="card">
          <Empty icon="workers" title="No worker runs">
            <span>Jobs wait, and nothing is lost. Start a worker in a shell; it goes on in the background:</span>
            <br />
            <code>{lineFor(home, 'worker start --count 2')}</code>
          </Empty>
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
function useProgress(): ReadonlyMap<string, Job['progress']> {
  const { data } = useResource<Jobs>('/jobs?state=processing&limit=500', ['jobs'])
  return new Map(data?.items.filter(isReadable).map(({ id, progress }) => [id, progress]))
}

interface WorkerCardProps {
  readonly worker: Worker
  readonly progress: ReadonlyMap<string, Job['progress']>
}

function WorkerCard({ worker, progress }: WorkerCardProps) {
  const now = useNow()
  return (
    <section class="card worker" aria-label={worker.name}>
      <div class="card-head">
        <h2 class="cut">{worker.name}</h2>
        <Slots worker={worker} />
      </div>
      <p class="about soft">
        <span class={worker.life === 'alive' ? 'good' : 'bad'}>{LIVES[worker.life]}</span>
        <span>pid {worker.pid}</span>
        {worker.started_at && <span>up {span(now - Date.parse(worker.started_at))}</span>}
        {worker.only && <span>only for {worker.only}</span>}
        <span class="cut mono" title={worker.log}>
          {worker.log}
        </span>
      </p>
      <ul class="list">
        {worker.running.map((job) => (
          <li key={job.id} class="list-row worker-job">
            <a class="cut" href={jobPath(job.id)}>
              {job.id}
            </a>
            <span class="cut mono soft">{commandLine(job.command)}</span>
            <span class="faint">
              run {job.run}
              {job.started_at && `, ${span(now - Date.parse(job.started_at))}`}
            </span>
            <JobProgress progress={progress.get(job.id)} />
          </li>
        ))}
        {worker.running.length === 0 && <li class="list-row faint">Idle</li>}
      </ul>
    </section>
  )
}
