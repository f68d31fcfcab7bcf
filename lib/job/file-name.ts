/**
 * The one name grammar of every state directory: `<rank>-<due>-<id>[@<queue>].json`. Pure.
 *
 * Sorting the names of `pending/` is the order of execution: rank = 1000 - priority, four digits; due = UTC with
 * microseconds. The name wins over the content on priority, due, id and queue.
 */
import { formatDue, parseDue } from './time.ts'

export interface JobName {
  readonly priority: number
  /** Microseconds since the epoch; what it means depends on the state (design: when enqueued, due, or settled). */
  readonly due: number
  readonly id: string
  readonly queue: string
}

export const DEFAULT_QUEUE = 'default'
export const PRIORITY_LIMIT = 999

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const QUEUE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const NAME =
  /^(\d{4})-(\d{8}T\d{6}\.\d{6}Z)-([A-Za-z0-9][A-Za-z0-9._-]{0,127})(?:@([A-Za-z0-9][A-Za-z0-9._-]{0,63}))?\.json$/
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i

/** Where the id begins in a name of our grammar, behind the dash that ends rank and due time. */
const ID_AT = 29

/** Could the name mean a job whose id passes this? Asked before it is parsed, which takes twenty times as long. */
export const mayName = (text: string, isWanted: (idAndRest: string) => boolean): boolean =>
  text[ID_AT - 1] !== '-' || text[ID_AT - 2] !== 'Z' || isWanted(text.slice(ID_AT))

/** Is this the form of the ids we make ourselves? Those need no reservation and may be shortened. */
export const isMadeId = (id: string): boolean => ULID.test(id)

/** Why a text cannot be a job's id, or undefined when it can. A made id passes here; see {@link whyNotChosenId}. */
export function whyNotId(id: string): string | undefined {
  if (!ID.test(id))
    return 'an id is 1 to 128 letters, digits, dots, dashes and underscores, and starts with a letter or digit'
  if (id.endsWith('.json')) return 'an id does not end in .json'
  if (id === 'last' || id === 'all' || id.startsWith('worker-'))
    return 'last, all and names that start with worker- are reserved'
  return undefined
}

/** Why a user may not choose this id, or undefined when he may. */
export function whyNotChosenId(id: string): string | undefined {
  if (isMadeId(id)) return 'ids of this form (ULID) are made by queuectl itself'
  return whyNotId(id)
}

/** Why a text cannot name a queue, or undefined when it can. */
export const whyNotQueue = (queue: string): string | undefined =>
  QUEUE.test(queue) && !queue.endsWith('.json')
    ? undefined
    : 'a queue is 1 to 64 letters, digits, dots, dashes and underscores, and starts with a letter or digit'

export function formatName(name: JobName): string {
  const rank = String(1000 - name.priority).padStart(4, '0')
  const queue = name.queue === DEFAULT_QUEUE ? '' : `@${name.queue}`
  return `${rank}-${formatDue(name.due)}-${name.id}${queue}.json`
}

/** What a file name says, or undefined when it is not of our grammar (then it is somebody's dropped file). */
export function parseName(text: string): JobName | undefined {
  const match = NAME.exec(text)
  if (!match) return undefined
  const [, rank = '', due = '', id = '', queue = DEFAULT_QUEUE] = match
  const priority = 1000 - Number(rank)
  const micros = parseDue(due)
  if (micros === undefined || Math.abs(priority) > PRIORITY_LIMIT || whyNotId(id)) return undefined
  return { priority, due: micros, id, queue }
}

const SHAPE = /^\d{4}-\d{8}T\d{6}\.\d{6}Z-[\w.@-]+\.json$/

/** May this be a job's name? Much quicker than to parse it, which has the last word. */
export const looksLikeJobName = (text: string): boolean => SHAPE.test(text)

/** May a file of this name be a dropped job? Editors' and copiers' working files are left alone. */
export const isIntakeName = (text: string): boolean => text.endsWith('.json') && !text.startsWith('.')

/** An id from a dropped file's stem: what the alphabet forbids becomes a dash; undefined when nothing is left. */
export function idFromStem(fileName: string): string | undefined {
  const id = fileName
    .replace(/\.json$/, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100)
  return id !== '' && whyNotChosenId(id) === undefined ? id : undefined
}
