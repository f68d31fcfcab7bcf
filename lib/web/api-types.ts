/**
 * What the API takes and returns, under the names that the pages use. All of it is derived from the schemas that the
 * server publishes and its specs check answers against: nothing here is a copy.
 */
import type { Shape } from '../http/openapi/schemas.ts'

export type { JobRequest } from '../job/job.ts'
export type { State } from '../job/state.ts'

/** A job with all its members. */
export type Job = Shape<'Job'>
/** A job in a list. */
export type JobRow = Shape<'JobRow'>
/** A job in a list, or a file that cannot be read as one. */
export type Row = Shape<'Row'>
export type Jobs = Shape<'Jobs'>
export type Attempt = Shape<'Attempt'>
export type Filter = Shape<'Filter'>
export type Action = Shape<'Bulk'>['action']
export type BulkResult = Shape<'BulkResult'>
export type Stats = Shape<'Stats'>
export type Timeseries = Shape<'Timeseries'>
export type Worker = Shape<'Worker'>
export type QueueRow = Shape<'QueueRow'>
export type DeadGroup = Shape<'DeadGroup'>
export type Setting = Shape<'Setting'>
export type Value = Setting['value']
export type Happening = Shape<'Event'>
export type Session = Shape<'Session'>

export interface List<T> {
  readonly items: readonly T[]
}
export interface Page<T> extends List<T> {
  readonly next_cursor: string | null
}

export const isReadable = (row: Row): row is JobRow => !('unreadable' in row)
