/** Turns dropped files into jobs and records it. */
import { basename, dirname } from 'node:path'
import { nowMs } from '../clock.ts'
import type { Home } from '../spool/layout.ts'
import { Intake } from '../spool/intake.ts'
import type { Troubles } from './containment.ts'
import type { WorkList } from './work-list.ts'
import type { RunContext } from '../run/context.ts'

export class WorkerIntake {
  readonly #intake = new Intake()
  readonly #home: Home
  readonly #workList: WorkList
  readonly #troubles: Troubles

  constructor(home: Home, workList: WorkList, troubles: Troubles) {
    this.#home = home
    this.#workList = workList
    this.#troubles = troubles
  }

  /** Takes in the dropped files that are complete. @returns when the first job among them, or file that waits, is due (ms) */
  async takeDropped(ctx: RunContext): Promise<number> {
    const { dir, name } = ctx.holder
    let due = Number.POSITIVE_INFINITY
    this.#troubles.contain(`processing/${name}/intake`, 'put back what was being taken in', () =>
      this.#intake.putBackUnfinished(this.#home, dir),
    )
    for (const fileName of this.#workList.dropped())
      await this.#troubles.containAsync(`pending/${fileName}`, `take in ${fileName}`, async () => {
        due = Math.min(due, await this.#takeOne(ctx, fileName))
      })
    return due
  }

  /** Is it a dropped file that its writer does not finish, by its path in the home? It stays where it is. */
  isStalled(entry: string): boolean {
    return dirname(entry) === 'pending' && this.#intake.isStalled(this.#home, basename(entry))
  }

  /** @returns when it is due (ms), of a scheduled job, or is to be tried again */
  async #takeOne(ctx: RunContext, fileName: string): Promise<number> {
    const taken = await this.#intake.take(this.#home, ctx.holder.dir, fileName, ctx.config)
    if (taken.kind === 'waiting') return taken.ms === undefined ? Number.POSITIVE_INFINITY : nowMs() + taken.ms
    this.#workList.forget(fileName)
    if (taken.kind === 'corrupt') ctx.record({ event: 'corrupt', job: fileName, error: taken.reason })
    if (taken.kind !== 'taken') return Number.POSITIVE_INFINITY
    ctx.record({ event: 'enqueued', job: taken.job.id })
    for (const warning of taken.job.warnings ?? []) ctx.log(`${taken.job.id}: ${warning}`)
    if (taken.job.state !== 'pending') return Date.parse(taken.job.run_at ?? '')
    this.#workList.noteChange(taken.fileName)
    return Number.POSITIVE_INFINITY
  }
}
