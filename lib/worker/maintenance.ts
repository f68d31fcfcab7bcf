/**
 * Tidying up, which is anybody's duty: leftovers of the dead, finished jobs that are over a limit, old days of the
 * journal. In the background and in small steps: no job waits for it.
 */
import type { Config } from '../config/schema.ts'
import { monotonicMs, nowMs } from '../clock.ts'
import { limitsOf } from '../job/retention.ts'
import { parseDuration } from '../job/time.ts'
import { foldDays } from '../journal/totals.ts'
import type { Home } from '../spool/layout.ts'
import { pruneAll, pruneCandidates } from '../operator/prune.ts'
import { sweep } from '../spool/leftovers.ts'
import { PRUNABLE } from '../job/state.ts'

const EVERY_MS = 600_000
/** Settings that were changed are heeded this soon. */
const SOON_MS = 1000

interface MaintenanceHost {
  /** A line for the log. */
  log(line: string): void
  /** It is over for this time. */
  done(): void
}

export class Maintenance {
  readonly #home: Home
  readonly #owner: MaintenanceHost
  #next = 0
  #seen: Config | undefined
  #stopping = false
  #running: Promise<void> = Promise.resolve()
  #isBusy = false

  constructor(home: Home, owner: MaintenanceHost) {
    this.#home = home
    this.#owner = owner
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Begins, when it is time to. */
  startIfDue(config: Config): void {
    const now = monotonicMs()
    if (this.#seen !== undefined && config !== this.#seen) this.#next = Math.min(this.#next, now + SOON_MS)
    this.#seen = config
    if (this.#isBusy || this.#stopping || now < this.#next) return
    this.#next = now + EVERY_MS
    this.#isBusy = true
    this.#running = this.#maintain(config).finally(() => {
      this.#isBusy = false
      this.#owner.done()
    })
  }

  /** Resolves when nothing is being removed any more. */
  stop(): Promise<void> {
    this.#stopping = true
    return this.#running
  }

  async #maintain(config: Config): Promise<void> {
    try {
      sweep(this.#home, nowMs())
      await this.#prune(config)
      const seconds = parseDuration(config.keep_journal)
      if (seconds === undefined) return
      const days = await foldDays(this.#home, seconds, nowMs(), () => this.#stopping)
      if (days.length > 0) this.#owner.log(`folded into the totals: the events of ${days.join(', ')}`)
    } catch (error) {
      // Whatever it is: the next round tries again, and jobs do not wait for it.
      this.#owner.log(`cannot tidy up: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #prune(config: Config): Promise<void> {
    for (const state of PRUNABLE) {
      if (this.#stopping) return
      const all = await pruneCandidates(this.#home, { state, limits: limitsOf(config, state), now: nowMs() })
      let gone = 0
      for await (const _one of pruneAll(this.#home, state, all, nowMs())) {
        gone++
        if (this.#stopping) break
      }
      if (gone > 0) this.#owner.log(`pruned ${gone} ${state} ${gone === 1 ? 'job' : 'jobs'}, with all output`)
    }
  }
}
