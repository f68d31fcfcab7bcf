/** `explain`: says why a job is not running, and estimates when it will. */
import { Command } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import { explainSentences, startSentence } from '../../query/explain-text.ts'
import type { Explanation, Queue } from '../../queue.ts'
import { forEachJob } from '../input/for-each.ts'
import { visible } from '../../job/sanitize.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { shownState, type State, UNFINISHED } from '../../job/state.ts'

export class ExplainCommand extends SelectingCommand {
  static override paths = [['explain'], ['why']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'explain why a job is not running, and when it will',
    details: `Names what is in its way, in this order: no worker, a full disk, busy slots and what they run, jobs ahead of it, a
      start time still to come. When it will start is estimated from the last 200 runs.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl explain job1'],
      ['For a script', 'queuectl explain last --json | jq -r .starts_at'],
    ],
  })
  static override forms = SELECTION

  // Hides the option: this command changes nothing.
  override dryRun = false

  protected async run(queue: Queue): Promise<number> {
    const { jobs, typed, isOne } = await this.selected(queue, 'explain', UNFINISHED)
    if (jobs.length === 0) this.io.message('no job matches')
    // A job in no state directory may be in corrupt/: explain looks there for the id as typed.
    const wanted = jobs.map((job, i) =>
      job instanceof QueueError && job.code === 'NOT_FOUND' ? (typed[i] ?? job) : job,
    )
    const list = this.jsonList(isOne)
    const status = forEachJob(wanted, this.io, {
      done: 'explained',
      act: async (job) => {
        const explained = await queue.explain(job)
        const json = { ...explained, state: shownStateOf(explained.state) }
        if (list) list.add(json)
        else if (this.json) this.printJson(json)
        else for (const line of lines(explained, queue.home)) this.print(line)
      },
    })
    return status.finally(() => list?.end())
  }
}

const shownStateOf = (state: State | 'corrupt'): string => (state === 'corrupt' ? state : shownState(state))

function lines(explanation: Explanation, home: string): string[] {
  const now = nowMs()
  const when = startSentence(explanation, now)
  return [
    `${explanation.id} is ${shownStateOf(explanation.state)}:`,
    ...explainSentences(explanation, { home, now }).map((line) => `  ${line}`),
    ...(when === undefined ? [] : [`  ${when}`]),
  ].map(visible)
}
