/**
 * Which jobs a command means: ids in any of their forms, ids on standard input, or all that match. The same words with
 * every verb.
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

/** What a command does with each job that is meant. */
export interface Verb {
  /** As in `cannot hold job1`, and as a participle. */
  readonly doing: string
  readonly done: string
  /** Those that `--all`, `--queue` and `--tag` mean; in other states a job must be named, or its state. */
  readonly states: readonly State[]
  readonly act: (job: JobRefOrId) => Promise<string | { readonly id: string; readonly line: string }>
  readonly atOnce?: number
  /** The last one first? */
  readonly backwards?: boolean
}

interface Selection {
  readonly jobs: (JobRefOrId | QueueError)[]
  /** What was typed for each of them; empty when options said which. */
  readonly typed: readonly string[]
  readonly isMany: boolean
}

/** The forms of a selection, for the help. */
export const SELECTION = ['ID...', '--all', '[--state S] [--queue Q] [--tag T]', '-']

/** For the details of a command's help. */
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
  /** What it changes, as it is counted. */
  protected noun = 'job'

  /** Is there an id, or an option that says which? */
  protected get isAnyMeant(): boolean {
    return this.ids.length > 0 || this.all || this.filter([]) !== undefined
  }

  /** Does this to each job that is meant, and says how many. @returns the exit status */
  protected async forSelected(queue: Queue, verb: Verb): Promise<number> {
    const { doing, done, act, states } = verb
    const { jobs, isMany } = await this.selected(queue, doing, states)
    if (verb.backwards) jobs.reverse()
    let count = 0
    try {
      return await forEachId(jobs, this.io, this.json, {
        ...(verb.atOnce === undefined ? {} : { atOnce: verb.atOnce }),
        done,
        act: async (job) => {
          const told = await act(job)
          count++
          const { id, line } = typeof told === 'string' ? { id: told, line: `${capital(done)} ${told}` } : told
          return { id, line: this.dryRun ? `Would ${doing} ${id}` : line }
        },
      })
    } finally {
      if (isMany) this.io.say(this.summary(count, jobs.length, verb))
    }
  }

  /** What is said of a change of many. */
  protected summary(count: number, of: number, { done }: Verb): string {
    if (of === 0) return 'no job matches'
    return `${plural(count, this.noun)} ${this.dryRun ? 'would be ' : ''}${done}`
  }

  /** The jobs that are meant; an error for each id that is none's. */
  protected async selected(queue: Queue, doing: string, states: readonly State[]): Promise<Selection> {
    const isAll = this.all || (this.ids.length === 1 && this.ids[0] === 'all')
    const ids = isAll && !this.all ? [] : this.ids
    const filter = this.filter(states)
    const isFiltered = isAll || filter !== undefined
    if (isFiltered && ids.length > 0)
      throw new QueueError('USAGE', `${doing}: give ids, or say which by options, not both`)
    if (isFiltered) return { jobs: await this.matching(queue, filter ?? { states }), typed: [], isMany: true }
    if (ids.length === 0)
      throw new QueueError(
        'USAGE',
        `${this.path.join(' ')}: which jobs?`,
        `queuectl ${this.path.join(' ')} ID..., or --all, --state S, --queue Q, --tag T`,
      )
    const typed = await this.typedIds(ids)
    return { jobs: await queue.find(typed, doing), typed, isMany: typed.length !== 1 }
  }

  /** The jobs that match; a verb that passes some over says so here. */
  protected async matching(queue: Queue, filter: JobFilter): Promise<(JobRefOrId | QueueError)[]> {
    return queue.select(filter)
  }

  /** What the options say; undefined when they say nothing. */
  protected filter(states: readonly State[]): JobFilter | undefined {
    const asked = this.states === undefined ? undefined : readStates(this.states)
    if (asked === undefined && this.queueName === undefined && this.tag === undefined) return undefined
    return {
      states: asked === undefined || asked.length === 0 ? states : asked,
      ...(this.queueName === undefined ? {} : { queue: this.queueName }),
      ...(this.tag === undefined ? {} : { tag: this.tag }),
    }
  }

  /** Each id once, those on standard input in the place of the dash. */
  private async typedIds(ids: readonly string[]): Promise<string[]> {
    const all: string[] = []
    for (const id of ids) {
      if (id === '-') all.push(...(await idsFrom(this.io)))
      else all.push(id)
    }
    return [...new Set(all)]
  }
}

async function idsFrom(io: Io): Promise<string[]> {
  if (io.inputIsTerminal) io.say('reading ids; end with Ctrl-D')
  const blocks: Uint8Array[] = []
  for await (const block of io.input) blocks.push(block)
  return Buffer.concat(blocks).toString('utf8').split(/\s+/).filter(Boolean)
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** States as typed, several to a word; none means all of them. @throws QueueError USAGE */
export function readStates(typed: readonly string[]): State[] {
  const words = typed.flatMap((text) => text.split(',')).map((word) => word.trim())
  if (words.some((word) => word.toLowerCase() === 'all')) return []
  return parseStates(words)
}
