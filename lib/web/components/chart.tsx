/**
 * The chart of what was done over time: completed jobs with failures stacked on top, or how long jobs took. Each step in
 * which something happened is a link to its jobs. SVG, so that style sheets colour it and a theme needs no redrawing.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Timeseries } from '../api-types.ts'
import { linearTicks, LOG_TICKS, timeTicks } from '../chart-scale.ts'
import { count, duration, hourMinute, shortCount } from '../format.ts'

export const CHART_KINDS = ['Jobs', 'Run time', 'Wait time'] as const
export type ChartKind = (typeof CHART_KINDS)[number]
type Point = Timeseries['points'][number]

const HEIGHT = 190
const TOP = 8
const BOTTOM = 26
const RIGHT = 12
/** Bars are no wider (px). */
const MAX_BAR = 40

interface ChartProps {
  readonly series: Timeseries
  readonly kind: ChartKind
  /** Large values are drawn together, so that small ones are seen beside them. */
  readonly isLog: boolean
  /** The address of the jobs of a time. */
  readonly hrefOf: (since: string, until: string) => string
}

/** The two values of a step; the first is drawn as what is larger, behind the second. */
const VALUES: Record<ChartKind, (point: Point) => readonly [number | null, number | null]> = {
  // `failed` includes the last attempt of jobs that died.
  Jobs: ({ completed, failed }) => [completed + failed, failed],
  'Run time': (point) => [point.run_ms_p95, point.run_ms_p50],
  'Wait time': (point) => [point.wait_ms_p95, point.wait_ms_p50],
}

export function SeriesChart({ series, kind, isLog, hrefOf }: ChartProps) {
  const container = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [index, setIndex] = useState<number>()
  useEffect(() => {
    const { current } = container
    if (!current) return undefined
    const observer = new ResizeObserver(() => setWidth(current.clientWidth))
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  const { points, step, totals } = series
  const isJobs = kind === 'Jobs'
  const left = isJobs ? 40 : 58
  const inner = Math.max(1, width - left - RIGHT)
  const slot = inner / Math.max(1, points.length)
  const values = points.map(VALUES[kind])
  const max = Math.max(4, ...values.flat().map((one) => one ?? 0)) * 1.08
  const share = (value: number): number => (isLog ? Math.asinh(value) / Math.asinh(max) : value / max)
  const x = (i: number): number => left + (i + 0.5) * slot
  const y = (value: number): number => HEIGHT - BOTTOM - share(value) * (HEIGHT - BOTTOM - TOP)
  const ticks = isLog ? LOG_TICKS.filter((tick) => tick <= max) : linearTicks(max)
  const ends = points.map(({ at }) => new Date(Date.parse(at) + step * 1000).toISOString())
  const point = index === undefined ? undefined : points[index]
  const text = (value: number): string => (isJobs ? shortCount(value) : value === 0 ? '0' : duration(value))
  return (
    <>
      <div class="chart" ref={container}>
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            role="group"
            aria-label={`${count(totals.completed)} completed and ${count(totals.failed)} failed attempts in this period`}
            onMouseLeave={() => setIndex(undefined)}
          >
            <g class="axis" aria-hidden="true">
              {ticks.map((tick) => (
                <g key={tick}>
                  <path d={`M${left} ${y(tick)}H${width - RIGHT}`} />
                  <text x={left - 7} y={y(tick) + 4} text-anchor="end">
                    {text(tick)}
                  </text>
                </g>
              ))}
              {timeTicks(points, step, slot).map((i) => (
                <text key={i} x={x(i)} y={HEIGHT - 7} text-anchor="middle">
                  {hourMinute(Date.parse(points[i]?.at ?? ''))}
                </text>
              ))}
            </g>
            {!isJobs && <Lines values={values} x={x} y={y} />}
            {points.map((one, i) => {
              const [large, small] = values[i] ?? [null, null]
              if (!large) return null
              const bar = Math.max(2, Math.min(MAX_BAR, slot * 0.72))
              return (
                <a
                  key={one.at}
                  href={hrefOf(one.at, ends[i] ?? '')}
                  // Sixty stops would be in the way of the keyboard; the link below the chart leads there too.
                  tabIndex={-1}
                  aria-label={`${hourMinute(Date.parse(one.at))}: ${count(one.completed)} completed, ${count(one.failed)} failed`}
                  onMouseEnter={() => setIndex(i)}
                >
                  <rect class="hit" x={left + i * slot} y={TOP} width={slot} height={HEIGHT - BOTTOM - TOP} />
                  {isJobs && (
                    <>
                      <Bar class="good" x={x(i) - bar / 2} width={bar} from={y(0)} to={y(large)} />
                      <Bar class="bad" x={x(i) - bar / 2} width={bar} from={y(0)} to={y(small ?? 0)} />
                    </>
                  )}
                </a>
              )
            })}
          </svg>
        )}
      </div>
      <p class="chart-foot">
        {isJobs ? <JobsLegend counts={point ?? totals} /> : <TimesLegend series={series} kind={kind} point={point} />}
        <span class="at">
          {point ? hourMinute(Date.parse(point.at)) : <a href={hrefOf(series.from, series.to)}>Jobs of this time</a>}
        </span>
      </p>
    </>
  )
}

interface BarProps {
  readonly class: string
  readonly x: number
  readonly width: number
  readonly from: number
  readonly to: number
}

const Bar = ({ from, to, ...rest }: BarProps) =>
  from > to ? <rect {...rest} y={to} height={from - to} rx={1.5} /> : null

interface LinesProps {
  readonly values: readonly (readonly [number | null, number | null])[]
  readonly x: (index: number) => number
  readonly y: (value: number) => number
}

/** The p95 and the median; steps without a run are passed over. */
const Lines = ({ values, x, y }: LinesProps) => (
  <>
    {(['p95', 'p50'] as const).map((name, which) => {
      const at = values.flatMap((pair, i) => {
        const value = pair[which]
        return value == null ? [] : [[x(i), y(value)] as const]
      })
      return (
        <g key={name} class={name}>
          <path d={at.map(([left, top], i) => `${i === 0 ? 'M' : 'L'}${left} ${top}`).join('')} />
          {at.map(([left, top]) => (
            <circle key={left} cx={left} cy={top} r={2.5} />
          ))}
        </g>
      )
    })}
  </>
)

function JobsLegend({ counts }: { readonly counts: Pick<Timeseries['totals'], 'completed' | 'failed' | 'dead'> }) {
  return (
    <>
      <span class="is-completed">
        <i />
        {count(counts.completed)} completed
      </span>
      <span class="is-dead">
        <i />
        {count(counts.failed)} failed, {count(counts.dead)} dead
      </span>
    </>
  )
}

interface TimesLegendProps {
  readonly series: Timeseries
  readonly kind: ChartKind
  readonly point: Point | undefined
}

function TimesLegend({ series: { totals }, kind, point }: TimesLegendProps) {
  const all = kind === 'Run time' ? totals.run_ms : totals.wait_ms
  const [p95, p50] = point ? VALUES[kind](point) : [all.p95, all.p50]
  const text = (ms: number | null): string => (ms === null ? '–' : duration(ms))
  return (
    <>
      <span class="is-p50">
        <i />
        median {text(p50)}
      </span>
      <span class="is-p95">
        <i />
        p95 {text(p95)}
      </span>
    </>
  )
}
