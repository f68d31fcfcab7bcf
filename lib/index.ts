/** The public interface: what a program can import from `queuectl`. */
export type { Config, ConfigKey } from './config/schema.ts'
export { type ErrorCode, QueueError } from './errors.ts'
export type { Job, JobRequest, Run } from './job/job.ts'
export type { Progress } from './job/progress.ts'
export type { Metrics } from './journal/metrics.ts'
export {
  type CheckResult,
  type CorruptFile,
  type Dependencies,
  type Dependency,
  type Diagnosis,
  type Editing,
  type EndedJob,
  type Explanation,
  type JobFilter,
  type Finding,
  type FollowEvent,
  type FollowOptions,
  type LiveJournal,
  type ListedJob,
  type ListOptions,
  type Live,
  type JobRefOrId,
  type MatchOptions,
  type Output,
  type Pause,
  type PauseOptions,
  type PauseResult,
  Queue,
  type QueueInfo,
  QueueReader,
  type Reason,
  type DiskSpace,
  type Trouble,
  type JobRef,
  type SlotInfo,
  type Sort,
  type DryRunOption,
  type WaitingJobs,
  type WorkerInfo,
} from './queue.ts'
export type { Counts } from './spool/scan.ts'
export { type State } from './job/state.ts'
