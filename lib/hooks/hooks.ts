/**
 * Calls hooks: a command runs or a URL gets a POST whenever a job finishes, fails or is cancelled, after the job has
 * moved. No job waits for a hook; a call that fails is an event and a line in the log.
 *
 * Crash: calls that wait are lost; a command that runs goes on, without its time limit.
 */
import { join } from 'node:path'
import { nowMs, sleep } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { type Hook, isUrl } from '../config/hook-target.ts'
import type { Job } from '../job/job.ts'
import { isoTime } from '../job/time.ts'
import type { Event } from '../journal/journal.ts'
import { exists, remove, touch } from '../disk/files.ts'
import { jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { hasWork } from '../spool/transitions.ts'
import { callWebhook } from './webhook.ts'
import { HOOK_GRACE_MS, runHookCommand } from './command.ts'

/** Calls at a time. */
const MAX_CONCURRENT = 4
/** Calls waiting at most; more fail at once, so that a receiver that hangs cannot fill the memory. */
const MAX_WAITING = 1000

/** One call of a hook. */
export interface HookCall {
  readonly hook: Hook
  /** A command or a URL. */
  readonly target: string
  /** The job's id; empty for `drained`. */
  readonly job: string
  /** The same for repeated calls about the same thing, so that receivers can drop duplicates. */
  readonly id: string
  readonly body: string
  readonly seconds: number
  readonly secret: string
}

interface HooksHost {
  /** `now`: the settings in force. */
  readonly settings: { readonly now: Config }
  readonly record: (event: Omit<Event, 'at'>) => void
}

export class Hooks {
  readonly #home: Home
  readonly #host: HooksHost
  readonly #waiting: HookCall[] = []
  readonly #running = new Set<Promise<void>>()

  constructor(home: Home, host: HooksHost) {
    this.#home = home
    this.#host = host
  }

  /** Calls a hook, if it is set, for a job that was settled. */
  callFor(hook: Hook, job: Job): void {
    this.#call(hook, job.id, `${job.id}_${job.runs}_${Date.parse(job.updated_at)}`, job)
  }

  /** Notes that a job has started, so that `on_drained` is called once no job is left. */
  noteStart(): void {
    if (this.#host.settings.now.on_drained === '') return
    try {
      // If we die after this: the worker that finds no job left removes the mark and calls the hook.
      touch(this.#mark)
    } catch (error) {
      this.#failed({ hook: 'drained', job: '' }, `cannot note that a job has begun: ${String(error)}`)
    }
  }

  /** Calls `on_drained` when no job is left and one had started. Of several workers that see that, one calls it. */
  checkDrained(): void {
    const home = this.#home
    if (this.#host.settings.now.on_drained === '' || !exists(this.#mark)) return
    try {
      // In the order in which jobs move: one that moves on during the scan is found in the next state.
      if (hasWork(home) || !jobFiles(home, ['processing']).next().done) return
      // If we die after this: the hook is not called this time.
      if (!remove(this.#mark)) return
    } catch {
      // A resource is exhausted or the disk fails: the mark is still there for the next check.
      return
    }
    const at = isoTime(nowMs())
    this.#call('drained', '', at, { event: 'drained', at, home: home.root })
  }

  get #mark(): string {
    return join(this.#home.run, 'worked')
  }

  /** Waits for all calls, one hook timeout at most; those that still wait then are recorded as failed. */
  async finish(): Promise<void> {
    this.checkDrained()
    const timer = new AbortController()
    const waitForAll = async (): Promise<void> => {
      while (this.#running.size > 0) await Promise.all(this.#running)
      timer.abort()
    }
    void waitForAll()
    if (this.#running.size > 0)
      await sleep(this.#host.settings.now.hook_timeout * 1000 + 2 * HOOK_GRACE_MS, timer.signal)
    for (const call of this.#waiting.splice(0)) this.#failed(call, 'the worker stopped before it was called')
  }

  #call(hook: Hook, job: string, id: string, body: object): void {
    const config = this.#host.settings.now
    const target = config[`on_${hook}`]
    if (target === '') return
    const call = {
      hook,
      target,
      job,
      id: `msg_${hook}_${id}`,
      body: JSON.stringify(body),
      seconds: config.hook_timeout,
      secret: config.hook_secret,
    }
    if (this.#waiting.length >= MAX_WAITING) this.#failed(call, `${MAX_WAITING} others wait to be called`)
    else this.#waiting.push(call)
    this.#next()
  }

  #next(): void {
    while (this.#running.size < MAX_CONCURRENT) {
      const call = this.#waiting.shift()
      if (!call) return
      const running = (isUrl(call.target) ? callWebhook(call) : runHookCommand(call, this.#home))
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
        .then((error) => {
          this.#running.delete(running)
          if (error !== undefined) this.#failed(call, error)
          this.#next()
        })
      this.#running.add(running)
    }
  }

  #failed({ hook, job }: Pick<HookCall, 'hook' | 'job'>, error: string): void {
    this.#host.record({ event: 'hook_failed', job, hook: `on_${hook}`, error })
  }
}
