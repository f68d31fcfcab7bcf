/**
 * Fetches what the pages show: once for all components that show the same path, kept while any of them is mounted, and
 * fetched again when the change stream reports a change. Old data stays visible until the new data arrives.
 */
import { useEffect, useState } from 'preact/hooks'
import { get, type Problem } from './api.ts'
import { monotonicNow } from './clock.ts'
import { onChange, type ChangeTopic } from './live-updates.ts'
import type { JobListItem } from './api-types.ts'

export interface Resource<T> {
  /** Undefined until the first answer. */
  readonly data: T | undefined
  /** Why the latest request failed. */
  readonly problem: Problem | undefined
}

/** A `jobs` event of the change stream. */
export interface JobsChange {
  readonly changed?: readonly JobListItem[]
  readonly removed?: readonly string[]
}

export interface UpdateRules<T> {
  /** Whether a change of jobs affects this resource; by default all do. */
  readonly concerns?: (change: JobsChange) => boolean
  /** Applies a change of jobs at once, before the refetch; undefined leaves the data as it is. */
  readonly update?: (data: T, change: JobsChange) => T | undefined
  /** For what costs the server much: the least time (ms) between two requests. */
  readonly everyMs?: number
  /** For what also changes without an event: it is fetched again after this time (ms). */
  readonly againMs?: number
}

interface CacheEntry {
  data: unknown
  problem: Problem | undefined
  readonly topics: readonly ChangeTopic[]
  readonly rules: UpdateRules<never>
  readonly listeners: Set<() => void>
  isFetching: boolean
  /** Changed during a fetch or while the tab was hidden. */
  isStale: boolean
  /** The earliest time of the next request, so that many changes share one. */
  nextAt: number
  timer: number | undefined
}

const entries = new Map<string, CacheEntry>()
const MIN_INTERVAL_MS = 100
const RETRY_MS = 2000

async function fetchEntry(path: string, entry: CacheEntry): Promise<void> {
  if (entry.isFetching || document.hidden) {
    entry.isStale = true
    return
  }
  entry.isFetching = true
  entry.isStale = false
  const began = monotonicNow()
  try {
    entry.data = await get<unknown>(path)
    entry.problem = undefined
  } catch (error) {
    entry.problem = error as Problem
  }
  entry.isFetching = false
  const ended = monotonicNow()
  // Slow requests are repeated less often.
  entry.nextAt = ended + Math.max(entry.rules.everyMs ?? MIN_INTERVAL_MS, 2 * (ended - began))
  for (const listener of entry.listeners) listener()
  const failed = entry.problem?.status
  // Unreachable, overloaded or broken: try again later.
  if (failed === 0 || failed === 429 || (failed ?? 0) >= 500) {
    entry.nextAt = ended + RETRY_MS
    entry.isStale = true
  }
  if (entry.isStale) scheduleFetch(path, entry)
}

function scheduleFetch(path: string, entry: CacheEntry): void {
  if (entry.timer !== undefined) return
  entry.timer = setTimeout(
    () => {
      entry.timer = undefined
      if (entry.listeners.size > 0) void fetchEntry(path, entry)
    },
    Math.max(0, entry.nextAt - monotonicNow()),
  )
}

onChange((topic, change) => {
  for (const [path, entry] of entries) {
    const { topics, rules, data } = entry
    if (topic !== 'reset') {
      if (!topics.includes(topic)) continue
      if (topic === 'jobs' && rules.concerns?.(change as JobsChange) === false) continue
    }
    const updated =
      data === undefined || topic !== 'jobs' ? undefined : rules.update?.(data as never, change as JobsChange)
    if (updated !== undefined) {
      entry.data = updated
      for (const listener of entry.listeners) listener()
    }
    scheduleFetch(path, entry)
  }
})

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) for (const [path, entry] of entries) if (entry.isStale) scheduleFetch(path, entry)
})

/** Fetches everything that is shown, after a change made on this page. */
export function refreshAll(): void {
  for (const [path, entry] of entries) {
    entry.nextAt = 0
    void fetchEntry(path, entry)
  }
}

/** The data at a path of the API (undefined for none). While a new path loads, the previous data stays. */
export function useResource<T>(
  path: string | undefined,
  topics: readonly ChangeTopic[],
  rules: UpdateRules<T> = {},
): Resource<T> {
  const [shown, setShown] = useState<Resource<T>>(() => snapshot<T>(path) ?? { data: undefined, problem: undefined })
  useEffect(() => {
    if (path === undefined) return undefined
    let entry = entries.get(path)
    const isKept = entry !== undefined
    if (!entry) {
      entry = {
        data: undefined,
        problem: undefined,
        topics,
        rules: rules as unknown as UpdateRules<never>,
        listeners: new Set(),
        isFetching: false,
        isStale: false,
        nextAt: 0,
        timer: undefined,
      }
      entries.set(path, entry)
    }
    const mine = entry
    const show = (): void =>
      setShown((before) => ({
        data: mine.data === undefined && mine.problem === undefined ? before.data : (mine.data as T | undefined),
        problem: mine.problem,
      }))
    mine.listeners.add(show)
    show()
    // Shown by another component already, which keeps it up to date.
    if (!isKept) void fetchEntry(path, mine)
    const again = rules.againMs === undefined ? undefined : setInterval(() => scheduleFetch(path, mine), rules.againMs)
    return () => {
      clearInterval(again)
      mine.listeners.delete(show)
      if (mine.listeners.size > 0) return
      clearTimeout(mine.timer)
      entries.delete(path)
    }
  }, [path])
  return shown
}

function snapshot<T>(path: string | undefined): Resource<T> | undefined {
  const entry = path === undefined ? undefined : entries.get(path)
  return entry && { data: entry.data as T | undefined, problem: entry.problem }
}

/** What is asked for again and again: for what no event reports. Undefined while it fails. @param fetchIt stays the same */
export function usePolled<T>(fetchIt: () => Promise<T>, everyMs: number): T | undefined {
  const [data, setData] = useState<T>()
  useEffect(() => {
    let timer: number | undefined
    let isOver = false
    const ask = async (): Promise<void> => {
      if (!document.hidden) {
        const answer = await fetchIt().catch(() => undefined)
        if (isOver) return
        setData(() => answer)
      }
      timer = setTimeout(() => void ask(), everyMs)
    }
    void ask()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [])
  return data
}
