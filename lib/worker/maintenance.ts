/**
 * Maintains the home, in any worker: sweeps what dead processes left, prunes finished jobs beyond the limits, folds old
 * days of the journal. In the background and in small steps: no job waits for it.
 */
import type { Config } from '../config/schema.ts'
import { monotonicMs, nowMs } from '../clock.ts'
import { limitsOf } from '../job/retention.ts'
import { parseDuration } from '../job/time.ts'
import { foldDays } from '../journal/totals.ts'
import type { Home } from '../spool/layout.ts'
import { pruneAll, pruneCandidates } from '../operator/prune.ts'
import { sweepTraces } from '../run/settled-traces.ts'
import { pruneLogs } from './log.ts'
import { sweep } from '../spool/leftovers.ts'
import { PRUNABLE } from '../job/state.ts'

const EVERY_MS = 600_000
/** How soon changed settings are applied (ms). */
const AFTER_CHANGE_MS = 1000

interface MaintenanceHost {
  /** Writes a line to the log. */
  log(line: string): void
  /** Called after each pass. */
  done(): void
}

export class Maintenance {
  readonly #home: Home
  readonly #host: MaintenanceHost
  #nextAt = 0
  #lastConfig: Config | undefined
  #isStopping = false
  #running: Promise<void> = Promise.resolve()
  #isBusy = false

  constructor(home: Home, host: MaintenanceHost) {
    this.#home = home
    this.#host = host
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Starts a pass in the background when one is due. */
  startIfDue(config: Config): void {
    const now = monotonicMs()
    if (this.#lastConfig !== undefined && config !== this.#lastConfig)
      this.#nextAt = Math.min(this.#nextAt, now + AFTER_CHANGE_MS)
    this.#lastConfig = config
    if (this.#isBusy || this.#isStopping || now < this.#nextAt) return
    this.#nextAt = now + EVERY_MS
    this.#isBusy = true
    this.#running = this.#maintain(config).finally(() => {
      this.#isBusy = false
      this.#host.done()
    })
  }

  /** Cuts a pass short; resolves when it has ended. */
  stop(): Promise<void> {
    this.#isStopping = true
    return this.#running
  }

  async #maintain(config: Config): Promise<void> {
    const home = this.#home
    await this.#step('remove scratch', () => sweep(home, nowMs()))
    await this.#step('remove traces', () => sweepTraces(home, nowMs()))
    await this.#step('prune', () => this.#prune(config))
    await this.#step('remove old logs', () => this.#pruneLogs(config))
    await this.#step('fold the journal', () => this.#fold(config))
  }

  /** One part of a pass. A failure does not keep the others from being done; no job waits for any. */
  async #step(doing: string, act: () => void | Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      // The next pass tries again.
      this.#host.log(`maintenance cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #pruneLogs(config: Config): void {
    const seconds = parseDuration(config.keep_journal)
    const logs = seconds === undefined ? 0 : pruneLogs(this.#home, seconds, nowMs())
    if (logs > 0) this.#host.log(`removed ${logs} old logs of workers`)
  }

  async #fold(config: Config): Promise<void> {
    const seconds = parseDuration(config.keep_journal)
    if (seconds === undefined) return
    const days = await foldDays(this.#home, seconds, nowMs(), () => this.#isStopping)
    if (days.length > 0) this.#host.log(`folded into the totals: the events of ${days.join(', ')}`)
  }

  async #prune(config: Config): Promise<void> {
    for (const state of PRUNABLE) {
      if (this.#isStopping) return
      const candidates = await pruneCandidates(this.#home, { state, limits: limitsOf(config, state), now: nowMs() })
      let count = 0
      for await (const _pruned of pruneAll(this.#home, state, candidates, nowMs())) {
        count++
        if (this.#isStopping) break
      }
      if (count > 0) this.#host.log(`pruned ${count} ${state} ${count === 1 ? 'job' : 'jobs'}, with all output`)
    }
  }
}
