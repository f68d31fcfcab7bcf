/**
 * Watches the runs of certain jobs. Every start, end and settling adds or removes a trace in `run/` that is named after its
 * job, so one watch on that directory covers all workers. Operators change waiting jobs without a trace: the waiter's
 * timer covers those.
 */
import { ChangeWaiter } from '../disk/watcher.ts'
import type { Home } from '../spool/layout.ts'

/** @param idleFactor as in {@link ChangeWaiter} */
export function watchRuns(home: Home, isWatched: (id: string) => boolean, idleFactor = 0): ChangeWaiter {
  const waiter = new ChangeWaiter(idleFactor)
  waiter.watch(home.run, (name) => isWatched(name.replace(/\.\d+\.\w+$/, '')))
  return waiter
}
