/** What a program may import from `queuectl`. */
export type { Config, ConfigKey } from './config.ts'
export { type ErrorCode, QueueError } from './errors.ts'
export type { Job, JobRequest, Run, State } from './job/job.ts'
export type { Progress } from './job/progress.ts'
export type { Metrics } from './journal/metrics.ts'
export {
  type CorruptFile,
  type Ended,
  type Filter,
  type Followed,
  type FollowOptions,
  type Listed,
  type Output,
  Queue,
  type Sort,
  type WorkerInfo,
} from './queue.ts'
export type { Counts } from './spool/find.ts'
