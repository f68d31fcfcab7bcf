/** Validators of members that are settings too, of all jobs or of a queue. Pure. */
import * as t from 'typanion'
import { PRIORITY_LIMIT } from './file-name.ts'

const between = (low: number, high: number) => t.cascade(t.isNumber(), t.isInInclusiveRange(low, high))
export const whole = (low: number, high: number) =>
  t.cascade(t.isNumber(), [t.isInteger(), t.isInInclusiveRange(low, high)])

export const LIMITS = {
  priority: whole(-PRIORITY_LIMIT, PRIORITY_LIMIT),
  max_retries: whole(0, 1000),
  timeout: between(0, 31_536_000),
  backoff_base: between(1, 1000),
  max_backoff: between(1, 31_536_000),
  jitter: between(0, 1),
}
