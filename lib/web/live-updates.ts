/**
 * The change stream: one connection for the whole page. After a reconnect everything that is shown is fetched again.
 */
import { useEffect, useState } from 'preact/hooks'
import { followStream } from './stream.ts'

export type Connection = 'connecting' | 'live' | 'lost' | 'paused'
/** The events of the stream; after a `reset` anything may have changed. */
export type ChangeTopic = 'jobs' | 'stats' | 'workers' | 'events' | 'reset'

const TOPICS: readonly ChangeTopic[] = ['jobs', 'stats', 'workers', 'events', 'reset']

type ChangeListener = (topic: ChangeTopic, change: unknown) => void
const listeners = new Set<ChangeListener>()
const connectionListeners = new Set<(connection: Connection) => void>()

let connection: Connection = 'connecting'
let stop: (() => void) | undefined

function setConnection(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of connectionListeners) watcher(next)
}

function notify(topic: ChangeTopic, change: unknown): void {
  for (const listener of listeners) listener(topic, change)
}

/** Connects until the page is closed or paused. */
export function connect(): void {
  stop = followStream('/stream', {
    on: Object.fromEntries(TOPICS.map((topic) => [topic, (change: unknown) => notify(topic, change)])),
    opened: () => {
      setConnection('live')
      // Data fetched before the connection may have missed changes.
      notify('reset', {})
    },
    lost: () => setConnection('lost'),
  })
}

/** Pauses or resumes live updates. */
export function togglePause(): void {
  if (connection === 'paused') {
    connect()
    return
  }
  stop?.()
  setConnection('paused')
}

export function onChange(listener: ChangeListener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export function useConnection(): Connection {
  const [now, setNow] = useState(connection)
  useEffect(() => {
    connectionListeners.add(setNow)
    setNow(connection)
    return () => {
      connectionListeners.delete(setNow)
    }
  }, [])
  return now
}
