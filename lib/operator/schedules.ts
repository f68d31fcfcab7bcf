/** Adds, pauses, resumes, runs and removes schedules. */
import { join } from 'node:path'
import { nowMs, randomHex } from '../clock.ts'
import { discard, readText, writeNew } from '../disk/files.ts'
import { QueueError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { recordEvents } from '../journal/journal.ts'
import { isBad, parseSchedule, printSchedule, type Schedule, whyNotScheduleName } from '../schedule/schedule.ts'
import type { Home } from '../spool/layout.ts'
import {
  isPaused,
  lastGeneration,
  makeGeneration,
  pauseSchedule,
  readSchedule,
  removeSchedule,
  resumeSchedule,
  schedulePath,
  timingHash,
  writeSchedule,
} from '../spool/schedules.ts'
import { ring } from '../spool/wakeup.ts'
import { makeId } from '../spool/enqueue.ts'
import { submitJob } from './submit.ts'

/** @throws QueueError USAGE for a name that is none, or a schedule that would fire nothing */
function checked(doing: string, name: string, text: string): Schedule {
  const whyNot = whyNotScheduleName(name)
  if (whyNot) throw new QueueError('USAGE', `cannot ${doing} the schedule ${JSON.stringify(name)}: ${whyNot}`)
  const schedule = parseSchedule(name, text, nowMs())
  if (!isBad(schedule)) return schedule
  throw new QueueError('USAGE', `invalid schedule ${name}: ${schedule.bad}`, 'see: queuectl help schedules')
}

/**
 * Adds a schedule; its occurrences count from now.
 * @param members those of its file @throws QueueError USAGE; WRONG_STATE when there is one of this name
 */
export function addSchedule(home: Home, name: string, members: Readonly<Record<string, unknown>>): Schedule {
  const text = printSchedule(members)
  const schedule = checked('add', name, text)
  if (readSchedule(home, name))
    throw new QueueError(
      'WRONG_STATE',
      `there is a schedule ${name} already`,
      `change it with: queuectl schedule edit ${name}`,
    )
  begin(home, schedule)
  // If we die before this: a generation of a schedule that there is not, for the sweeper.
  writeSchedule(home, name, text)
  ring(home)
  return schedule
}

/** From here on what is missed counts, whether or not a worker is there; nothing before does, of an earlier schedule of this name. */
function begin(home: Home, schedule: Schedule): void {
  const { name } = schedule
  const last = lastGeneration(home, name)
  const at = Math.floor(nowMs() / 1000) * 1000
  const hash = timingHash(schedule, isPaused(home, name))
  makeGeneration(
    home,
    name,
    { number: (last?.number ?? 0) + 1, at, hash, runs: last?.runs ?? 0, deed: 'began' },
    undefined,
  )
}

/** A copy of a schedule's file that is being edited. */
export interface ScheduleEditing {
  readonly file: string
  /** Obeys what the copy says now. @returns whether it was changed @throws QueueError USAGE when it would fire nothing */
  save(): Promise<boolean>
  /** @returns where the text is kept; undefined: it was not changed, and is removed */
  giveUp(): string | undefined
}

/** @throws QueueError NOT_FOUND */
export function editSchedule(home: Home, name: string): ScheduleEditing {
  known(home, name, 'edit')
  const before = readText(schedulePath(home, name)) ?? ''
  // No name of scratch: what was typed stays until it is obeyed. If we die from here on: the copy.
  const file = join(home.tmp, `${name}-${randomHex(6)}.json`)
  writeNew(file, before, false)
  return {
    file,
    async save() {
      const text = readText(file) ?? before
      if (text !== before) {
        checked('change', name, text)
        writeSchedule(home, name, text)
        ring(home)
      }
      discard(file)
      return text !== before
    },
    giveUp() {
      if (readText(file) !== before) return file
      discard(file)
      return undefined
    },
  }
}

/** @throws QueueError NOT_FOUND */
function known(home: Home, name: string, doing: string): NonNullable<ReturnType<typeof readSchedule>> {
  const whyNot = whyNotScheduleName(name)
  const schedule = whyNot ? undefined : readSchedule(home, name)
  if (schedule) return schedule
  throw new QueueError('NOT_FOUND', `cannot ${doing} ${name}: there is no such schedule`, 'see: queuectl schedule list')
}

/** @throws QueueError NOT_FOUND */
export function pauseOne(home: Home, name: string, reason = ''): void {
  known(home, name, 'pause')
  pauseSchedule(home, name, reason)
  recordEvents(home, [
    { event: 'schedule_paused', job: '', schedule: name, ...(reason === '' ? {} : { error: reason }) },
  ])
  ring(home)
}

/** @returns whether it was paused @throws QueueError NOT_FOUND */
export function resumeOne(home: Home, name: string): boolean {
  known(home, name, 'resume')
  const wasPaused = resumeSchedule(home, name)
  if (wasPaused) recordEvents(home, [{ event: 'schedule_resumed', job: '', schedule: name }])
  ring(home)
  return wasPaused
}

/** Enqueues its job now, whatever its times. @throws QueueError NOT_FOUND, USAGE */
export function runSchedule(home: Home, name: string): Job {
  const schedule = known(home, name, 'run')
  if (isBad(schedule)) throw new QueueError('USAGE', `cannot run ${schedulePath(home, name)}: ${schedule.bad}`)
  return submitJob(home, { ...schedule.job, id: `${name}-manual-${makeId()}` })
}

/** Removes a schedule; its jobs stay. @throws QueueError NOT_FOUND */
export function removeOne(home: Home, name: string): void {
  known(home, name, 'remove')
  removeSchedule(home, name)
  resumeSchedule(home, name)
  ring(home)
}
