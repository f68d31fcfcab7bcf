/** One job: its details, attempts, output and actions. */
import { attemptsInAll } from '../../job/attempts.ts'
import { commandLine } from '../../job/job.ts'
import { useState } from 'preact/hooks'
import { isAllowed, isOver } from '../../job/state.ts'
import { ACTIONS, possibleActions } from '../actions.ts'
import { jobApiPath } from '../api.ts'
import { actionLine, enqueueLine, logsLine, requestOf, showLine } from '../command-line.ts'
import { useNow } from '../clock.ts'
import { clockTime, duration, elapsed, relativeTime } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { Icon } from '../components/icons.tsx'
import { CopyableLines, type Fact, Facts } from '../components/facts.tsx'
import { JobProgress } from '../components/job-progress.tsx'
import { AttemptDiff } from '../components/attempt-diff.tsx'
import { DependencyGraph } from '../components/dependency-graph.tsx'
import { RunLog } from '../components/run-log.tsx'
import { AttemptTimeline } from '../components/timeline.tsx'
import { WaitingReasons } from '../components/waiting-reasons.tsx'
import { type JobsChange, useResource } from '../refetch.ts'
import { urlWithQuery } from '../url.ts'
import { navigate, useRoute } from '../route.ts'
import { useSession } from '../session.ts'
import type { Action, Attempt, JobRecord, ListOf, State } from '../api-types.ts'
import { STATE_NAMES, StateBadge } from '../components/state-badge.tsx'
import { Card } from '../components/card.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { CopyButton } from '../components/copy-button.tsx'

export function JobDetailPage({ id }: { readonly id: string }) {
  const { query, path } = useRoute()
  const concerns = ({ changed = [], removed = [] }: JobsChange): boolean =>
    removed.includes(id) || changed.some((row) => row.id === id)
  const { data: job, problem } = useResource<JobRecord>(jobApiPath(id), ['jobs'], { concerns })
  const attempts = useResource<ListOf<Attempt>>(`${jobApiPath(id)}/attempts`, ['jobs'], { concerns }).data?.items ?? []
  const [isCompared, setCompared] = useState(false)
  const wanted = Number(query.get('run'))
  const shown = attempts.find(({ run }) => run === wanted) ?? attempts.at(-1)
  const choose = (run: number): void =>
    navigate(urlWithQuery(path, { run: run === attempts.at(-1)?.run ? '' : String(run) }))

  if (problem?.status === 404 && !job)
    return (
      <EmptyState icon="search" title="No such job">
        <span>There is no job {id}. It may have been deleted.</span>
        <div class="actions">
          <a class="button" href="/jobs">
            All jobs
          </a>
        </div>
      </EmptyState>
    )
  if (!job) return <ProblemNotice problem={problem} />
  return (
    <>
      <JobHeader job={job} />
      {problem?.status === 404 ? (
        <p class="notice warn">This job no longer exists: its file was removed.</p>
      ) : (
        <ProblemNotice problem={problem} />
      )}
      <div class="job-layout">
        <div>
          <section class="card" aria-label="Command">
            <div class="command">
              <pre tabIndex={0}>{commandLine(job.command)}</pre>
              <CopyButton text={commandLine(job.command)} what="the command" />
            </div>
          </section>
          <DependencyGraph id={job.id} />
          <Card
            title="Attempts"
            aside={
              <span class="actions">
                <span class="faint">{attemptsUsed(job)}</span>
                {attempts.length > 1 && (
                  <button
                    type="button"
                    class="button small"
                    aria-expanded={isCompared}
                    onClick={() => setCompared(!isCompared)}
                  >
                    Compare
                  </button>
                )}
              </span>
            }
          >
            {attempts.length > 0 ? (
              <>
                <AttemptTimeline job={job} attempts={attempts} chosen={shown?.run} onChoose={choose} />
                {isCompared && attempts.length > 1 && <AttemptDiff id={job.id} attempts={attempts} />}
                {isWaiting(job.lies_in) && <WaitingReasons id={job.id} />}
              </>
            ) : (
              <NotStarted job={job} />
            )}
          </Card>
          {shown && <RunLog key={`${id} ${shown.run}`} id={id} attempt={shown} />}
          <RawJson job={job} />
        </div>
        <div>
          <Details job={job} />
          <CommandLines job={job} />
        </div>
      </div>
    </>
  )
}

function RawJson({ job }: { readonly job: JobRecord }) {
  const text = JSON.stringify(job, undefined, 2)
  return (
    <details class="card raw">
      <summary>
        <h2>Raw JSON</h2>
      </summary>
      <CopyButton text={text} what="the JSON" />
      <pre tabIndex={0} aria-label="The job as JSON">
        {text}
      </pre>
    </details>
  )
}

