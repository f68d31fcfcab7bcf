/**
 * What a page shows of the server: asked for once by however many parts show it, kept while it is shown, and asked for
 * again when the stream of changes says so. What was shown stays until its successor is here.
 */
import { useEffect, useState } from 'preact/hooks'
import { get, type Problem } from './api.ts'
import { ticks } from './clock.ts'
import { onChange, type Topic } from './live-updates.ts'
import type { Row } from './api-types.ts'

export interface Resource<T> {
  /** Undefined until the first answer. */
  readonly data: T | undefined
  /** Why the newest request failed. */
  readonly problem: Problem | undefined
}

/** What the stream tells, as far as it is looked into. */
export interface Told {
  readonly changed?: readonly Row[]
  readonly removed?: readonly string[]
}

export interface Follow<T> {
  /** Whether this changes anything here; without it, every event of the topics does. */
  readonly concerns?: (told: Told) => boolean
  /** What is shown at once, before the server is asked; undefined leaves it as it is. */
  readonly take?: (data: T, told: Told) => T | undefined
}

interface Entry {
  data: unknown
  problem: Problem | undefined
  readonly topics: readonly Topic[]
  readonly follow: Follow<never>
  readonly listeners: Set<() => void>
  isAsking: boolean
  /** Changed while it was being asked for, or while nobody looked. */
  isStale: boolean
  /** Not before this time, so that many changes do not become as many requests. */
  nextAt: number
  timer: number | undefined
}

const entries = new Map<string, Entry>()
const REST_MS = 100
const AGAIN_MS = 2000

async function ask(path: string, entry: Entry): Promise<void> {
  if (entry.isAsking || document.hidden) {
    entry.isStale = true
    return
  }
  entry.isAsking = true
  entry.isStale = false
  const began = ticks()
  try {
    entry.data = await get<unknown>(path)
    entry.problem = undefined
  } catch (error) {
    entry.problem = error as Problem
  }
  entry.isAsking = false
  const ended = ticks()
  // A server that takes long is asked less often.
  entry.nextAt = ended + Math.max(REST_MS, 2 * (ended - began))
  for (const listener of entry.listeners) listener()
  const failed = entry.problem?.status
  // Nobody was there, it had too much to do, or it broke: that passes.
  if (failed === 0 || failed === 429 || (failed ?? 0) >= 500) {
    entry.nextAt = ended + AGAIN_MS
    entry.isStale = true
  }
  if (entry.isStale) askSoon(path, entry)
}

function askSoon(path: string, entry: Entry): void {
  if (entry.timer !== undefined) return
  entry.timer = setTimeout(
    () => {
      entry.timer = undefined
      if (entry.listeners.size > 0) void ask(path, entry)
    },
    Math.max(0, entry.nextAt - ticks()),
  )
}

onChange((topic, told) => {
  for (const [path, entry] of entries) {
    const { topics, follow, data } = entry
    if (topic !== 'reset') {
      if (!topics.includes(topic)) continue
      if (topic === 'jobs' && follow.concerns?.(told as Told) === false) continue
    }
    const taken = data === undefined || topic !== 'jobs' ? undefined : follow.take?.(data as never, told as Told)
    if (taken !== undefined) {
      entry.data = taken
      for (const listener of entry.listeners) listener()
    }
    askSoon(path, entry)
  }
})

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) for (const [path, entry] of entries) if (entry.isStale) askSoon(path, entry)
})

/** Asks for all that is shown now: after a change that was made here. */
export function refresh(): void {
  for (const [path, entry] of entries) {
    entry.nextAt = 0
    void ask(path, entry)
  }
}

/**
 * What lies at a path of the API (undefined: nothing is asked for). While a new path is being asked for, what was
 * shown before stays.
 */
export function useResource<T>(
  path: string | undefined,
  topics: readonly Topic[],
  follow: Follow<T> = {},
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
        follow: follow as unknown as Follow<never>,
        listeners: new Set(),
        isAsking: false,
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
    // Another part shows it already, and so it is as new as the stream.
    if (!isKept) void ask(path, mine)
    return () => {
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
