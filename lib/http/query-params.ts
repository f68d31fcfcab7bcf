/** What a request asks for, as its query says it: checked here, and told in one line what is wrong with it. */
import { QueueError } from '../errors.ts'
import { type PageCursor, PAGE_SORTS, type PageSort, type JobSearch } from '../queue.ts'
import { Refusal } from './problem.ts'
import type { State } from '../job/state.ts'
import { parseStates } from '../job/state-words.ts'

type Query = Readonly<Record<string, string | undefined>>

/** States as asked for; undefined means all. @throws Refusal 400 */
export function readStates(text: string | undefined): State[] | undefined {
  const words = (text ?? '').split(',').filter(Boolean)
  if (words.length === 0) return undefined
  try {
    return parseStates(words)
  } catch (error) {
    if (error instanceof QueueError) throw new Refusal(400, error.message, error.hint)
    throw error
  }
}

/** Which jobs are meant. An empty text asks for nothing in particular. @throws Refusal 400 */
export function readSearch({ state, queue, tag, q, error }: Query): JobSearch {
  const states = readStates(state)
  return {
    ...(states ? { states } : {}),
    ...(queue ? { queue } : {}),
    ...(tag ? { tag } : {}),
    ...(q ? { text: q } : {}),
    ...(error === undefined ? {} : { error }),
  }
}

/** A whole number within limits. @throws Refusal 400 */
export function readCount(query: Query, name: string, low: number, high: number): number | undefined {
  const text = query[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= low && value <= high) return value
  throw new Refusal(400, `${name} is ${JSON.stringify(text)}: expected a whole number from ${low} to ${high}`)
}

/** @throws Refusal 400 */
export function readSort(text = 'order'): { readonly sort: PageSort; readonly isReverse: boolean } {
  const isReverse = text.startsWith('-')
  const sort = PAGE_SORTS.find((one) => one === (isReverse ? text.slice(1) : text))
  if (sort) return { sort, isReverse }
  throw new Refusal(
    400,
    `cannot sort by ${JSON.stringify(text)}`,
    `there are: ${PAGE_SORTS.join(', ')}, each also with a - before it`,
  )
}

/** One of the words that are allowed. @throws Refusal 400 */
export function readWord<T extends string>(query: Query, name: string, words: readonly T[], otherwise: T): T {
  const text = query[name] ?? otherwise
  const word = words.find((one) => one === text)
  if (word) return word
  throw new Refusal(400, `${name} is ${JSON.stringify(text)}: expected ${words.join(', ')}`)
}

/** Where a page ends, as text that means nothing to clients. */
export const cursorOf = (mark: object | undefined): string | null =>
  mark ? Buffer.from(JSON.stringify(mark)).toString('base64url') : null

const MARK: Record<keyof PageCursor, 'string' | 'number'> = {
  state: 'string',
  due: 'number',
  fileName: 'string',
  priority: 'number',
  id: 'string',
  created: 'number',
  updated: 'number',
}

/** @throws Refusal 400 */
export const readMark = (text: string | undefined): PageCursor | undefined => readCursor<PageCursor>(text, MARK)

/** @throws Refusal 400 */
export function readCursor<T extends object>(
  text: string | undefined,
  members: Readonly<Record<keyof T, 'string' | 'number'>>,
): T | undefined {
  if (text === undefined || text === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    // Told below, as any other nonsense.
    value = undefined
  }
  const found = (value ?? {}) as Record<string, unknown>
  if (Object.entries(members).every(([name, type]) => typeof found[name] === type)) return found as T
  throw new Refusal(400, 'this cursor is none of ours', 'begin again without one')
}
