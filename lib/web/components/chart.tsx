/** The throughput chart: completed jobs over time, with failures stacked on top. */
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { count, hourMinute } from '../format.ts'
import type { Timeseries } from '../api-types.ts'

const HEIGHT = 190
const color = (name: string): string => {
  // light-dark() only resolves in the computed style of an element.
  const probe = document.createElement('i')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const resolved = getComputedStyle(probe).color
  probe.remove()
  return resolved
}

const bars = uPlot.paths.bars?.({ size: [0.72, 40], radius: 0.12 })

function plotData({ points }: Timeseries): [number[], number[], number[]] {
  const good = points.map(({ completed }) => completed)
  // `failed` includes the last attempt of jobs that died.
  const bad = points.map(({ failed }) => failed)
  // The first series is the sum, drawn behind the second, so that the bars appear stacked.
  return [points.map(({ at }) => Date.parse(at) / 1000), good.map((n, i) => n + (bad[i] ?? 0)), bad]
}

function options(width: number, step: number, onPoint: (index: number | undefined) => void): uPlot.Options {
  const font = `11px ${getComputedStyle(document.body).fontFamily}`
  const axis: uPlot.Axis = {
    stroke: color('faint'),
    font,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
    gap: 6,
  }
  return {
    width,
    height: HEIGHT,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      // Room for half a bar at both ends.
      x: { range: (_plot, min, max) => [min - step / 2, max + step / 2] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        values: (_plot, at) => at.map((s) => hourMinute(s * 1000)),
        space: 64,
      },
      { ...axis, size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000], space: 34 },
    ],
    series: [
      {},
      {
        fill: color('bar-good'),
        stroke: 'transparent',
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
      {
        fill: color('bar-bad'),
        stroke: 'transparent',
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
    ],
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)] },
  }
}

export function ThroughputChart({ series }: { readonly series: Timeseries }) {
  const container = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const [index, setIndex] = useState<number>()
  const point = index === undefined ? undefined : series.points[index]

  useEffect(() => {
    const { current } = container
    if (!current) return undefined
    const make = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(options(current.clientWidth - 20, series.step, setIndex), plotData(series), current)
    }
    make()
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: current.clientWidth - 20, height: HEIGHT }),
    )
    observer.observe(current)
    // The canvas holds the colours of the theme: draw it again when that changes.
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', make)
    document.addEventListener('themechange', make)
    return () => {
      observer.disconnect()
      dark.removeEventListener('change', make)
      document.removeEventListener('themechange', make)
      plot.current?.destroy()
      plot.current = null
    }
  }, [series.step])

  useEffect(() => plot.current?.setData(plotData(series)), [series])

  const shown = point ?? series.totals
  return (
    <>
      <div
        class="chart"
        ref={container}
        role="img"
        aria-label={`${count(series.totals.completed)} completed and ${count(series.totals.failed)} failed attempts in this period`}
      />
      <p class="chart-foot">
        <span class="is-completed">
          <i />
          {count(shown.completed)} completed
        </span>
        <span class="is-dead">
          <i />
          {count(shown.failed)} failed, {count(shown.dead)} dead
        </span>
        <span class="at">{point ? hourMinute(Date.parse(point.at)) : 'total'}</span>
      </p>
    </>
  )
}
