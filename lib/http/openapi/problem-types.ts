/** The codes of problems: `type` is `urn:queuectl:` and the code in lower case, with hyphens. */
/** Each code with its meaning. */
export const PROBLEM_TYPES = {
  USAGE: 'the request names no job, or several where one is needed',
  INVALID_JOB: 'a member of the job is not valid',
  BAD_CONFIG: 'a setting does not exist or its value is not valid',
  BROKEN_CONFIG: 'config.json of the server cannot be read',
  DUPLICATE_JOB: 'there is a job with this id',
  WRONG_STATE: 'the state of the job does not allow it',
  NOT_FOUND: 'there is no such job, run or route',
  DISK_FULL: 'the disk of the queue is full',
  NOT_WRITABLE: 'the queue cannot be written to',
  UNSAFE_HOME: 'other users may write to the queue',
  FAILED: 'it failed; `detail` says why',
  NO_WORKER: 'no worker is there to do it',
  PARTLY_DONE: 'it was done for some jobs only',
  STILL_HELD: 'another command has the job in hand',
  STILL_RUNNING: 'the run was told to stop and has not stopped yet',
  HTTP: 'the request was refused before it reached the queue; `status` says why',
  BUG: 'a fault of the server',
} as const

export const problemUrn = (code: string): string => `urn:queuectl:${code.toLowerCase().replaceAll('_', '-')}`
