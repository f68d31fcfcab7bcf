/** Reads and checks query parameters. Every error names the parameter and what was expected. */
import { QueueError } from '../errors.ts'
import { type PageCursor, PAGE_SORTS, type PageSort, type JobSearch } from '../queue.ts'
import { HttpError } from './problem.ts'
import type { State } from '../job/state.ts'
import { parseDuration, parseInstant } from '../job/time.ts'
import { parseStates } from '../job/state-words.ts'

const DAY_S = 86_400

type Query = Readonly<Record<string, string | undefined>>

/** The states of a comma-separated list; undefined for all. @throws HttpError 400 */
export function readStateFilter(text: string | undefined): State[] | undefined {
  const words = (text ?? '').split(',').filter(Boolean)
  if (words.length === 0) return undefined
  try {
    return parseStates(words)
  } catch (error) {
    if (error instanceof QueueError) throw new HttpError(400, error.message, error.hint)
    throw error
  }
}

/** The filter of a request. Empty parameters count as absent. @throws HttpError 400 */
export function readSearch(query: Query): JobSearch {
  const { state, queue, tag, q, error, fingerprint } = query
  const states = readStateFilter(state)
  const changedFrom = readInstant(query, 'since')
  const changedTo = readInstant(query, 'until')
  return {
    ...(states ? { states } : {}),
    ...(queue ? { queue } : {}),
    ...(tag ? { tag } : {}),
    ...(q ? { text: q } : {}),
    ...(error === undefined ? {} : { error }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(changedFrom === undefined ? {} : { changedFrom }),
    ...(changedTo === undefined ? {} : { changedTo }),
  }
}

/** A date and time, in milliseconds. @throws HttpError 400 */
export function readInstant(query: Query, name: string): number | undefined {
  const text = query[name]
  if (text === undefined || text === '') return undefined
  const at = parseInstant(text)
  if (at !== undefined) return at
  throw new HttpError(400, `${name} is ${JSON.stringify(text)}: expected an ISO 8601 date`)
}

/** A time back from now, in seconds. @throws HttpError 400 */
export function readWindow(text: string): number {
  const window = parseDuration(text)
  if (window !== undefined && window >= 60 && window <= DAY_S) return window
  throw new HttpError(400, `window is ${JSON.stringify(text)}: expected from 1m to 24h`)
}

/** A whole number within limits. @throws HttpError 400 */
export function readCount(query: Query, name: string, low: number, high: number): number | undefined {
  const text = query[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= low && value <= high) return value
  throw new HttpError(400, `${name} is ${JSON.stringify(text)}: expected a whole number from ${low} to ${high}`)
}

/** @throws HttpError 400 */
export function readSort(text = 'order'): { readonly sort: PageSort; readonly isReverse: boolean } {
  const isReverse = text.startsWith('-')
  const sort = PAGE_SORTS.find((one) => one === (isReverse ? text.slice(1) : text))
  if (sort) return { sort, isReverse }
  throw new HttpError(
    400,
    `cannot sort by ${JSON.stringify(text)}`,
    `there are: ${PAGE_SORTS.join(', ')}, each also with a - before it`,
  )
}

/** One of the allowed words. @throws HttpError 400 */
export function readWord<T extends string>(query: Query, name: string, words: readonly T[], otherwise: T): T {
  const text = query[name] ?? otherwise
  const word = words.find((one) => one === text)
  if (word) return word
  throw new HttpError(400, `${name} is ${JSON.stringify(text)}: expected ${words.join(', ')}`)
}

/** The position after a page, opaque to clients. */
export const encodeCursor = (mark: object | undefined): string | null =>
  mark ? Buffer.from(JSON.stringify(mark)).toString('base64url') : null

const MARK_MEMBERS: Record<keyof PageCursor, 'string' | 'number'> = {
  state: 'string',
  due: 'number',
  fileName: 'string',
  priority: 'number',
  id: 'string',
  created: 'number',
  updated: 'number',
  queue: 'string',
}

/** @throws HttpError 400 */
export const readPageCursor = (text: string | undefined): PageCursor | undefined =>
  readCursor<PageCursor>(text, MARK_MEMBERS)

/** @throws HttpError 400 */
export function readCursor<T extends object>(
  text: string | undefined,
  members: Readonly<Record<keyof T, 'string' | 'number'>>,
): T | undefined {
  if (text === undefined || text === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    // Refused below, like any other invalid cursor.
    value = undefined
  }
  const found = (value ?? {}) as Record<string, unknown>
  if (Object.entries(members).every(([name, type]) => typeof found[name] === type)) return found as T
  throw new HttpError(400, 'the cursor is not valid', 'start again without one')
}
