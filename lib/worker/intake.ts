/** Turns dropped files into jobs and records it. */
import { nowMs } from '../clock.ts'
import type { Home } from '../spool/layout.ts'
import { Intake } from '../spool/intake.ts'
import type { WorkList } from './work-list.ts'
import type { RunContext } from '../run/context.ts'

export class WorkerIntake {
  readonly #intake = new Intake()
  readonly #home: Home
  readonly #workList: WorkList

  constructor(home: Home, workList: WorkList) {
    this.#home = home
    this.#workList = workList
  }

  /** Takes in the dropped files that are complete. @returns when the first job among them, or file that waits, is due (ms) */
  async takeDropped(ctx: RunContext): Promise<number> {
    const { dir } = ctx.holder
    let due = Number.POSITIVE_INFINITY
    this.#intake.putBackUnfinished(this.#home, dir)
    for (const fileName of this.#workList.dropped()) {
      const taken = await this.#intake.take(this.#home, dir, fileName, ctx.config)
      if (taken.kind !== 'waiting') this.#workList.forget(fileName)
      else if (taken.ms !== undefined) due = Math.min(due, nowMs() + taken.ms)
      if (taken.kind === 'taken') {
        ctx.record({ event: 'enqueued', job: taken.job.id })
        for (const warning of taken.job.warnings ?? []) ctx.log(`${taken.job.id}: ${warning}`)
        if (taken.job.state === 'pending') this.#workList.noteChange(taken.fileName)
        else due = Math.min(due, Date.parse(taken.job.run_at ?? ''))
      }
      if (taken.kind === 'corrupt') ctx.record({ event: 'corrupt', job: fileName, error: taken.reason })
    }
    return due
  }
}
