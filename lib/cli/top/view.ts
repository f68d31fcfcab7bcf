/** Draws the live screen: lines from a snapshot and a size. Pure. */
import { isAnswering } from '../../spool/silence.ts'
import { attemptsText } from '../../job/attempts.ts'
import { commandLine } from '../../job/job.ts'
import type { ListedJob, WorkerInfo } from '../../queue.ts'
import { DEFAULT_QUEUE } from '../../job/file-name.ts'
import { progressText } from '../../job/progress.ts'
import { shortIds } from '../output/table.ts'
import { clip, padTo, plural, width } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import type { Colors } from '../terminal.ts'
import type { Snapshot } from './snapshot.ts'
import { shownState } from '../../job/state.ts'
import { roughDuration } from '../../job/time-text.ts'

export interface ScreenState {
  readonly snapshot: Snapshot
  readonly minute: { readonly done: number; readonly failed: number; readonly bySecond: readonly number[] }
  readonly home: string
  /** Only jobs with this in them are shown; empty: all. */
  readonly filter: string
  /** The id of the selected job. */
  readonly selected: string | undefined
  /** The last line: keys, a question, or the result of a key. */
  readonly footer: string
  readonly columns: number
  readonly rows: number
  readonly colors: Colors
}

/** A job that can be selected. */
export interface SelectableJob {
  readonly id: string
  readonly state: 'running' | 'next' | 'failure'
}

const bySlot = (jobs: WorkerInfo['running']): WorkerInfo['running'] =>
  jobs.toSorted((a, b) => (a.slot ?? 0) - (b.slot ?? 0))

/** The jobs on the screen, from top to bottom. */
export const selectableJobs = ({ workers, next, failures }: Snapshot): SelectableJob[] => [
  ...workers.flatMap(({ running: jobs }) => bySlot(jobs).map(({ id }) => ({ id, state: 'running' as const }))),
  ...next.map(({ id }) => ({ id, state: 'next' as const })),
  ...failures.map(({ id }) => ({ id, state: 'failure' as const })),
]

interface Line {
  readonly id?: string
  readonly text: string
  readonly paint?: (text: string) => string
}

interface Section {
  readonly head: string
  readonly lines: readonly Line[]
}

export const KEYS = '↑↓ select  f follow  c cancel  r retry  h hold  / filter  ? help  q quit'

export function screenLines(state: ScreenState): string[] {
  const { columns, rows, colors, footer } = state
  const head = header(state)
  const sections = [runningSection(state), nextSection(state), failureSection(state)]
  const headings = sections.length * 2
  const sizes = shares(
    sections.map(({ lines }) => lines.length),
    rows - head.length - headings - 1,
  )
  const body = sections.flatMap(({ head: heading, lines }, i) => [
    '',
    colors.bold(clip(heading, columns)),
    ...windowed(lines, sizes[i] ?? 0, state.selected).map((line) => paintLine(line, state)),
  ])
  const above = [...head, ...body].slice(0, Math.max(0, rows - 1))
  const filled = [...above, ...Array.from({ length: Math.max(0, rows - 1 - above.length) }, () => '')]
  return [...filled, colors.bold(clip(footer, columns))]
}

/** A title, what there is, in one line or two, and the throughput. */
function header({ snapshot, minute, home, filter, columns, colors }: ScreenState): string[] {
  const { counts, workers, at } = snapshot
  const alive = workers.filter(isAnswering)
  const slots = alive.reduce((sum, one) => sum + one.slots, 0)
  const clock = new Date(at).toLocaleTimeString('en-GB')
  const looking = filter === '' ? '' : `only ${JSON.stringify(visible(filter))}  `
  const title = clip(`queuectl  ${looking}${visible(home)}`, columns - clock.length - 2)
  const states = ['pending', 'scheduled', 'waiting', 'processing', 'failed', 'dead', 'completed', 'held', 'corrupt']
  const numbers = states
    .filter((state) => (counts[state] ?? 0) > 0)
    .map((state) => `${state.charAt(0).toUpperCase()}${state.slice(1)} ${counts[state] ?? 0}`)
  const rate = `Last minute: ${minute.done} done, ${minute.failed} failed  `
  const room = Math.max(0, columns - width(rate))
  const atWork = alive.length === 0 ? 'no worker' : `${plural(alive.length, 'worker')}, ${plural(slots, 'slot')}`
  return [
    colors.bold(padTo(title, columns - clock.length) + clock),
    ...inLines(numbers.length === 0 ? ['No jobs', atWork] : [...numbers, atWork], columns),
    clip(rate, columns) + (room > 0 ? colors.cyan(bars(minute.bySecond.slice(-room))) : ''),
  ]
}

/** Parts side by side, in as many lines as it takes. */
function inLines(parts: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const line = `${lines.at(-1)}  ${part}`
    if (lines.length > 0 && width(line) <= columns) lines[lines.length - 1] = line
    else lines.push(clip(part, columns))
  }
  return lines
}

