/** Makes the context that the functions in `run/` get from a worker; its getters give what is in force at each use. */
import type { ConfigWatcher } from '../config/watcher.ts'
import type { Hooks } from '../hooks/hooks.ts'
import { OomKills } from '../disk/oom.ts'
import type { Event } from '../journal/journal.ts'
import type { RunContext, StartContext } from '../run/context.ts'
import type { Home } from '../spool/layout.ts'
import type { Numbers } from './numbers.ts'
import type { QueueWatcher } from './queue-watcher.ts'
import type { Registration } from './registration.ts'

interface ContextHost extends Pick<RunContext, 'log' | 'retryUntilDone'> {
  readonly home: Home
  /** The current one: a worker whose directory was removed registers again. */
  readonly registration: () => Registration
  readonly settings: ConfigWatcher
  readonly queues: QueueWatcher
  readonly numbers: Pick<Numbers, 'letGo'>
  readonly noteOutcome: RunContext['noteOutcome']
  readonly hooks: Hooks
  readonly record: (events: readonly Omit<Event, 'at'>[]) => void
  readonly recordSoon: (event: Omit<Event, 'at'>) => void
}

export const workerContext = (host: ContextHost): StartContext => ({
  home: host.home,
  get holder() {
    return host.registration().holder
  },
  get fifos() {
    return host.registration().fifos
  },
  get shells() {
    return host.registration().shells
  },
  oomKills: new OomKills(),
  get config() {
    return host.settings.now
  },
  configOf: (queue) => host.queues.configOf(host.settings.now, queue),
  letGo: (fileName) => host.numbers.letGo(fileName),
  noteOutcome: (queue, verdict) => host.noteOutcome(queue, verdict),
  record: (...events) => host.record(events),
  recordSoon: (event) => host.recordSoon(event),
  callHook: (hook, job) => host.hooks.callFor(hook, job),
  log: (line) => host.log(line),
  retryUntilDone: (doing, act, entry) => host.retryUntilDone(doing, act, entry),
})
