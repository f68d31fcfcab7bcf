/** The overview: counts, throughput, workers, queues and the latest failures. */
import { Activity } from '../components/activity.tsx'
import { Card } from '../components/card.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { Icon } from '../components/icons.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { RecentFailures } from '../components/recent-failures.tsx'
import { STATE_NAMES } from '../components/state-badge.tsx'
import { QueueSummary, WorkerSummary } from '../components/worker-summary.tsx'
import type { Stats } from '../api-types.ts'
import { programLine } from '../command-line.ts'
import { shortCount } from '../format.ts'
import { useResource } from '../refetch.ts'
import { useSession } from '../session.ts'
import { urlWithQuery } from '../url.ts'

const TILES = ['pending', 'processing', 'failed', 'held', 'dead', 'completed'] as const

/** The caption of each count. */
const CAPTIONS = {
  processing: 'running now',
  failed: 'will be retried',
  held: 'until released',
  dead: 'needs a decision',
  completed: 'succeeded',
}
const scheduled = (stats: Stats | undefined): string =>
  stats?.scheduled ? `${shortCount(stats.scheduled)} scheduled` : 'waiting to run'

export function OverviewPage() {
  const stats = useResource<Stats>('/stats', ['stats', 'jobs'])
  const { openForm, isReadOnly } = useSession()
  const isEmpty = stats.data !== undefined && TILES.every((state) => stats.data?.[state] === 0)
  return (
    <>
      <header class="page-head">
        <h1>Overview</h1>
        {!isReadOnly && (
          <div class="actions">
            <button type="button" class="button main" onClick={() => openForm({ kind: 'new' })}>
              <Icon name="plus" /> New job
            </button>
          </div>
        )}
      </header>
      <ProblemNotice problem={stats.problem} />
      {stats.data && stats.data.disk.state !== 'ok' && (
        <p class="notice warn">
          The disk is {stats.data.disk.state}:{' '}
          {stats.data.disk.state === 'full' ? 'no jobs are started' : 'little space is left'}.
        </p>
      )}
      <nav class="tiles card" aria-label="Jobs by state">
        {TILES.map((state) => {
          const n = stats.data?.[state]
          return (
            <a key={state} class={`tile is-${state}${n ? '' : ' zero'}`} href={urlWithQuery('/jobs', { state })}>
              <span class="label">
                <span class="dot" />
                {STATE_NAMES[state]}
              </span>
              <span class="value">{n === undefined ? '–' : shortCount(n)}</span>
              <span class="beside">{state === 'pending' ? scheduled(stats.data) : CAPTIONS[state]}</span>
            </a>
          )
        })}
      </nav>
      {isEmpty && <FirstSteps />}
      <div class="grid">
        <Activity stats={stats.data} />
        <div class="half stack">
          <WorkerSummary />
          <QueueSummary />
        </div>
        <RecentFailures />
      </div>
    </>
  )
}

/** What to type first, while there is nothing to show. */
function FirstSteps() {
  const { home } = useSession()
  const steps = [
    ['Enqueue a job: any command line', "enqueue 'echo hello'"],
    ['Start a worker, which runs what waits', 'worker start'],
    ['See what a job wrote', 'logs last'],
  ] as const
  return (
    <Card title="First steps">
      <ol class="steps">
        {steps.map(([what, line]) => (
          <li key={line}>
            {what}
            <span class="step-line">
              <code>{programLine(home, line)}</code>
              <CopyButton text={programLine(home, line)} what="this line" />
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
