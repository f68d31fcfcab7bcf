/** Words for attempts. Pure; the pages use it too. */
import type { Job } from './job.ts'

/** Attempts used of those it has: `1/3`. A job always has one, also with `max_retries` 0. */
export const attemptsText = ({ attempts, max_retries: most }: Pick<Job, 'attempts' | 'max_retries'>): string =>
  `${attempts}/${attemptsInAll(most)}`

export const attemptsInAll = (maxRetries: number): number => Math.max(1, maxRetries)
