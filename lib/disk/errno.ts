/** Tells by its errno whose trouble a failure is. Pure: a table. */
import { errno, QueueError } from '../errors.ts'

/**
 * - `gone`: there is no such entry; another process was faster, or it was removed.
 * - `content`: this entry is not what belongs there, and stays so: no regular file, not JSON, a loop of links.
 * - `surroundings`: this entry cannot be used now; it may be good. Two entries that fail so show that the machine is ill.
 * - `machine`: the machine, or this process, is out of something.
 * - `unknown`: none of these; probably a bug.
 */
export type FailureKind = 'gone' | 'content' | 'surroundings' | 'machine' | 'unknown'

const CODES: Readonly<Record<Exclude<FailureKind, 'unknown'>, readonly string[]>> = {
  gone: ['ENOENT'],
  content: ['ELOOP', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ENXIO', 'ENODEV', 'ENOTEMPTY', 'EXDEV'],
  surroundings: ['EIO', 'EACCES', 'EPERM', 'ESTALE', 'EROFS', 'ETIMEDOUT', 'ENOTCONN', 'EBUSY', 'ECANCELED', 'EFBIG'],
  machine: ['ENOSPC', 'EDQUOT', 'DISK_FULL', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'],
}

const KINDS = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, kind as FailureKind])),
)

/** The errno of a failure, or of its cause. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof QueueError && error.cause !== undefined ? errno(error.cause) : errno(error)

/** Whose trouble a failure with one entry is. What a check of ours refuses, without an errno, fails by its content. */
export function failureKind(error: unknown): FailureKind {
  const kind = KINDS.get(errnoOf(error) ?? '') ?? KINDS.get(errno(error) ?? '')
  if (kind !== undefined) return kind
  return error instanceof QueueError && errno(error.cause) === undefined ? 'content' : 'unknown'
}
