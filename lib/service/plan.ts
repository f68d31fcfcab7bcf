/** Says what is to be kept running by the machine's own supervisor, and in which files that is written. Pure. */

export type Scope = 'user' | 'system'

export interface ServicePlan {
  /** The first part of the names of all files. */
  readonly name: string
  readonly scope: Scope
  /** The user whose service it is; in scope `system` undefined means root. */
  readonly user: string | undefined
  /** The absolute path of the home. */
  readonly home: string
  /** The program and what follows it up to our own arguments: node and its file. */
  readonly program: readonly string[]
  /** Where jobs find programs; undefined leaves it to the supervisor. */
  readonly path: string | undefined
  /** How many jobs run at a time. */
  readonly workers: number
  /** Further options of `worker start`. */
  readonly options: readonly string[]
  /** The dashboard as well. */
  readonly web: boolean
  /** No resident worker: one is started when there is something to do. */
  readonly onDemand: boolean
}

export interface ServiceFile {
  /** Its name in the supervisor's directory. */
  readonly fileName: string
  readonly text: string
}

/** Stands in every file of ours, so that no other is ever overwritten or removed. */
const MARK = 'Written by queuectl service install for the home '

/** The line that makes a file ours. Two hyphens would end a comment in XML. */
export const markOf = (home: string): string => `${MARK}${home.replaceAll('--', '- -')}`

/** The home that a file of ours is for, as its mark has it; undefined when it is not ours. */
export const homeOf = (text: string): string | undefined => new RegExp(`${MARK}(.*?)(?: -->)?$`, 'm').exec(text)?.[1]

/** What changes when there may be something to do: a job came in, or a command rang for workers, as to resume a queue does. */
export const watchedPaths = ({ home }: ServicePlan): readonly string[] => [`${home}/pending`, `${home}/wake/bell`]

export function workerArguments(plan: ServicePlan): readonly string[] {
  const burst = plan.onDemand ? ['--burst'] : []
  return [
    ...plan.program,
    'worker',
    'start',
    '--foreground',
    '--count',
    String(plan.workers),
    ...burst,
    ...plan.options,
  ]
}
