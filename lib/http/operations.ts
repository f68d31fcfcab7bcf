/**
 * Bulk changes that go on after their request was answered; each can be watched and cancelled. They live in this server:
 * when it stops they stop between two jobs, and what they did to each job by then stays.
 */
import { nowMs, randomHex } from '../clock.ts'
import { isoTime } from '../job/time.ts'
import { applyToAll, type BulkChange, BulkTally } from './bulk-change.ts'
import type { ServerContext } from './context.ts'
import type { Shape } from './openapi/schemas.ts'
import { HttpError } from './problem.ts'

/** Each may hold a hundred thousand jobs in memory. */
export const MAX_RUNNING = 4
/** How many are remembered, running ones not counted. */
const MAX_ENDED = 20

interface Operation {
  readonly id: string
  readonly action: BulkChange['action']
  readonly matched: number
  readonly tally: BulkTally
  readonly startedAt: number
  readonly stop: AbortController
  state: Shape<'Operation'>['state']
  endedAt: number | undefined
  error: string | undefined
}

export class Operations {
  readonly #ctx: Pick<ServerContext, 'end' | 'options'>
  readonly #all = new Map<string, Operation>()

  constructor(ctx: Pick<ServerContext, 'end' | 'options'>) {
    this.#ctx = ctx
  }

  /** Begins a change and returns at once. @throws HttpError 429 */
  begin(change: BulkChange): Shape<'Operation'> {
    const running = [...this.#all.values()].filter(({ state }) => state === 'running')
    if (running.length >= MAX_RUNNING)
      throw new HttpError(429, `${MAX_RUNNING} operations are running`, 'wait for one of them, or cancel it')
    const operation: Operation = {
      id: randomHex(8),
      action: change.action,
      matched: change.jobs.length,
      tally: new BulkTally(),
      startedAt: nowMs(),
      stop: new AbortController(),
      state: 'running',
      endedAt: undefined,
      error: undefined,
    }
    this.#all.set(operation.id, operation)
    void this.#run(operation, change)
    return operationJson(operation)
  }

  /** Newest first. */
  list(): Shape<'Operation'>[] {
    return [...this.#all.values()].reverse().map(operationJson)
  }

  /** @throws HttpError 404 */
  get(id: string): Shape<'Operation'> {
    return operationJson(this.#find(id))
  }

  /** Ends it between two jobs; nothing is undone. @throws HttpError 404, 409 when it has ended */
  cancel(id: string): Shape<'Operation'> {
    const operation = this.#find(id)
    if (operation.state !== 'running') throw new HttpError(409, `the operation ${id} has ended: ${operation.state}`)
    operation.stop.abort()
    this.#end(operation, 'cancelled')
    return operationJson(operation)
  }

  async #run(operation: Operation, change: BulkChange): Promise<void> {
    const { tally, stop } = operation
    try {
      await applyToAll(change, tally, AbortSignal.any([stop.signal, this.#ctx.end]))
      if (operation.state === 'running') this.#end(operation, 'done')
    } catch (error) {
      // The others that were begun with it end at their next job.
      stop.abort()
      operation.error = error instanceof Error ? error.message : String(error)
      this.#end(operation, 'failed')
      this.#ctx.options.report(error)
    }
  }

  #end(operation: Operation, state: Operation['state']): void {
    operation.state = state
    operation.endedAt = nowMs()
    const ended = [...this.#all.values()].filter((one) => one.state !== 'running')
    for (const old of ended.slice(0, -MAX_ENDED)) this.#all.delete(old.id)
  }

  #find(id: string): Operation {
    const operation = this.#all.get(id)
    if (operation) return operation
    throw new HttpError(404, `there is no operation ${id}`, 'a server remembers only its own, and the last of them')
  }
}

const operationJson = ({ id, action, state, matched, tally, startedAt, endedAt, error }: Operation) => ({
  id,
  action,
  state,
  matched,
  changed: tally.changed,
  skipped: tally.skipped,
  skipped_count: tally.skippedCount,
  started_at: isoTime(startedAt),
  ended_at: endedAt === undefined ? null : isoTime(endedAt),
  ...(error === undefined ? {} : { error }),
})
