/** What is said when jobs have been enqueued: the id of each, and on stderr whatever the user should know. */
import { nowMs } from '../../clock.ts'
import type { Job } from '../../job/job.ts'
import type { Queue } from '../../queue.ts'
import { jobJson } from './job-view.ts'
import { local, plural, visible } from './text.ts'
import { misspelt } from '../input/job-source.ts'
import type { Io } from '../terminal.ts'

export class Receipts {
  readonly #queue: Pick<Queue, 'workers'>
  readonly #io: Io
  readonly #json: boolean
  #given = 0
  #late = 0
  #firstLate: Job | undefined
  readonly #misspelt = new Map<string, string>()

  constructor(queue: Pick<Queue, 'workers'>, io: Io, json: boolean) {
    this.#queue = queue
    this.#io = io
    this.#json = json
  }

  /** The ids of all that were given. */
  readonly ids: string[] = []

  give(...jobs: readonly Job[]): void {
    this.note(...jobs)
    this.#given += jobs.length
    const lines = jobs.map((job) => (this.#json ? JSON.stringify(jobJson(job)) : `Enqueued ${job.id}`))
    this.#io.print(lines.map((line) => `${line}\n`).join(''))
  }

  /** Remembers what is to be said of them, and prints nothing. */
  note(...jobs: readonly Job[]): void {
    for (const job of jobs) {
      this.ids.push(job.id)
      for (const [typed, meant] of misspelt(job)) this.#misspelt.set(typed, meant)
      if (job.run_at !== undefined && Date.parse(job.run_at) <= nowMs()) {
        this.#late++
        this.#firstLate ??= job
      }
    }
  }

  async conclude(): Promise<void> {
    for (const [typed, meant] of this.#misspelt)
      this.#io.say(`warning: ${JSON.stringify(visible(typed))} means nothing to queuectl; did you mean ${meant}?`)
    const late = this.#firstLate
    if (late)
      this.#io.say(
        this.#late === 1
          ? `note: ${late.id} was to run at ${local(late.run_at ?? '')}, which is past: it runs now`
          : `note: ${plural(this.#late, 'job')} were to run at a time that is past: they run now`,
      )
    if (this.#given > 0 && this.#io.isHeard && !(await this.#isAnybodyThere()))
      this.#io.say('hint: no worker is running; start one with: queuectl worker start')
  }

  async #isAnybodyThere(): Promise<boolean> {
    return (await this.#queue.workers()).some(({ life, only }) => life !== 'dead' && only === undefined)
  }
}
