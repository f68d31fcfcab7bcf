/**
 * The stream of changes: one connection for the whole page. It says when it is lost, comes back by itself, and then
 * has everything that is shown asked for anew.
 */
import { useEffect, useState } from 'preact/hooks'
import { follow } from './stream.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'paused'
/** What the server tells of; `reset` stands for: anything may have changed. */
export type Topic = 'jobs' | 'stats' | 'workers' | 'events' | 'reset'

const TOPICS: readonly Topic[] = ['jobs', 'stats', 'workers', 'events', 'reset']

type Listener = (topic: Topic, told: unknown) => void
const listeners = new Set<Listener>()
const watchers = new Set<(connection: Connection) => void>()

let connection: Connection = 'connecting'
let stop: (() => void) | undefined

function become(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of watchers) watcher(next)
}

function tell(topic: Topic, told: unknown): void {
  for (const listener of listeners) listener(topic, told)
}

/** Connects, for as long as the page is there. */
export function connect(): void {
  stop = follow('/stream', {
    on: Object.fromEntries(TOPICS.map((topic) => [topic, (told: unknown) => tell(topic, told)])),
    opened: () => {
      become('live')
      // What was asked for before may be older than the first thing that is told.
      tell('reset', {})
    },
    lost: () => become('lost'),
  })
}

/** Stops or goes on showing changes. */
export function togglePause(): void {
  if (connection === 'paused') {
    connect()
    return
  }
  stop?.()
  become('paused')
}

export function onChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function useConnection(): Connection {
  const [now, setNow] = useState(connection)
  useEffect(() => {
    watchers.add(setNow)
    setNow(connection)
    return () => {
      watchers.delete(setNow)
    }
  }, [])
  return now
}
