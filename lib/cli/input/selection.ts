/**
 * Selects the jobs of a command: by ids, by ids on standard input, or by options. Every verb shares these options.
 */
import { Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { JobFilter, JobRefOrId, Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { forEachId } from './for-each.ts'
import { plural } from '../output/text.ts'
import type { Io } from '../terminal.ts'
import type { State } from '../../job/state.ts'
import { parseStates } from '../../job/state-words.ts'

/** What a command does to each selected job. */
export interface SelectionAction {
  /** The infinitive, as in `cannot hold job1`, and the participle. */
  readonly doing: string
  readonly done: string
  /** The verb as JSON names it; default: `doing`. */
  readonly name?: string
  /** The states that `--all`, `--queue` and `--tag` select; jobs in others need an id or `--state`. */
  readonly states: readonly State[]
  readonly act: (job: JobRefOrId) => Promise<string | { readonly id: string; readonly line: string }>
  readonly concurrency?: number
  /** Begin with the last job. */
  readonly lastFirst?: boolean
}

export interface SelectedJobs {
  readonly jobs: (JobRefOrId | QueueError)[]
  /** The id typed for each of them; empty when options selected them. */
  readonly typed: readonly string[]
  readonly isMany: boolean
  /** Exactly one id was typed: JSON is one object. */
  readonly isOne: boolean
}

/** The forms of a selection, for help. */
export const SELECTION = ['ID...', '--all', '[--state S] [--queue Q] [--tag T]', '-']

/** The paragraph on ids in a command's help. */
export const ABOUT_IDS = `ID is a full job id, the last 6 or more characters of a generated one, or last for the job enqueued last; a
      dash reads ids from standard input.`

export abstract class SelectingCommand extends QueueCommand {
  states = Option.Array('-s,--state', {
    description: '<STATE> all jobs in this state; several with commas or repeated',
  })
  queueName = Option.String('--queue', { description: '<NAME> all jobs of this queue' })
  tag = Option.String('--tag', { description: '<TAG> all jobs with this tag' })
  all = Option.Boolean('-a,--all', false, { description: 'all jobs' })
  dryRun = Option.Boolean('--dry-run', false, { description: 'print what would be done, and change nothing' })
  ids = Option.Rest({ name: 'id' })
  /** The noun that counts are printed with. */
  protected noun = 'job'

  /** There is an id or an option that selects jobs. */
  protected get hasSelection(): boolean {
    return this.ids.length > 0 || this.all || this.filter([]) !== undefined
  }

  /** Applies the action to each selected job and prints how many. @returns the exit status */
  protected async forEachSelected(queue: Queue, action: SelectionAction): Promise<number> {
    return this.forEachOf(await this.selected(queue, action.doing, action.states), action)
  }

  /** Applies the action to these jobs. @returns the exit status */
  protected async forEachOf({ jobs, typed, isMany }: SelectedJobs, action: SelectionAction): Promise<number> {
    const { doing, done, act, name = doing } = action
    const typedFor = new Map(jobs.map((job, i) => [job, typed[i]]))
    if (action.lastFirst) jobs.reverse()
    let count = 0
    try {
      return await forEachId(jobs, this.io, this.json, {
        ...(action.concurrency === undefined ? {} : { concurrency: action.concurrency }),
        done,
        action: name,
        dryRun: this.dryRun,
        idOf: (job) => typedFor.get(job),
        act: async (job) => {
          const result = await act(job)
          count++
          const { id, line } =
            typeof result === 'string' ? { id: result, line: `${capitalize(done)} ${result}` } : result
          return { id, line: this.dryRun ? `Would ${doing} ${id}` : line }
        },
      })
    } finally {
      if (isMany && !this.json) this.io.message(this.summary(count, jobs.length, action))
    }
  }

  /** The summary of a change to several jobs. */
  protected summary(count: number, of: number, { done }: SelectionAction): string {
    if (of === 0) return 'no job matches'
    return `${plural(count, this.noun)} ${this.dryRun ? 'would be ' : ''}${done}`
  }

  /** The selected jobs; an error stands for each id without a job. */
  protected async selected(queue: Queue, doing: string, states: readonly State[]): Promise<SelectedJobs> {
    const isAll = this.all || (this.ids.length === 1 && this.ids[0] === 'all')
    const ids = isAll && !this.all ? [] : this.ids
    const filter = this.filter(states)
    const isFiltered = isAll || filter !== undefined
    if (isFiltered && ids.length > 0)
      throw new QueueError('USAGE', `${doing}: give ids, or say which by options, not both`)
    if (isFiltered)
      return { jobs: await this.matching(queue, filter ?? { states }), typed: [], isMany: true, isOne: false }
    if (ids.length === 0)
      throw new QueueError(
        'USAGE',
        `${this.path.join(' ')}: which jobs?`,
        `queuectl ${this.path.join(' ')} ID..., or --all, --state S, --queue Q, --tag T`,
      )
    const typed = await this.typedIds(ids)
    const isOne = ids.length === 1 && ids[0] !== '-'
    return { jobs: await queue.find(typed, doing), typed, isMany: typed.length !== 1, isOne }
  }

  /** The jobs that match; a verb that skips some overrides this. */
  protected async matching(queue: Queue, filter: JobFilter): Promise<(JobRefOrId | QueueError)[]> {
    return queue.select(filter)
  }

  /** The filter made of the options; undefined without any. */
  protected filter(states: readonly State[]): JobFilter | undefined {
    const typed = this.states === undefined ? undefined : parseStateArgs(this.states)
    if (typed === undefined && this.queueName === undefined && this.tag === undefined) return undefined
    return {
      states: typed === undefined || typed.length === 0 ? states : typed,
      ...(this.queueName === undefined ? {} : { queue: this.queueName }),
      ...(this.tag === undefined ? {} : { tag: this.tag }),
    }
  }

  /** Each id once; a dash is replaced by the ids on standard input. */
  private async typedIds(ids: readonly string[]): Promise<string[]> {
    const all: string[] = []
    for (const id of ids) {
      if (id === '-') all.push(...(await readIds(this.io)))
      else all.push(id)
    }
    return [...new Set(all)]
  }
}

async function readIds(io: Io): Promise<string[]> {
  if (io.inputIsTerminal) io.message('reading ids; end with Ctrl-D')
  const blocks: Uint8Array[] = []
  for await (const block of io.input) blocks.push(block)
  return Buffer.concat(blocks).toString('utf8').split(/\s+/).filter(Boolean)
}

const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** Parses states as typed, several to a word. @returns empty for all of them @throws QueueError USAGE */
export function parseStateArgs(typed: readonly string[]): State[] {
  const words = typed.flatMap((text) => text.split(',')).map((word) => word.trim())
  if (words.some((word) => word.toLowerCase() === 'all')) return []
  return parseStates(words)
}
