/** The lines of `status`: the jobs in each state, the workers, the disk. */
import { isUsualHome } from '../../config/env.ts'
import { shellQuote } from '../../job/shell-quote.ts'
import { nowMs } from '../../clock.ts'
import { ALL_QUEUES, type Pause, pauseWords } from '../../job/pause.ts'
import { jsonText, visible } from '../../job/sanitize.ts'
import type { Queue, DiskSpace, Trouble } from '../../queue.ts'
import { countWorkers } from '../../query/workers.ts'
import { formatBytes, plural } from './text.ts'
import type { Io } from '../terminal.ts'

/** The part of a queue that `status` reads. */
export type StatusReader = Pick<
  Queue,
  'home' | 'count' | 'workers' | 'room' | 'troubles' | 'pauses' | 'queueSettings' | 'badSchedules'
>

/** Said where a home is named that does not exist. */
export const noQueueYet = (home: string): string =>
  `there is no queue in ${home} yet; the first enqueue makes it, or: queuectl init --home ${shellQuote(home)}`

export async function statusLines(queue: StatusReader, io: Io, json: boolean): Promise<string[]> {
  const counts = await queue.count()
  const workers = countWorkers(await queue.workers())
  const disk = await queue.room()
  const troubles = await queue.troubles()
  const pauses = await queue.pauses()
  const unreadable = [...(await queue.queueSettings())].flatMap(([name, one]): [string, string][] =>
    'unreadable' in one ? [[name, one.unreadable]] : [],
  )
  const bad = await queue.badSchedules()
  if (json) {
    const noted = {
      ...(pauses.size === 0 ? {} : { paused: Object.fromEntries(pauses) }),
      ...(unreadable.length === 0 ? {} : { unreadable_settings: Object.fromEntries(unreadable) }),
      ...(bad.length === 0 ? {} : { bad_schedules: Object.fromEntries(bad) }),
      ...(troubles.length === 0 ? {} : { troubles }),
    }
    return [jsonText({ ...counts, ...workers, home: queue.home, disk, ...noted })]
  }
  return [
    `Pending:    ${counts.pending}`,
    ...(counts.scheduled > 0 ? [`Scheduled:  ${counts.scheduled} (of the pending; not due yet)`] : []),
    ...(counts.waiting > 0 ? [`Waiting:    ${counts.waiting} (of the pending; for other jobs)`] : []),
    `Processing: ${counts.processing}`,
    `Completed:  ${counts.completed}`,
    `Failed:     ${counts.failed}`,
    `Dead (DLQ): ${counts.dead}`,
    ...(counts.held > 0 ? [`Held:       ${counts.held}`] : []),
    ...(counts.corrupt > 0 ? [`Corrupt:    ${counts.corrupt} (files in ${queue.home}/corrupt that are no jobs)`] : []),
    ...[...pauses].map((one) => pausedLine(one, io)),
    ...unreadable.map(([name, why]) => io.colors.red(`Stopped:    ${nameOf(name)} (its settings: ${visible(why)})`)),
    ...bad.map(([name, why]) => io.colors.red(`Schedule:   ${visible(name)} fires nothing: ${visible(why)}`)),
    '',
    `Active Workers: ${workers.active_workers}`,
    ...apart('Not answering', workers.not_answering),
    ...apart('Elsewhere', workers.elsewhere),
    ...apart('Held back', workers.held_back),
    ...(isUsualHome(queue.home) ? [] : [`Home:           ${queue.home}`]),
    ...(disk.state === 'ok' ? [] : ['', diskLine(disk, io)]),
    ...(troubles.length === 0 ? [] : ['', ...troubleLines(troubles, io)]),
  ]
}

const nameOf = (queue: string): string => (queue === ALL_QUEUES ? 'all queues' : queue)

function pausedLine([queue, pause]: readonly [string, Pause], { colors }: Io): string {
  const words = visible(pauseWords(pause, nowMs()))
  return colors.yellow(`Paused:     ${nameOf(queue)}${words === '' ? '' : ` (${words})`}`)
}

/** How many of the entries that are left alone are named. */
const NAMED = 5

function troubleLines(troubles: readonly Trouble[], { colors }: Io): string[] {
  const one = troubles.length === 1
  const named = troubles.slice(0, NAMED).map(({ entry, why }) => `  ${entry}: ${why}`)
  const more = troubles.length - named.length
  return [
    colors.yellow(
      `Left alone: ${troubles.length} ${one ? 'entry that cannot be' : 'entries that cannot be'} handled now:`,
    ),
    ...named,
    ...(more > 0 ? [`  and ${more} more: queuectl doctor`] : []),
  ]
}

const apart = (word: string, count = 0): string[] =>
  count === 0 ? [] : [`${word}: ${plural(count, 'worker')} (see: queuectl worker list)`]

function diskLine({ state, free_bytes, free_inodes }: DiskSpace, { colors }: Io): string {
  const left = `${formatBytes(free_bytes)}${free_inodes === undefined ? '' : ` and ${free_inodes} files`} free`
  return state === 'full'
    ? colors.red(`Disk: full (${left}). No job is started until there is room; nothing is lost`)
    : colors.yellow(`Disk: low (${left})`)
}
