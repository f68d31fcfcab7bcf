/** What was done over time, of all queues or of one: how many jobs, or how long they waited and ran. */
import { useState } from 'preact/hooks'
import type { ListOf, QueueRow, Stats, Timeseries } from '../api-types.ts'
import { useNow } from '../clock.ts'
import { jobsUrl } from '../filter.ts'
import { count, duration, elapsed } from '../format.ts'
import { oneOf, usePref } from '../prefs.ts'
import { type Resource, useResource } from '../refetch.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { Card } from './card.tsx'
import { ChoiceGroup } from './choice-group.tsx'
import { CHART_KINDS, type ChartKind, SeriesChart } from './chart.tsx'
import { ProblemNotice } from './problem-notice.tsx'

export const WINDOWS = ['15m', '1h', '6h', '24h'] as const
const SCALES = ['linear', 'log'] as const

interface ActivityProps {
  /** Undefined: of all, or of one that is chosen here. */
  readonly queue?: string
  readonly stats?: Stats | undefined
}

export function Activity({ queue: fixed, stats }: ActivityProps) {
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>('1h')
  const [kind, setKind] = useState<ChartKind>('Jobs')
  const [scale, setScale] = usePref<(typeof SCALES)[number]>('scale', oneOf(SCALES))
  const [chosen, setChosen] = useState('')
  const queues = useResource<ListOf<QueueRow>>(fixed === undefined ? '/queues' : undefined, ['jobs']).data?.items ?? []
  const queue = fixed ?? chosen
  const series: Resource<Timeseries> = useResource(urlWithQuery('/stats/timeseries', { window: shown, queue }), [
    'events',
  ])
  /** The jobs that ended between two times. */
  const ended = (since: string, until: string): string =>
    jobsUrl({ state: 'completed,failed,dead', since, until, ...(queue === '' ? {} : { queue }) }, { sort: '-updated' })
  return (
    <>
      <Card
        title={fixed === undefined ? 'Throughput' : `Throughput of ${fixed}`}
        class="wide"
        aside={
          <span class="actions">
            {queues.length > 1 && (
              <label>
                <span class="unseen">Queue of the chart</span>
                <select class="field small" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
                  <option value="">All queues</option>
                  {queues.map((one) => (
                    <option key={one.queue}>{one.queue}</option>
                  ))}
                </select>
              </label>
            )}
            <ChoiceGroup label="What is drawn" of={CHART_KINDS} chosen={kind} onChoose={setKind} />
            <ChoiceGroup label="Scale" of={SCALES} chosen={scale} onChoose={setScale} />
            <ChoiceGroup label="Time range" of={WINDOWS} chosen={shown} onChoose={setShown} />
          </span>
        }
      >
        <ProblemNotice problem={series.problem} />
        {series.data ? (
          <SeriesChart series={series.data} kind={kind} isLog={scale === 'log'} hrefOf={ended} />
        ) : (
          <div style={{ height: 232 }} />
        )}
      </Card>
      <Timing series={series.data} shown={shown} stats={stats} />
    </>
  )
}

interface TimingProps {
  readonly series: Timeseries | undefined
  readonly shown: string
  readonly stats: Stats | undefined
}

function Timing({ series, shown, stats }: TimingProps) {
  const now = useNow()
  const oldest = stats?.oldest_ready
  const { wait_ms: wait, run_ms: run } = series?.totals ?? {}
  const ms = (value: number | null | undefined): string => (value == null ? '–' : duration(value))
  return (
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
        {stats && (
          <>
            <div>
              <dt>Oldest ready job</dt>
              <dd class="two">
                {oldest ? <a href={jobUrl(oldest.id)}>{elapsed(now - Date.parse(oldest.since))}</a> : 'none'}
              </dd>
            </div>
            <div>
              <dt>Slots in use</dt>
              <dd class="two">
                {stats.active_workers ? `${count(stats.processing)} of ${count(stats.active_workers)}` : 'none'}
              </dd>
            </div>
          </>
        )}
      </dl>
    </Card>
  )
}
