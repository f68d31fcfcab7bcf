/** The door of a worker: what people dropped is taken in, and told. */
import type { Home } from '../spool/layout.ts'
import { Intake } from '../spool/intake.ts'
import type { Line } from './work-list.ts'
import type { Site } from '../run/context.ts'

export class Door {
  readonly #intake = new Intake()
  readonly #home: Home
  readonly #line: Line

  constructor(home: Home, line: Line) {
    this.#home = home
    this.#line = line
  }

  /** Takes in what can be understood by now. @returns when the first of those that wait for their time is due (ms) */
  async takeIn(site: Site): Promise<number> {
    const { dir } = site.holder
    let due = Number.POSITIVE_INFINITY
    this.#intake.putBackLeft(this.#home, dir)
    for (const fileName of this.#line.dropped()) {
      const taken = await this.#intake.take(this.#home, dir, fileName, site.config)
      if (taken.kind !== 'waiting') this.#line.forget(fileName)
      if (taken.kind === 'taken') {
        site.tell({ event: 'enqueued', job: taken.job.id })
        if (taken.job.state === 'pending') this.#line.hear(taken.fileName)
        else due = Math.min(due, Date.parse(taken.job.run_at ?? ''))
      }
      if (taken.kind === 'corrupt') site.tell({ event: 'corrupt', job: fileName, error: taken.reason })
    }
    return due
  }
}