function JobHeader({ job }: { readonly job: JobRecord }) {
  const { isReadOnly, openForm, ask } = useSession()
  const actions = possibleActions([job.lies_in])
  const does = (action: Action): void =>
    ask({ action, which: { ids: [job.id] }, ...(action === 'delete' ? { onDone: () => navigate('/dead') } : {}) })
  const keys = { retry: 'r', cancel: 'c', hold: 'h', release: 'h' } as const
  useShortcuts(
    isReadOnly
      ? []
      : actions.flatMap((action) =>
          action === 'delete'
            ? []
            : [{ keys: keys[action], does: ACTIONS[action].label, group: 'Job', run: () => does(action) } as const],
        ),
  )
  return (
    <header class="page-head">
      <a class="button plain only-icon" href={urlWithQuery('/jobs', {})} aria-label="All jobs" title="All jobs">
        <Icon name="back" />
      </a>
      <h1 class="job-id">{job.id}</h1>
      <CopyButton text={job.id} what="the id" />
      <StateBadge state={job.lies_in} />
      <JobProgress progress={job.progress} />
      {!isReadOnly && (
        <div class="actions">
          {actions.map((action) => (
            <button key={action} type="button" class="button" onClick={() => does(action)}>
              <Icon name={ACTIONS[action].icon} /> {ACTIONS[action].label}
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

/** How many attempts are used. */
const attemptsUsed = (job: JobRecord): string =>
  `${job.attempts} of ${attemptsInAll(job.max_retries)} used${job.interruptions > 0 ? `, ${job.interruptions} interrupted` : ''}`

function NotStarted({ job }: { readonly job: JobRecord }) {
  const now = useNow()
  if (job.cancelled)
    return (
      <EmptyState title="Cancelled before it started">
        <span>
          {job.cancelled.reason}, {clockTime(job.cancelled.at, now)}.
        </span>
      </EmptyState>
    )
  return (
    <EmptyState title="Not started yet">
      <WaitingReasons id={job.id} />
    </EmptyState>
  )
}

const isWaiting = (state: State): boolean => !isOver(state) && state !== 'processing'

function Details({ job }: { readonly job: JobRecord }) {
  const now = useNow()
  const at = (iso: string | undefined): string | undefined =>
    iso && `${clockTime(iso, now)} (${relativeTime(iso, now)})`
  const list = (values: readonly unknown[] | undefined): string | undefined => values?.join(', ')
  const facts: readonly Fact[] = [
    ['State', STATE_NAMES[job.lies_in]],
    ['Last error', job.lies_in === 'completed' || job.cancelled ? undefined : job.last_error, 'bad'],
    ['Cancelled', job.cancelled && `${job.cancelled.reason}, ${clockTime(job.cancelled.at, now)}`],
    ['Next attempt', job.lies_in === 'failed' ? at(job.next_retry_at) : undefined],
    ['Not before', job.lies_in === 'scheduled' ? at(job.run_at) : undefined],
    ['Enqueued', at(job.created_at)],
    ['Started', at(job.started_at)],
    ['Finished', job.lies_in === 'processing' ? undefined : at(job.finished_at)],
    ['Duration', job.duration_ms === undefined || job.lies_in === 'processing' ? undefined : duration(job.duration_ms)],
    ['Exit code', job.exit_code],
    ['Signal', job.signal],
    ['Queue', job.queue],
    ['Key', job.key],
    ['Tags', job.tags?.length ? list(job.tags) : undefined],
    ['Priority', job.priority],
    ['Timeout', job.timeout === undefined ? undefined : job.timeout === 0 ? 'none' : elapsed(job.timeout * 1000)],
    ['Worker', job.worker],
    ['Directory', job.cwd],
    ['Environment', job.env && Object.keys(job.env).length > 0 ? list(Object.keys(job.env)) : undefined],
    ['Success codes', list(job.success_codes)],
    ['Nice', job.nice],
    ['Disk', job.ionice],
  ]
  return (
    <Card title="Details">
      <Facts facts={facts} />
    </Card>
  )
}

/** The command lines that show or do the same. */
function CommandLines({ job }: { readonly job: JobRecord }) {
  const { home } = useSession()
  const [isOpen, setOpen] = useState(false)
  const lines = [
    showLine(home, job.id),
    ...(job.runs > 0 ? [logsLine(home, job.id, job.lies_in === 'processing')] : []),
    ...possibleActions([job.lies_in]).map((action) => actionLine(home, action, job.id)),
    ...(isOpen ? [enqueueLine(home, requestOf(job))] : []),
  ]
  return (
    <Card
      title="Command line"
      aside={
        <button type="button" class="button plain small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Enqueue line
        </button>
      }
    >
      <CopyableLines lines={lines} />
    </Card>
  )
}
