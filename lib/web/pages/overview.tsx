/** The first page: how the queue stands, what it did lately, who works, what failed last. */
import { useState } from 'preact/hooks'
import { useNow } from '../clock.ts'
import { count, short, span, took } from '../format.ts'
import { Chart } from '../components/chart.tsx'
import { Failures } from '../components/recent-failures.tsx'
import { Icon } from '../components/icons.tsx'
import { Card, Choices, ProblemNotice, STATE_NAMES } from '../components/pieces.tsx'
import { Queues, Working } from '../components/worker-summary.tsx'
import { type Resource, useResource } from '../resource.ts'
import { address, jobPath } from '../url.ts'
import { useSession } from '../session.ts'
import type { Stats, Timeseries } from '../api-types.ts'

const TILES = ['pending', 'processing', 'failed', 'held', 'dead', 'completed'] as const
const WINDOWS = ['15m', '1h', '6h', '24h'] as const

/** Under each number what it means for whoever looks at it. */
const BESIDE = {
  processing: 'running now',
  failed: 'retried later',
  held: 'set aside',
  dead: 'up to you',
  completed: 'succeeded',
}
const scheduled = (stats: Stats | undefined): string =>
  stats?.scheduled ? `${short(stats.scheduled)} scheduled` : 'waiting to run'

export function Overview() {
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
          {stats.data.disk.state === 'full' ? 'no job is started' : 'little is left'}.
        </p>
      )}
      <nav class="tiles card" aria-label="Jobs by state">
        {TILES.map((state) => {
          const n = stats.data?.[state]
          return (
            <a key={state} class={`tile is-${state}${n ? '' : ' zero'}`} href={address('/jobs', { state })}>
              <span class="label">
                <span class="dot" />
                {STATE_NAMES[state]}
              </span>
              <span class="value">{n === undefined ? '–' : short(n)}</span>
              <span class="beside">{state === 'pending' ? scheduled(stats.data) : BESIDE[state]}</span>
            </a>
          )
        })}
      </nav>
      <div class="grid">
        <Lately stats={stats.data} />
        <div class="half stack">
          <Working />
          <Queues />
        </div>
        <Failures />
      </div>
    </>
  )
}

function Lately({ stats }: { readonly stats: Stats | undefined }) {
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>('1h')
  const series: Resource<Timeseries> = useResource(`/stats/timeseries?window=${shown}`, ['events'])
  const now = useNow()
  const oldest = stats?.oldest_ready
  const { wait_ms: wait, run_ms: run } = series.data?.totals ?? {}
  const ms = (value: number | null | undefined): string => (value == null ? '–' : took(value))
  return (
    <>
      <Card
        title="Throughput"
        class="wide"
        aside={<Choices label="How far back" of={WINDOWS} chosen={shown} onChoose={setShown} />}
      >
        <ProblemNotice problem={series.problem} />
        {series.data ? <Chart key={series.data.step} series={series.data} /> : <div style={{ height: 232 }} />}
      </Card>
      <Card title="Timing" class="narrow" aside={<span class="faint">last {shown}</span>}>
        <dl class="figures">
          <div class="head" aria-hidden="true">
            <span />
            <span>median</span>
            <span>95 %</span>
          </div>
          <div>
            <dt>Wait before a run</dt>
            <dd>{ms(wait?.p50)}</dd>
            <dd>{ms(wait?.p95)}</dd>
          </div>
          <div>
            <dt>Run</dt>
            <dd>{ms(run?.p50)}</dd>
            <dd>{ms(run?.p95)}</dd>
          </div>
          <div>
            <dt>Oldest ready job</dt>
            <dd class="two">
              {oldest ? <a href={jobPath(oldest.id)}>{span(now - Date.parse(oldest.since))}</a> : 'none waits'}
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
