/** Reports enqueued jobs: their ids on stdout, warnings and hints on stderr. */
import { mayAnswer } from '../../spool/silence.ts'
import { nowMs } from '../../clock.ts'
import type { Job } from '../../job/job.ts'
import { isReadAs } from '../../job/read-as.ts'
import type { Queue } from '../../queue.ts'
import { Doubts } from './doubts.ts'
import { jobJson } from './job-view.ts'
import { plural } from './text.ts'
import { jsonText, visible } from '../../job/sanitize.ts'
import type { JsonList } from './json.ts'
import type { Io } from '../terminal.ts'
import { localTime } from '../../job/time-text.ts'

interface ReportOptions {
  /** Print JSON: the job, or a list of jobs. */
  readonly json: 'one' | JsonList | undefined
  /** Print only the ids. */
  readonly idsOnly: boolean
}

export class EnqueueReport {
  readonly #queue: Pick<Queue, 'workers'>
  readonly #io: Io
  readonly #options: ReportOptions
  #printed = 0
  #late = 0
  #firstLate: Job | undefined
  readonly #warnings = new Set<string>()
  readonly #doubts: Doubts

  constructor(queue: Pick<Queue, 'workers'>, io: Io, options: ReportOptions) {
    this.#queue = queue
    this.#io = io
    this.#options = options
    this.#doubts = new Doubts(io)
  }

  /** The ids of all jobs, in order. */
  readonly ids: string[] = []

  /** Prints the id of each job, or the job as JSON. */
  add(...jobs: readonly Job[]): void {
    this.#printed += jobs.length
    const { json, idsOnly } = this.#options
    if (json === 'one') for (const job of jobs) this.#io.print(`${jsonText(jobJson(job))}\n`)
    else if (json) json.add(...jobs.map((job) => jobJson(job)))
    else
      this.#io.print(
        jobs
          .map(({ id, deduplicated }) => `${idsOnly ? '' : deduplicated ? 'Already there: ' : 'Enqueued '}${id}\n`)
          .join(''),
      )
    this.collect(...jobs)
  }

  /** Collects the warnings about these jobs; prints nothing. */
  collect(...jobs: readonly Job[]): void {
    for (const job of jobs) {
      this.ids.push(job.id)
      this.#doubts.add(job)
      for (const warning of job.warnings ?? []) this.#warnings.add(warning)
      if (job.run_at !== undefined && Date.parse(job.run_at) <= nowMs()) {
        this.#late++
        this.#firstLate ??= job
      }
    }
  }

  /** Prints the warnings, and a hint when no worker is running. */
  async finish(): Promise<void> {
    const { json } = this.#options
    if (json !== 'one') json?.end()
    for (const warning of this.#warnings)
      this.#io.message(`${isReadAs(warning) ? 'note' : 'warning'}: ${visible(warning)}`)
    for (const line of this.#doubts.lines()) this.#io.message(line)
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
