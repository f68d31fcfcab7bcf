/**
 * What every command is built on: it opens the queue, calls one verb of it, and prints.
 */
import { type BaseContext, Command, Option } from 'clipanion'
import { Queue } from '../queue.ts'
import type { Io } from './terminal.ts'

export interface Context extends BaseContext {
  readonly io: Io
  /** As given by `--home`. */
  readonly home: string | undefined
  /** What stood after `--`. */
  readonly exact: readonly string[] | undefined
}

export abstract class QueueCommand extends Command<Context> {
  /** What may follow the command's own words, for its help; a line for each way to call it. */
  static readonly forms: readonly string[] = ['']
  /** Does it want what stands after `--` exactly as typed? */
  static readonly takesExact: boolean = false

  json = Option.Boolean('--json', false, { description: 'print JSON' })

  /** @returns the exit status; nothing means 0 */
  protected abstract run(queue: Queue): Promise<number | void>

  override async execute(): Promise<number | void> {
    const { home } = this.context
    return this.run(Queue.open(home === undefined ? {} : { home }))
  }

  protected get io(): Io {
    return this.context.io
  }

  /** One value as one line of JSON. */
  protected printJson(value: unknown): void {
    this.io.print(`${JSON.stringify(value)}\n`)
  }

  protected print(line: string): void {
    this.io.print(`${line}\n`)
  }
}

export interface CommandClass {
  new (): QueueCommand
  readonly paths?: string[][]
  readonly usage?: ReturnType<typeof Command.Usage>
  readonly forms: readonly string[]
  readonly takesExact: boolean
}
