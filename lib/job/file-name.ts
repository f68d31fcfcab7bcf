/**
 * Formats and parses the names of job files: `<rank>-<due>-<id>[@<queue>[--<slug>]].json`. Pure.
 *
 * Sorting the names of `pending/` is the order of execution: rank = 1000 - priority, four digits; due = UTC with
 * microseconds. For priority, due, id, queue and slug the name overrides the content. The slug stands for the job's key
 * (`key.ts`). Queue and slug are the job's line: what is in the way of one job of a line is in the way of all.
 */
import { formatDue, parseDue } from './time.ts'

export interface JobName {
  readonly priority: number
  /** Microseconds since the epoch: when the job was enqueued, is due, or was settled, depending on its state. */
  readonly due: number
  readonly id: string
  readonly queue: string
  readonly slug?: string | undefined
}

/** Where a job stands: all of a line run under the same limits. */
export type JobLine = Pick<JobName, 'queue' | 'slug'>

export const DEFAULT_QUEUE = 'default'
export const PRIORITY_LIMIT = 999

const ID = /^[A-Za-z0-9][\w.-]{0,127}$/
const QUEUE = /^[A-Za-z0-9][\w.-]{0,63}$/
/** The longest text of a line in a name. */
export const LONGEST_LABEL = 64
const NAME =
  /^(\d{4})-(\d{8}T\d{6}\.\d{6}Z)-([A-Za-z0-9][\w.-]{0,127})(?:@(?=.{1,64}\.json$)([A-Za-z0-9](?:(?!--)[\w.-])*)(?:--([\w.-]+))?)?\.json$/
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i

/** The id of a scheduled job: name, time and generation. */
const OF_SCHEDULE = /-\d{8}T\d{6}Z-\d+$/
export const scheduledId = (name: string, at: number, generation: number): string =>
  `${name}-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${generation}`

/** Index of the id in a job's file name, after rank and due time. */
const ID_AT = 29

/** Could this be the name of a job whose id passes the test? Twenty times as fast as to parse the name. */
export const mayName = (text: string, isWanted: (idAndRest: string) => boolean): boolean =>
  text[ID_AT - 1] !== '-' || text[ID_AT - 2] !== 'Z' || isWanted(text.slice(ID_AT))

/** Is this a generated id (ULID)? Those need no reservation and may be shortened. */
export const isMadeId = (id: string): boolean => ULID.test(id)

const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** When a generated id was made (ms): the first ten of its characters. */
export function madeAt(id: string): number {
  let ms = 0
  for (const char of id.slice(0, 10).toUpperCase()) ms = ms * 32 + BASE32.indexOf(char)
  return ms
}

/** Has it only characters of a made id, and fewer of them? */
export const isIdEnd = (text: string): boolean => /^[0-9A-HJKMNP-TV-Z]{1,25}$/i.test(text)

/** Why a text cannot be a job's id; undefined when it can. Accepts generated ids, unlike {@link whyNotChosenId}. */
export function whyNotId(id: string): string | undefined {
  if (!ID.test(id))
    return 'an id is 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit'
  if (id.endsWith('.json')) return 'an id does not end in .json'
  if (id === 'last' || id === 'all' || id.startsWith('worker-'))
    return 'last, all and names that start with worker- are reserved'
  return undefined
}

/** Why an id may not be chosen by a user; undefined when it may. */
export function whyNotChosenId(id: string): string | undefined {
  if (isMadeId(id)) return 'ids of this form (ULID) are made by queuectl itself'
  if (OF_SCHEDULE.test(id)) return 'ids of this form are made by schedules'
  return whyNotId(id)
}

/** Why a text cannot name a queue; undefined when it can. */
export const whyNotQueue = (queue: string): string | undefined =>
  QUEUE.test(queue) && !queue.endsWith('.json') && !queue.includes('--')
    ? undefined
    : 'a queue is 1 to 64 letters, digits, dots, single dashes and underscores, and starts with a letter or digit'

export function formatName(name: JobName): string {
  const rank = String(1000 - name.priority).padStart(4, '0')
  const { queue, slug } = name
  const line = slug ? `@${queue}--${slug}` : queue === DEFAULT_QUEUE ? '' : `@${queue}`
  return `${rank}-${formatDue(name.due)}-${name.id}${line}.json`
}

/** The parts of a job's file name; undefined when it is not one (then it is a dropped file). */
export function parseName(text: string): JobName | undefined {
  const match = NAME.exec(text)
  if (!match) return undefined
  const [, rank = '', due = '', id = '', queue = DEFAULT_QUEUE, slug] = match
  const priority = 1000 - Number(rank)
  const micros = parseDue(due)
  if (micros === undefined || Math.abs(priority) > PRIORITY_LIMIT || whyNotId(id)) return undefined
  return { priority, due: micros, id, queue, ...(slug && { slug }) }
}

/** The rank in what looks like a job's file name, by its place alone: the lower, the earlier the job runs. */
export const rankIn = (fileName: string): string => fileName.slice(0, 4)

/** The label of the line in what looks like a job's file name, by its place alone. */
export function labelIn(fileName: string): string {
  const at = fileName.indexOf('@')
  return at < 0 ? DEFAULT_QUEUE : fileName.slice(at + 1, -'.json'.length)
}

const SHAPE = /^\d{4}-\d{8}T\d{6}\.\d{6}Z-[\w.@-]+\.json$/

/** Has this the shape of a job's file name? Much faster than {@link parseName}, which has the last word. */
export const looksLikeJobName = (text: string): boolean => SHAPE.test(text)

/** Can a file of this name be a job or a dropped file? Temporary files of editors and copiers are not. */
export const isIntakeName = (text: string): boolean => text.endsWith('.json') && !text.startsWith('.')

/** Can a file of this name be a dropped script? Editors' copies such as `x.sh~` and `x.sh.bak` are not. */
export const isScriptName = (text: string): boolean => text.endsWith('.sh') && !text.startsWith('.')

/** Can a file of this name in `pending/` or `hold/` be a job, or become one? */
export const isPendingName = (text: string): boolean => isIntakeName(text) || isScriptName(text)

/** An id from a dropped file's stem: invalid characters become dashes; undefined when nothing valid is left. */
export function idFromStem(fileName: string): string | undefined {
  const id = fileName
    .replace(/\.(json|sh)$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100)
  return id !== '' && whyNotChosenId(id) === undefined ? id : undefined
}
