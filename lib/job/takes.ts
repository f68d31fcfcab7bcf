/** Which jobs a worker takes, as it was started. Pure. */
export interface Takes {
  /** The id of the one job it was started for. */
  readonly only?: string
  /** Only jobs of these queues. */
  readonly queues?: readonly string[]
  /** No jobs of these queues. */
  readonly not_queues?: readonly string[]
}

export const takesQueue = ({ queues, not_queues }: Takes, queue: string): boolean =>
  (queues === undefined || queues.includes(queue)) && not_queues?.includes(queue) !== true

/** The members of {@link Takes} that are there. */
export const takesOf = ({ only, queues, not_queues }: Takes): Takes => ({
  ...(only === undefined ? {} : { only }),
  ...(queues === undefined ? {} : { queues }),
  ...(not_queues === undefined ? {} : { not_queues }),
})

/** What a worker is for, behind a comma: `for job1 only`, `takes mail, web`; empty when it takes all. */
export const takesWords = ({ only, queues, not_queues }: Takes): string =>
  [
    ...(only === undefined ? [] : [`for ${only} only`]),
    ...(queues === undefined ? [] : [`only queue ${queues.join(', ')}`]),
    ...(not_queues === undefined ? [] : [`not queue ${not_queues.join(', ')}`]),
  ].join(', ')
