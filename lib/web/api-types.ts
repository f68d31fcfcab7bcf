/**
 * What the API takes and returns, under the names that the pages use. All of it is derived from the schemas that the
 * server publishes and its specs check answers against: nothing here is a copy.
 */
import type { Shape } from '../http/openapi/schemas.ts'

export type { JobRequest } from '../job/job.ts'
export type { State } from '../job/state.ts'

/** A job with all its members. */
export type JobRecord = Shape<'Job'>
/** A job in a list. */
export type JobRow = Shape<'JobRow'>
/** A job in a list, or a file that cannot be read as one. */
export type JobListItem = Shape<'Row'>
export type JobList = Shape<'Jobs'>
export type Attempt = Shape<'Attempt'>
export type Filter = Shape<'Filter'>
export type Action = Shape<'Bulk'>['action']
/** Those that need nothing but the jobs. */
export type PlainAction = Exclude<Action, 'priority' | 'move'>
export type BulkResult = Shape<'BulkResult'>
export type Operation = Shape<'Operation'>
export type Stats = Shape<'Stats'>
export type Timeseries = Shape<'Timeseries'>
export type WorkerRow = Shape<'Worker'>
export type SlotRow = Shape<'Slot'>
export type WorkerEnd = Shape<'WorkerEnd'>
export type PauseAnswer = Shape<'PauseResult'>
export type DrainAnswer = Shape<'DrainResult'>
export type OwnSettings = Shape<'QueueSettings'>
export type SettingsAnswer = Shape<'SettingsResult'>
export type LimitRow = Shape<'Limit'>
export type QueueRows = Shape<'Queues'>
export type ScheduleRow = Shape<'Schedule'>
export type ScheduleDetails = Shape<'ScheduleDetails'>
export type FiredTime = Shape<'Occurrence'>
export type TreeJob = Shape<'Dependency'>
export type JobTrees = Shape<'Dependencies'>
export type QueueRow = Shape<'QueueRow'>
export type ErrorGroup = Shape<'DeadGroup'>
export type JobExplanation = Shape<'Explanation'>
export type LogLines = Shape<'LogLines'>
export type LogMatches = Shape<'LogMatches'>
export type TagRow = Shape<'Tag'>
export type SettingRow = Shape<'Setting'>
export type SettingValue = SettingRow['value']
export type EventRow = Shape<'Event'>
export type Session = Shape<'Session'>
export type ProblemJson = Shape<'Problem'>

export interface ListOf<T> {
  readonly items: readonly T[]
}
export interface PageOf<T> extends ListOf<T> {
  readonly next_cursor: string | null
}

export const isReadable = (row: JobListItem): row is JobRow => !('unreadable' in row)
