/** `explain`: says why a job is not running, and estimates when it will. */
import { Command } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import { durationText } from '../../journal/describe.ts'
import type { Explanation, Queue, Reason } from '../../queue.ts'
import { forEachJob } from '../input/for-each.ts'
import { localTime, plural, roughDuration, timeUntil, visible } from '../output/text.ts'
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
    const { jobs, typed } = await this.selected(queue, 'explain', UNFINISHED)
    if (jobs.length === 0) this.io.message('no job matches')
    // A job in no state directory may be in corrupt/: explain looks there for the id as typed.
    const wanted = jobs.map((job, i) =>
      job instanceof QueueError && job.code === 'NOT_FOUND' ? (typed[i] ?? job) : job,
    )
    return forEachJob(wanted, this.io, {
      done: 'explained',
      act: async (job) => {
        const explained = await queue.explain(job)
        if (this.json) this.printJson({ ...explained, state: shownStateOf(explained.state) })
        else for (const line of lines(explained, queue.home)) this.print(line)
      },
    })
  }
}

const shownStateOf = (state: State | 'corrupt'): string => (state === 'corrupt' ? state : shownState(state))

function lines({ id, state, reasons, starts_at, history }: Explanation, home: string): string[] {
  const from =
    history && ` (the last ${plural(history.runs, 'run')} took ${durationText(history.average_ms)} on average)`
  const when = starts_at === undefined ? [] : [`  it will start ${startsIn(starts_at)}${from ?? ''}`]
  return [
    `${visible(id)} is ${shownStateOf(state)}:`,
    ...reasons.flatMap((reason) => sentences(reason, id, home)).map((line) => `  ${line}`),
    ...when,
  ]
}

const startsIn = (iso: string): string =>
  Date.parse(iso) - nowMs() < 1000 ? 'at once' : `about ${timeUntil(iso, nowMs())}`
const timeSince = (iso: string): string => roughDuration(nowMs() - Date.parse(iso))

function sentences(reason: Reason, id: string, home: string): string[] {
  switch (reason.why) {
    case 'running':
      return [`it runs${reason.since === undefined ? '' : ` since ${timeSince(reason.since)}`} in ${reason.worker}`]
    case 'over': {
      const at = reason.at === undefined ? '' : ` ${timeSince(reason.at)} ago`
      if (reason.how === 'completed') return [`it completed${at}; run it again with: queuectl retry ${id}`]
      const why = reason.error === undefined ? '' : `: ${visible(reason.error)}`
      return [`it died${at}${why}`, `run it again with: queuectl retry ${id}`]
    }
    case 'held':
      return [`it was set aside; release it with: queuectl release ${id}`]
    case 'due':
      return [
        `it ${reason.retry ? 'is tried again' : 'is to run'} at ${localTime(reason.at)} (${timeUntil(reason.at, nowMs())})`,
      ]
    case 'unreadable':
      return [`its file cannot be read: ${visible(reason.error)}`]
    case 'corrupt':
      return [`it was set aside: ${visible(reason.error)}`, `its file: ${visible(reason.file)}`]
    case 'not_taken_in':
      return ['its file was dropped and no worker has taken it in yet']
    case 'earlier_run':
      return [`${visible(reason.what)}: it does not run beside it`]
    case 'disk_full':
      return [`the disk of ${home} is full: nothing is claimed until there is room`]
    case 'no_worker': {
      const others = reason.elsewhere === 0 ? '' : ` on this machine (${reason.elsewhere} on others)`
      return [`no worker is alive${others}; start one with: queuectl worker start`]
    }
    case 'slots_busy':
      return [
        reason.slots === 1 ? 'the only slot is busy:' : `all ${reason.slots} slots are busy:`,
        ...reason.by.map(
          (run) => `  ${run.id}${run.started_at === undefined ? '' : ` for ${timeSince(run.started_at)}`}`,
        ),
      ]
    case 'ahead': {
      const more = reason.jobs > reason.next.length ? ' …' : ''
      return [`${plural(reason.jobs, 'job')} ahead of it: ${reason.next.join(', ')}${more}`]
    }
    case 'next':
      return ['it is the next to run, and a slot is free']
  }
}
