/**
 * Hooks: a command or a URL is told what became of a job, beside the jobs and after they have moved. No job waits for
 * one; what cannot be told is an event and a line in the log.
 *
 * Crash: a hook that was not called yet is not called any more; one whose command runs goes on without a time limit.
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

/** So many at a time. */
const MAX_CONCURRENT = 4
/** So many may wait; what comes beyond is told as failed, for else a dead receiver would fill the memory. */
const MAX_WAITING = 1000

/** One call of a hook. */
export interface HookCall {
  readonly hook: Hook
  /** A command or a URL. */
  readonly target: string
  /** The job's id; empty for all of them. */
  readonly job: string
  /** The same for each time that the same thing is told. */
  readonly id: string
  readonly body: string
  readonly seconds: number
  readonly secret: string
}

interface HooksHost {
  /** What is set now. */
  readonly settings: { readonly now: Config }
  readonly record: (event: Omit<Event, 'at'>) => void
}

export class Hooks {
  readonly #home: Home
  readonly #host: HooksHost
  readonly #waiting: HookCall[] = []
  readonly #running = new Set<Promise<void>>()

  constructor(home: Home, owner: HooksHost) {
    this.#home = home
    this.#host = owner
  }

  /** A job was settled. */
  callFor(hook: Hook, job: Job): void {
    this.#call(hook, job.id, `${job.id}_${job.runs}_${Date.parse(job.updated_at)}`, job)
  }

  /** A job has begun: sooner or later there may be none. */
  noteStart(): void {
    if (this.#host.settings.now.on_drained === '') return
    try {
      // If we die after this: whoever finds nothing left to do removes it and calls the hook.
      touch(this.#mark)
    } catch (error) {
      this.#failed({ hook: 'drained', job: '' }, `cannot note that a job has begun: ${String(error)}`)
    }
  }

  /** Calls the hook when nothing is left to do, and something had been; of many who see that, one. */
  checkDrained(): void {
    const home = this.#home
    if (this.#host.settings.now.on_drained === '' || !exists(this.#mark)) return
    try {
      // In the order in which jobs flow: what moves on meanwhile is seen where it comes to.
      if (hasWork(home) || !jobFiles(home, ['processing']).next().done) return
      // If we die after this: nobody is told this time.
      if (!remove(this.#mark)) return
    } catch {
      // The machine is out of something, or the disk is broken: whoever looks next tells it.
      return
    }
    const at = isoTime(nowMs())
    this.#call('drained', '', at, { event: 'drained', at, home: home.root })
  }

  get #mark(): string {
    return join(this.#home.run, 'worked')
  }

  /** Resolves when all have been called, or when the time is up; what then waits is told as failed. */
  async finish(): Promise<void> {
    this.checkDrained()
    const cut = new AbortController()
    const all = async (): Promise<void> => {
      while (this.#running.size > 0) await Promise.all(this.#running)
      cut.abort()
    }
    void all()
    if (this.#running.size > 0) await sleep(this.#host.settings.now.hook_timeout * 1000 + 2 * HOOK_GRACE_MS, cut.signal)
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
      const going = (isUrl(call.target) ? callWebhook(call) : runHookCommand(call, this.#home))
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
        .then((error) => {
          this.#running.delete(going)
          if (error !== undefined) this.#failed(call, error)
          this.#next()
        })
      this.#running.add(going)
    }
  }

  #failed({ hook, job }: Pick<HookCall, 'hook' | 'job'>, error: string): void {
    this.#host.record({ event: 'hook_failed', job, hook: `on_${hook}`, error })
  }
}
