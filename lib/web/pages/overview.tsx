/** The overview: counts, throughput, workers, queues and the latest failures. */
import { useState } from 'preact/hooks'
import { useNow } from '../clock.ts'
import { count, duration, elapsed, shortCount } from '../format.ts'
import { ThroughputChart } from '../components/chart.tsx'
import { RecentFailures } from '../components/recent-failures.tsx'
import { Icon } from '../components/icons.tsx'
import { QueueSummary, WorkerSummary } from '../components/worker-summary.tsx'
import { type Resource, useResource } from '../refetch.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { useSession } from '../session.ts'
import type { Stats, Timeseries } from '../api-types.ts'
import { STATE_NAMES } from '../components/state-badge.tsx'
import { Card } from '../components/card.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { ChoiceGroup } from '../components/choice-group.tsx'

const TILES = ['pending', 'processing', 'failed', 'held', 'dead', 'completed'] as const
const WINDOWS = ['15m', '1h', '6h', '24h'] as const

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
      <div class="grid">
        <RecentActivity stats={stats.data} />
        <div class="half stack">
          <WorkerSummary />
          <QueueSummary />
        </div>
        <RecentFailures />
      </div>
    </>
  )
}

function RecentActivity({ stats }: { readonly stats: Stats | undefined }) {
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>('1h')
  const series: Resource<Timeseries> = useResource(`/stats/timeseries?window=${shown}`, ['events'])
  const now = useNow()
  const oldest = stats?.oldest_ready
  const { wait_ms: wait, run_ms: run } = series.data?.totals ?? {}
  const ms = (value: number | null | undefined): string => (value == null ? '–' : duration(value))
  return (
    <>
      <Card
        title="Throughput"
        class="wide"
        aside={<ChoiceGroup label="Time range" of={WINDOWS} chosen={shown} onChoose={setShown} />}
      >
        <ProblemNotice problem={series.problem} />
        {series.data ? (
          <ThroughputChart key={series.data.step} series={series.data} />
        ) : (
          <div style={{ height: 232 }} />
        )}
      </Card>
      <Card title="Timing" class="narrow" aside={<span class="faint">last {shown}</span>}>
        <dl class="figures">
          <div class="head" aria-hidden="true">
            <span />
            <span>median</span>
            <span>p95</span>
          </div>
          <div>
            <dt>Wait time</dt>
            <dd>{ms(wait?.p50)}</dd>
            <dd>{ms(wait?.p95)}</dd>
          </div>
          <div>
            <dt>Run time</dt>
            <dd>{ms(run?.p50)}</dd>
            <dd>{ms(run?.p95)}</dd>
          </div>
          <div>
            <dt>Oldest ready job</dt>
            <dd class="two">
              {oldest ? <a href={jobUrl(oldest.id)}>{elapsed(now - Date.parse(oldest.since))}</a> : 'none'}
            </dd>
          </div>
          <div>
            <dt>Slots in use</dt>
            <dd class="two">
              {stats?.active_workers ? `${count(stats.processing)} of ${count(stats.active_workers)}` : 'none'}
            </dd>
          </div>
        </dl>
      </Card>
    </>
  )
}
