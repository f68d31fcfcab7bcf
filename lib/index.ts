/** What a program may import from `queuectl`. */
export type { Config, ConfigKey } from './config/schema.ts'
export { type ErrorCode, QueueError } from './errors.ts'
export type { Job, JobRequest, Run, State } from './job/job.ts'
export type { Progress } from './job/progress.ts'
export type { Metrics } from './journal/metrics.ts'
export {
  type Checked,
  type CorruptFile,
  type Diagnosis,
  type Editing,
  type Ended,
  type Explanation,
  type Filter,
  type Finding,
  type Followed,
  type FollowOptions,
  type Ledger,
  type Listed,
  type ListOptions,
  type Live,
  type Meant,
  type Narrowing,
  type Output,
  Queue,
  type Reason,
  type Room,
  type Seen,
  type SlotInfo,
  type Sort,
  type Trial,
  type Waiting,
  type WorkerInfo,
} from './queue.ts'
export type { Counts } from './spool/scan.ts'
