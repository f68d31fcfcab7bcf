/** One job: what it is, what happened to it, what it wrote, and what can be done about it. */
import { commandLine } from '../../job/job.ts'
import { useState } from 'preact/hooks'
import { isAllowed } from '../../job/state.ts'
import { DEEDS, possible } from '../actions.ts'
import { jobApi } from '../api.ts'
import { actionLine, enqueueLine, logsLine, requestOf, showLine } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { moment, since, span, took } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { Icon } from '../components/icons.tsx'
import { JobProgress } from '../components/job-progress.tsx'
import { Log } from '../components/run-log.tsx'
import { Card, Copy, Empty, ProblemNotice, STATE_NAMES, StateName } from '../components/pieces.tsx'
import { Timeline } from '../components/timeline.tsx'
import { type Told, useResource } from '../resource.ts'
import { address } from '../url.ts'
import { go, usePlace } from '../route.ts'
import { useSession } from '../session.ts'
import type { Action, Attempt, Job as JobRecord, List } from '../api-types.ts'

export function Job({ id }: { readonly id: string }) {
  const { query, path } = usePlace()
  const concerns = ({ changed = [], removed = [] }: Told): boolean =>
    removed.includes(id) || changed.some((row) => row.id === id)
  const { data: job, problem } = useResource<JobRecord>(jobApi(id), ['jobs'], { concerns })
  const attempts = useResource<List<Attempt>>(`${jobApi(id)}/attempts`, ['jobs'], { concerns }).data?.items ?? []
  const wanted = Number(query.get('run'))
  const shown = attempts.find(({ run }) => run === wanted) ?? attempts.at(-1)
  const choose = (run: number): void => go(address(path, { run: run === attempts.at(-1)?.run ? '' : String(run) }))

  if (problem?.status === 404 && !job)
    return (
      <Empty icon="search" title="No such job">
        <span>Nothing is called {id}. It may have been deleted.</span>
        <div class="actions">
          <a class="button" href="/jobs">
            All jobs
          </a>
        </div>
      </Empty>
    )
  if (!job) return <ProblemNotice problem={problem} />
  return (
    <>
      <Head job={job} />
      {problem?.status === 404 ? (
        <p class="notice warn">This job is gone: its file was removed.</p>
      ) : (
        <ProblemNotice problem={problem} />
      )}
      <div class="job-layout">
        <div>
          <section class="card" aria-label="Command">
            <div class="command">
              <pre tabIndex={0}>{commandLine(job.command)}</pre>
              <Copy text={commandLine(job.command)} what="the command" />
            </div>
          </section>
          <Card title="Attempts" aside={<span class="faint">{told(job)}</span>}>
            {attempts.length > 0 ? (
              <Timeline job={job} attempts={attempts} chosen={shown?.run} onChoose={choose} />
            ) : (
              <Empty title="Not started yet">
                <Waiting job={job} />
              </Empty>
            )}
          </Card>
          {shown && <Log key={`${id} ${shown.run}`} id={id} attempt={shown} />}
          <Raw job={job} />
        </div>
        <div>
          <Facts job={job} />
          <Lines job={job} />
        </div>
      </div>
    </>
  )
}

function Raw({ job }: { readonly job: JobRecord }) {
  const text = JSON.stringify(job, undefined, 2)
  return (
    <details class="card raw">
      <summary>
        <h2>Raw JSON</h2>
      </summary>
      <Copy text={text} what="the JSON" />
      <pre tabIndex={0} aria-label="The job as JSON">
        {text}
      </pre>
    </details>
  )
}

