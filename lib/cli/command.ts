/** The base of every command: opens the queue, calls one of its verbs and prints the result. */
import { jsonText } from '../job/visible.ts'
import { type BaseContext, Command, Option } from 'clipanion'
import { isHomeNamed } from '../config/env.ts'
import { Queue } from '../queue.ts'
import { noQueueYet } from './output/status.ts'
import type { Io } from './terminal.ts'

export interface Context extends BaseContext {
  readonly io: Io
  /** The value of `--home`. */
  readonly home: string | undefined
  /** The arguments after `--`. */
  readonly exact: readonly string[] | undefined
}

export abstract class QueueCommand extends Command<Context> {
  /** What may follow the command's own words: one line of help for each way to call it. */
  static readonly forms: readonly string[] = ['']
  /** The command takes the arguments after `--` exactly as typed. */
  static readonly takesExact: boolean = false
  /** The command makes a home if there is none. Others only look. */
  static readonly makesHome: boolean = false

  json = Option.Boolean('--json', false, { description: 'print JSON' })

  /** @returns the exit status; undefined means 0 */
  protected abstract run(queue: Queue): Promise<number | void>

  override async execute(): Promise<number | void> {
    const { home } = this.context
    const { makesHome } = this.constructor as typeof QueueCommand
    const queue = Queue.open({ ...(home === undefined ? {} : { home }), warn: () => {}, make: makesHome })
    // With --json an error is the only thing on stderr, so what is said beside it comes last.
    const note = queue.isMade || !isHomeNamed(home) ? undefined : noQueueYet(queue.home)
    if (note !== undefined && !this.json) this.io.message(note)
    const status = await this.run(queue)
    if (note !== undefined && this.json) this.io.message(note)
    return status
  }

  protected get io(): Io {
    return this.context.io
  }

  /** Prints one value as one line of JSON. */
  protected printJson(value: unknown): void {
    this.io.print(`${jsonText(value)}\n`)
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
  readonly makesHome: boolean
}
