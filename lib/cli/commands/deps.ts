/** `deps`: what a job waits for, and what waits for it. */
import { Command, Option } from 'clipanion'
import { WHEN_VERB } from '../../job/after.ts'
import type { Dependency, Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'

export class DepsCommand extends QueueCommand {
  static override paths = [['deps']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'show what a job waits for, and what waits for it',
    details: 'Both as trees. Of the jobs that wait for it those are shown that have not run.',
    examples: [
      ['Why does it not run?', 'queuectl deps report'],
      ['What is lost if this one fails?', 'queuectl deps fetch'],
    ],
  })
  static override forms = ['ID']

  id = Option.String({ required: true })

  protected async run(queue: Queue): Promise<void> {
    const deps = await queue.dependencies(this.id)
    if (this.json) return this.printJson(deps)
    this.print(`${deps.id}: ${deps.state}`)
    if (deps.parents.length > 0) this.print('waits for')
    this.tree(deps.parents, (one) => ` to ${WHEN_VERB[one.when]}${one.met ? ', which it did' : ''}`)
    if (deps.children.length > 0) this.print('is waited for by')
    this.tree(deps.children, (one) => `, which waits for it to ${WHEN_VERB[one.when]}`)
    if (deps.parents.length + deps.children.length === 0) this.print('waits for no job, and none waits for it')
  }

  private tree(all: readonly Dependency[], words: (one: Dependency) => string, depth = 1): void {
    for (const one of all) {
      this.print(`${'  '.repeat(depth)}${one.id} (${one.state})${words(one)}`)
      this.tree(one.next, words, depth + 1)
    }
  }
}
