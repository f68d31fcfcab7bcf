/** `list`: prints jobs, one per line. */
import { SHOWN_STATES } from '../../job/state.ts'
import { Command, Option } from 'clipanion'
import { type JobFilter, type Queue, SORTS } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { jobLines } from '../output/job-view.ts'
import { printMatching } from '../output/job-list.ts'
import { parseStateArgs } from '../input/selection.ts'
import { isCount, isOneOf } from '../input/option-types.ts'

export class ListCommand extends QueueCommand {
  static override paths = [['list'], ['ls']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'list jobs',
    details: `States: ${SHOWN_STATES.join(', ')}; scheduled lists the pending jobs that are
      not due yet. Jobs come in the order in which they run, finished ones newest first.
      On a terminal they are the newest 50, with --sort the first 50, unless --limit says otherwise.`,
    examples: [
      ['Failed and dead jobs', 'queuectl list --state failed,dead'],
      ['Completed jobs with their output', 'queuectl list --state completed --output'],
      ['The next ten of a queue', 'queuectl list -s pending --queue mail --limit 10'],
      ['For a script', "queuectl list --json | jq -r '.[].id'"],
    ],
  })
  static override forms = ['[options] [STATE...]']

  states = Option.Array('-s,--state', {
    description: '<STATE> only jobs in this state; several with commas or repeated',
  })
  queueName = Option.String('--queue', { description: '<NAME> only jobs of this queue' })
  tag = Option.String('--tag', { description: '<TAG> only jobs with this tag' })
  limit = Option.String('-n,--limit', { description: '<N> at most N jobs', validator: isCount(1) })
  sort = Option.String('--sort', { description: `<BY> one of ${SORTS.join(', ')}`, validator: isOneOf(SORTS) })
  output = Option.Boolean('-o,--output', false, { description: 'with the output of the last run of each' })
  words = Option.Rest({ name: 'state' })

  protected async run(queue: Queue): Promise<void> {
    const states = parseStateArgs([...(this.states ?? []), ...this.words])
    const filter: JobFilter = {
      ...(states.length === 0 ? {} : { states }),
      ...(this.queueName === undefined ? {} : { queue: this.queueName }),
      ...(this.tag === undefined ? {} : { tag: this.tag }),
    }
    const options = {
      ...(this.sort === undefined ? {} : { sort: this.sort }),
      ...(this.limit === undefined ? {} : { limit: this.limit }),
    }
    const isFiltered = Object.keys(filter).length > 0
    const none = isFiltered ? 'no job matches' : 'there are no jobs; add one with: queuectl enqueue -c "echo hello"'
    await printMatching(filter, options, {
      queue,
      io: this.io,
      json: this.jsonList(),
      output: this.output,
      none,
      lines: jobLines,
    })
  }
}