/** On a narrow screen generated ids are shortened, as in lists. */
const NARROW = 100

/** The ids of a section as they are shown, all of one width. */
function idCells(ids: readonly string[], columns: number): string[] {
  const shown = (columns < NARROW ? shortIds(ids) : ids).map(visible)
  const widest = Math.min(columns / 3, Math.max(0, ...shown.map(width)))
  return shown.map((id) => padTo(id, widest))
}

/** The queue of a job where that says something, and how far it is. */
const placeOf = ({ job, progress }: Partial<ListedJob>): string[] => [
  ...(job === undefined || job.queue === DEFAULT_QUEUE ? [] : [visible(job.queue)]),
  ...(progress ? [visible(progressText(progress))] : []),
]

const BARS = ' ▁▂▃▄▅▆▇█'

/** Numbers as a row of bars. */
export function bars(numbers: readonly number[]): string {
  const most = Math.max(1, ...numbers)
  return numbers.map((n) => BARS[Math.ceil((n / most) * (BARS.length - 1))] ?? ' ').join('')
}

function runningSection({ snapshot: { workers, running, at }, filter, columns, colors }: ScreenState): Section {
  const listed = new Map(running.map((one) => [one.id, one]))
  const alive = workers.filter(({ life, running: jobs }) => life !== 'dead' || jobs.length > 0)
  const lines = alive.flatMap(({ name, slots, running: jobs }) => {
    // A filter hides jobs: what it leaves out is not idle.
    const idle = filter === '' ? slots - jobs.length : 0
    const sorted = bySlot(jobs)
    const ids = idCells(
      sorted.map(({ id }) => id),
      columns,
    )
    return [
      ...sorted.map(({ id, slot, run, command, started_at }, i) => {
        const took = started_at === undefined ? '-' : roughDuration(at - Date.parse(started_at))
        const number = `${slot ?? '-'}`.padStart(3)
        return {
          id,
          text: [
            number,
            ids[i],
            `run ${run}`,
            took,
            ...placeOf(listed.get(id) ?? {}),
            visible(commandLine(command)),
          ].join('  '),
          paint: colors.cyan,
        }
      }),
      ...(idle > 0 ? [{ text: `  -  ${plural(idle, 'slot')} idle (${visible(name)})` }] : []),
    ]
  })
  const none = { text: filter === '' ? '  no worker is running: queuectl worker start' : '  none' }
  return { head: 'RUNNING', lines: lines.length > 0 ? lines : [none] }
}

function nextSection({ snapshot, columns }: ScreenState): Section {
  const { counts } = snapshot
  const ready = (counts.pending ?? 0) - (counts.scheduled ?? 0)
  const ids = idCells(
    snapshot.next.map(({ id }) => id),
    columns,
  )
  const lines = snapshot.next.map((one, i) => ({
    id: one.id,
    text: ['   ', ids[i], ...placeOf(one), one.job ? visible(commandLine(one.job.command)) : 'cannot be read'].join(
      '  ',
    ),
  }))
  return { head: `NEXT (${ready})`, lines }
}

function failureSection({ snapshot, columns, colors }: ScreenState): Section {
  const ids = idCells(
    snapshot.failures.map(({ id }) => id),
    columns,
  )
  const lines = snapshot.failures.map((one, i) => ({
    id: one.id,
    text: ['   ', ids[i], shownState(one.state), ...placeOf(one), whatFailed(one, snapshot.at)].join('  '),
    paint: one.state === 'dead' ? colors.red : colors.yellow,
  }))
  return { head: 'NEWEST FAILURES', lines }
}

function whatFailed({ job, unreadable }: ListedJob, at: number): string {
  if (!job) return visible(unreadable ?? '')
  const ago = roughDuration(at - Date.parse(job.updated_at))
  return `${attemptsText(job)}  ${ago} ago  ${visible(job.last_error ?? '')}`
}

function paintLine({ id, text, paint = String }: Line, { selected, columns }: ScreenState): string {
  const fitting = clip(text, columns)
  // Reverse video: it works without colours.
  if (id !== undefined && id === selected) return `\x1b[7m${padTo(fitting, columns)}\x1b[27m`
  return paint(fitting)
}

/** Divides the rows among the sections evenly; rows that a small section does not need go to the others. */
export function shares(wanted: readonly number[], room: number): number[] {
  const given = wanted.map(() => 0)
  for (let left = Math.max(0, room); left > 0; ) {
    const wanting = wanted.flatMap((want, i) => (want > (given[i] ?? 0) ? [i] : []))
    if (wanting.length === 0) break
    for (const i of wanting.slice(0, left)) given[i] = (given[i] ?? 0) + 1
    left -= Math.min(left, wanting.length)
  }
  return given
}

/** The part of a section that fits, including the selected job. */
function windowed(lines: readonly Line[], size: number, selected: string | undefined): readonly Line[] {
  const at = lines.findIndex(({ id }) => id !== undefined && id === selected)
  const start = Math.max(0, at - size + 1)
  return lines.slice(start, start + size)
}
