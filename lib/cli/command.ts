/** The base of every command: opens the queue, calls one of its verbs and prints the result. */
import { jsonText } from '../job/sanitize.ts'
import { type BaseContext, Command, Option } from 'clipanion'
import { isHomeNamed } from '../config/env.ts'
import { Queue } from '../queue.ts'
import { JsonList } from './output/json.ts'
import { noQueueYet } from './output/status.ts'
import type { Io } from './terminal.ts'

export interface Context extends BaseContext {
  readonly io: Io
  /** The value of `--home`. */
  readonly home: string | undefined
  /** The arguments after `--`. */
  readonly exact: readonly string[] | undefined
  /** With `--json`: lists as one object a line. */
  readonly lines: boolean
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
    if (!queue.isMade && isHomeNamed(home)) this.io.message(noQueueYet(queue.home))
    return this.run(queue)
  }

  protected get io(): Io {
    return this.context.io
  }

  /** Prints one value as one line of JSON. */
  protected printJson(value: unknown): void {
    this.io.print(`${jsonText(value)}\n`)
  }

  /** Where a list is printed as JSON; undefined for people, and where exactly one job was named. */
  protected jsonList(isOne = false): JsonList | undefined {
    return this.json && !isOne ? new JsonList(this.io, this.context.lines) : undefined
  }

  /** Prints a whole list as JSON. */
  protected printJsonList(values: readonly unknown[]): void {
    const list = new JsonList(this.io, this.context.lines)
    list.add(...values)
    list.end()
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
