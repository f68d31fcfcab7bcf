/** What a program may import from `queuectl`. */
export type { Config, ConfigKey } from './config.ts'
export { type ErrorCode, QueueError } from './errors.ts'
export type { Job, JobRequest, Run, State } from './job/job.ts'
export type { Progress } from './job/progress.ts'
export type { Metrics } from './journal/metrics.ts'
export {
  type Checked,
  type CorruptFile,
  type Diagnosis,
  type Ended,
  type Filter,
  type Finding,
  type Followed,
  type FollowOptions,
  type Ledger,
  type Listed,
  type Live,
  type Output,
  Queue,
  type Room,
  type Sort,
  type WorkerInfo,
} from './queue.ts'
export type { Counts } from './spool/find.ts'