function Head({ job }: { readonly job: JobRecord }) {
  const { isReadOnly, openForm, ask } = useSession()
  const actions = possible([job.lies_in])
  const does = (action: Action): void =>
    ask({ action, which: { ids: [job.id] }, ...(action === 'delete' ? { onDone: () => go('/dead') } : {}) })
  const keys = { retry: 'r', cancel: 'c', hold: 'h', release: 'h' } as const
  useShortcuts(
    isReadOnly
      ? []
      : actions.flatMap((action) =>
          action === 'delete'
            ? []
            : [{ keys: keys[action], does: DEEDS[action].label, group: 'Job', run: () => does(action) } as const],
        ),
  )
  return (
    <header class="page-head">
      <a class="button plain only-icon" href={address('/jobs', {})} aria-label="All jobs" title="All jobs">
        <Icon name="back" />
      </a>
      <h1 class="job-id">{job.id}</h1>
      <Copy text={job.id} what="the id" />
      <StateName state={job.lies_in} />
      <JobProgress progress={job.progress} />
      {!isReadOnly && (
        <div class="actions">
          {actions.map((action) => (
            <button
              key={action}
              type="button"
              class={`button${DEEDS[action].warning ? ' danger' : ''}`}
              onClick={() => does(action)}
            >
              <Icon name={DEEDS[action].icon} /> {DEEDS[action].label}
            </button>
          ))}
          {isAllowed('edit', job.lies_in) && (
            <button type="button" class="button" onClick={() => openForm({ kind: 'edit', job })}>
              <Icon name="edit" /> Edit
            </button>
          )}
          <button type="button" class="button" onClick={() => openForm({ kind: 'again', job })}>
            <Icon name="copy" /> Duplicate
          </button>
        </div>
      )}
    </header>
  )
}

/** How far it has come, in the head of its attempts. */
const told = (job: JobRecord): string =>
  `${job.attempts} of ${job.max_retries} used${job.interruptions > 0 ? `, ${job.interruptions} interrupted` : ''}`

function Waiting({ job }: { readonly job: JobRecord }) {
  const now = useNow()
  if (job.lies_in === 'scheduled' && job.run_at)
    return (
      <span>
        It may run {since(job.run_at, now)}, at {moment(job.run_at, now)}.
      </span>
    )
  if (job.lies_in === 'held') return <span>It is held until you release it.</span>
  if (job.lies_in !== 'pending') return null
  return <span>It waits for a free slot, for {span(now - Date.parse(job.created_at))} so far.</span>
}

function Facts({ job }: { readonly job: JobRecord }) {
  const now = useNow()
  const at = (iso: string | undefined): string | undefined => iso && `${moment(iso, now)} (${since(iso, now)})`
  const list = (values: readonly unknown[] | undefined): string | undefined => values?.join(', ')
  const facts: readonly (readonly [string, string | number | undefined])[] = [
    ['State', STATE_NAMES[job.lies_in]],
    ['Last error', job.lies_in === 'completed' || job.cancelled ? undefined : job.last_error],
    ['Cancelled', job.cancelled && `${job.cancelled.reason}, ${moment(job.cancelled.at, now)}`],
    ['Next attempt', job.lies_in === 'failed' ? at(job.next_retry_at) : undefined],
    ['Not before', job.lies_in === 'scheduled' ? at(job.run_at) : undefined],
    ['Enqueued', at(job.created_at)],
    ['Started', at(job.started_at)],
    ['Finished', job.lies_in === 'processing' ? undefined : at(job.finished_at)],
    ['Took', job.duration_ms === undefined || job.lies_in === 'processing' ? undefined : took(job.duration_ms)],
    ['Exit code', job.exit_code],
    ['Signal', job.signal],
    ['Queue', job.queue],
    ['Tags', job.tags?.length ? list(job.tags) : undefined],
    ['Priority', job.priority],
    ['Timeout', job.timeout === undefined ? undefined : job.timeout === 0 ? 'none' : span(job.timeout * 1000)],
    ['Worker', job.worker],
    ['Directory', job.cwd],
    ['Environment', job.env && Object.keys(job.env).length > 0 ? list(Object.keys(job.env)) : undefined],
    ['Succeeds with', list(job.success_codes)],
  ]
  return (
    <Card title="Details">
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined && (
              <div key={name}>
                <dt>{name}</dt>
                <dd class={name === 'Last error' ? 'bad' : ''}>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </Card>
  )
}

/** What one would type to see or do the same. */
function Lines({ job }: { readonly job: JobRecord }) {
  const { home } = useSession()
  const [isOpen, setOpen] = useState(false)
  const lines = [
    showLine(home, job.id),
    ...(job.runs > 0 ? [logsLine(home, job.id, job.lies_in === 'processing')] : []),
    ...possible([job.lies_in]).map((action) => actionLine(home, action, job.id)),
    ...(isOpen ? [enqueueLine(home, requestOf(job))] : []),
  ]
  return (
    <Card
      title="On the command line"
      aside={
        <button type="button" class="button plain small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Enqueue again
        </button>
      }
    >
      <div class="lines">
        {lines.map((line) => (
          <div key={line}>
            <code>{line}</code>
            <Copy text={line} what="this line" />
          </div>
        ))}
      </div>
    </Card>
  )
}
