/** `events`: shows what has happened to jobs, and follows what happens. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Event } from '../../journal/journal.ts'
import { describeEvent } from '../../journal/describe.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { visible } from '../../job/sanitize.ts'
import { JsonList } from '../output/json.ts'
import { withShortIds } from '../output/table.ts'
import { fitted } from '../output/text.ts'
import { isCount, isSince } from '../input/option-types.ts'
import { localTime } from '../../job/time-text.ts'

/** How many past events `--follow` shows first. */
const RECENT = 10
/** From this width on, most lines fit with ids of full length. */
const NARROW = 100

export class EventsCommand extends QueueCommand {
  static override paths = [['events']]
  static override usage = Command.Usage({
    category: 'Statistics',
    description: 'show what has happened to jobs, oldest first',
    details: `All events that are kept, or those from --since on: an age such as 2h, or a date and time. --follow shows the last
      ${RECENT} and then each event as it happens, until Ctrl-C. --json prints an array; with --follow, or as --json=lines, one object
      per line.`,
    examples: [
      ['The last hour', 'queuectl events --since 1h'],
      ['Watch events as they happen', 'queuectl events --follow'],
      ['A stream for a program', 'queuectl events --follow --json | jq -r \'select(.event=="dlq").job\''],
      ['The events of one job', 'queuectl events --job job1'],
    ],
  })
  static override forms = ['[--follow] [--since D] [options]']

  follow = Option.Boolean('-f,--follow', false, { description: 'keep showing events as they happen' })
  since = Option.String('--since', {
    description: '<D> from this long ago, or from this date and time on',
    validator: isSince,
  })
  limit = Option.String('-n,--limit', { description: '<N> only the newest N', validator: isCount(0) })
  job = Option.String('--job', { description: '<ID> only the events of this job' })

  protected async run(queue: Queue): Promise<number | void> {
    const end = new AbortController()
    const ends = ['SIGINT', 'SIGTERM'] as const
    let status = 0
    if (this.follow)
      for (const name of ends)
        process.once(name, () => {
          status = name === 'SIGINT' ? 130 : 143
          end.abort()
        })
    const limit = this.limit ?? (this.follow && this.since === undefined ? RECENT : undefined)
    let isEmpty = true
    const job = this.job === undefined ? undefined : await idOf(queue, this.job)
    const events = queue.events({
      ...(this.since === undefined ? {} : { since: this.since }),
      ...(limit === undefined ? {} : { limit }),
      ...(job === undefined ? {} : { job }),
      ...(this.follow ? { follow: true, signal: end.signal } : {}),
    })
    const list = this.json ? new JsonList(this.io, this.follow || this.context.lines) : undefined
    for await (const event of events) {
      isEmpty = false
      if (list) list.add(event)
      else for (const line of this.lines(event)) this.print(line)
      if (this.io.isReaderGone) break
    }
    end.abort()
    list?.end()
    if (isEmpty && !this.follow) this.io.message('no events')
    return status
  }

  /** On a narrow terminal generated ids are shortened; what is too long even so goes on below its own beginning. */
  private lines(event: Event): string[] {
    const { red, yellow, green } = this.io.colors
    const at = `${localTime(event.at)}  `
    const room = this.io.columns - at.length
    const whole = visible(describeEvent(event))
    const text = this.io.columns < NARROW ? withShortIds(whole) : whole
    const [first = '', ...more] = fitted(text, room)
    const paint =
      event.event === 'completed'
        ? green
        : event.event === 'failed'
          ? yellow
          : ['dlq', 'corrupt', 'hook_failed'].includes(event.event)
            ? red
            : String
    return [at + paint(first), ...more.map((line) => ' '.repeat(at.length) + paint(line))]
  }
}

/** The full id; as typed if there is no such job any more. @throws QueueError NOT_FOUND when there never was one */
async function idOf(queue: Queue, typed: string): Promise<string> {
  const [found] = await queue.find([typed], 'show the events of')
  if (!(found instanceof QueueError)) return found?.id ?? typed
  if (found.code !== 'NOT_FOUND' || typed === 'last') throw found
  for await (const { job } of queue.events({ job: typed, limit: 1 })) return job
  throw found
}
