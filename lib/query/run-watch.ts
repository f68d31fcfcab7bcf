/**
 * Watches for changes of certain jobs, whichever worker runs them. Every start, end and settling leaves or removes a
 * trace in `run/` that is named after its job, so one watch on that directory covers all of them. What an operator
 * does to a waiting job leaves no trace: the waiter's timer finds that.
 */
import { ChangeWaiter } from '../disk/watcher.ts'
import type { Home } from '../spool/layout.ts'

/** @param idleFactor as in {@link ChangeWaiter} */
export function watchRuns(home: Home, isMeant: (id: string) => boolean, idleFactor = 0): ChangeWaiter {
  const waiter = new ChangeWaiter(idleFactor)
  waiter.watch(home.run, (name) => isMeant(name.replace(/\.\d+\.\w+$/, '')))
  return waiter
}
