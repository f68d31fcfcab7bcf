/** Reports enqueued jobs: their ids on stdout, warnings and hints on stderr. */
import { mayAnswer } from '../../spool/silence.ts'
import { nowMs } from '../../clock.ts'
import type { Job } from '../../job/job.ts'
import { isReadAs } from '../../job/spelling.ts'
import type { Queue } from '../../queue.ts'
import { jobJson } from './job-view.ts'
import { plural } from './text.ts'
import { jsonText, visible } from '../../job/visible.ts'
import type { Io } from '../terminal.ts'
import { localTime } from '../../job/time-text.ts'

export class EnqueueReport {
  readonly #queue: Pick<Queue, 'workers'>
  readonly #io: Io
  readonly #json: boolean
  #printed = 0
  #late = 0
  #firstLate: Job | undefined
  readonly #warnings = new Set<string>()

  constructor(queue: Pick<Queue, 'workers'>, io: Io, json: boolean) {
    this.#queue = queue
    this.#io = io
    this.#json = json
  }

  /** The ids of all jobs, in order. */
  readonly ids: string[] = []

  /** Prints the id of each job, or the job as JSON. */
  add(...jobs: readonly Job[]): void {
    this.collect(...jobs)
    this.#printed += jobs.length
    const lines = jobs.map((job) => (this.#json ? jsonText(jobJson(job)) : `Enqueued ${job.id}`))
    this.#io.print(lines.map((line) => `${line}\n`).join(''))
  }

  /** Collects the warnings about these jobs; prints nothing. */
  collect(...jobs: readonly Job[]): void {
    for (const job of jobs) {
      this.ids.push(job.id)
      for (const warning of job.warnings ?? []) this.#warnings.add(warning)
      if (job.run_at !== undefined && Date.parse(job.run_at) <= nowMs()) {
        this.#late++
        this.#firstLate ??= job
      }
    }
  }

  /** Prints the warnings, and a hint when no worker is running. */
  async finish(): Promise<void> {
    for (const warning of this.#warnings)
      this.#io.message(`${isReadAs(warning) ? 'note' : 'warning'}: ${visible(warning)}`)
    const late = this.#firstLate
    if (late)
      this.#io.message(
        this.#late === 1
          ? `note: ${late.id} was to run at ${localTime(late.run_at ?? '')}, which is past: it runs now`
          : `note: ${plural(this.#late, 'job')} were to run at a time that is past: they run now`,
      )
    if (this.#printed > 0 && this.#io.stderrIsTerminal && !(await this.#isWorkerAlive()))
      this.#io.message('hint: no worker is running; start one with: queuectl worker start')
  }

  async #isWorkerAlive(): Promise<boolean> {
    return (await this.#queue.workers()).some((worker) => mayAnswer(worker) && worker.only === undefined)
  }
}
