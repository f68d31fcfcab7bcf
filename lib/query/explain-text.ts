/** Words why a job is not running, for people: the sentences of `explain` and of the job's page. Pure. */
import { adviceFor, WHEN_VERB } from '../job/after.ts'
import { ALL_QUEUES, pauseWords } from '../job/pause.ts'
import { roughDuration, localTime, timeUntil } from '../job/time-text.ts'
import { durationText } from '../journal/describe.ts'
import type { Explanation, Reason } from './explain.ts'

interface Context {
  readonly home: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Each reason in one or more sentences; a sentence that belongs to the one before it begins with two blanks. */
export function explainSentences(explanation: Explanation, context: Context): string[] {
  return explanation.reasons.flatMap((reason) => sentences(reason, explanation.id, context))
}

/** When the job will probably start; undefined when that is unknown. */
export function startSentence({ starts_at, history }: Explanation, now: number): string | undefined {
  if (starts_at === undefined) return undefined
  const when = Date.parse(starts_at) - now < 1000 ? 'at once' : `about ${timeUntil(starts_at, now)}`
  const from =
    history && ` (the last ${counted(history.runs, 'run')} took ${durationText(history.average_ms)} on average)`
  return `it will start ${when}${from ?? ''}`
}

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

function sentences(reason: Reason, id: string, { home, now }: Context): string[] {
  const timeSince = (iso: string): string => roughDuration(now - Date.parse(iso))
  switch (reason.why) {
    case 'running':
      return [`it runs${reason.since === undefined ? '' : ` since ${timeSince(reason.since)}`} in ${reason.worker}`]
    case 'over': {
      const at = reason.at === undefined ? '' : ` ${timeSince(reason.at)} ago`
      if (reason.how === 'completed') return [`it completed${at}; run it again with: queuectl retry ${id}`]
      const why = reason.error === undefined ? '' : `: ${reason.error}`
      const died = `it died${at}${why}`
      if (!reason.block) return [died, `run it again with: queuectl retry ${id}`]
      const { because, is, comes_back } = reason.block
      // It says so already where it was cancelled for that.
      const blocked = comes_back ? [] : [`it waits for ${because}, which is ${is}`]
      return [died, ...blocked, ...adviceFor(id, reason.block)]
    }
    case 'held':
      return [`it was set aside; release it with: queuectl release ${id}`]
    case 'queue_paused': {
      const [which, resume] = reason.all
        ? ['all queues are', 'queuectl queue resume --all']
        : [`queue ${reason.queue} is`, `queuectl queue resume ${reason.queue}`]
      const words = pauseWords(reason, now)
      return [
        `${which} paused${words === '' ? '' : words === reason.reason ? `: ${words}` : ` ${words}`}`,
        `resume with: ${resume}`,
      ]
    }
    case 'settings_unreadable':
      return [`the settings in ${reason.file} cannot be obeyed, so no job that they are for starts: ${reason.error}`]
    case 'limit_full': {
      const ofQueue = reason.queue === ALL_QUEUES ? 'of all queues' : `of queue ${reason.queue}`
      const whose = reason.key === undefined ? ofQueue : `of key ${reason.key}`
      return [
        `the limit ${whose} is reached, ${reason.cap} at a time:`,
        ...reason.taken.map(({ job, worker }) => (job === undefined ? '  taken by hand' : `  ${job} in ${worker}`)),
      ]
    }
    case 'rate': {
      const whose = reason.queue === ALL_QUEUES ? 'of all queues' : `of queue ${reason.queue}`
      return [`the rate ${whose} is ${reason.rate}: the next one starts ${timeUntil(reason.at, now)}`]
    }
    case 'waits_for':
      return reason.jobs.map(({ id: parent, when, is, until_retry_of: retry }) => {
        const how = `it waits for ${parent} to ${WHEN_VERB[when]}`
        if (is === 'unfinished') return how
        const but = `${how}; ${is === 'gone' ? 'there is no such job' : `that is ${is}`}`
        if (retry === undefined) return `${but}, and the next worker decides`
        if (retry === null) return `${but}, and it waits until there is one`
        return `${but}, and it waits until that was run again: queuectl retry ${retry}`
      })
    case 'due':
      return [
        `it ${reason.retry ? 'is tried again' : 'is to run'} at ${localTime(reason.at)} (${timeUntil(reason.at, now)})`,
      ]
    case 'unreadable':
      return [`its file cannot be read: ${reason.error}`]
    case 'corrupt':
      return [`it was set aside: ${reason.error}`, `its file: ${reason.file}`]
    case 'not_taken_in':
      return ['its file was dropped and no worker has taken it in yet']
    case 'earlier_run':
      return [`${reason.what}: it does not run beside it`]
    case 'disk_full':
      return [`the disk of ${home} is full: nothing is claimed until there is room`]
    case 'no_worker': {
      const others = reason.elsewhere === 0 ? '' : ` on this machine (${reason.elsewhere} on others)`
      if (reason.not_answering !== undefined)
        return [
          `no worker answers${others}: ${counted(reason.not_answering, 'worker')} alive, but stopped, frozen or stuck`,
        ]
      return [`no worker is alive${others}; start one with: queuectl worker start`]
    }
    case 'held_back':
      return reason.workers.map(({ worker, limit }) => `${worker} starts no job now: ${limit}`)
    case 'queue_not_taken':
      return [
        `no worker takes the queue ${reason.queue}; start one with: queuectl worker start --queue ${reason.queue}`,
      ]
    case 'slots_busy':
      return [
        reason.slots === 1 ? 'the only slot is busy:' : `all ${reason.slots} slots are busy:`,
        ...reason.by.map(
          (run) => `  ${run.id}${run.started_at === undefined ? '' : ` for ${timeSince(run.started_at)}`}`,
        ),
      ]
    case 'ahead': {
      const more = reason.jobs > reason.next.length ? ' …' : ''
      return [`${counted(reason.jobs, 'job')} ahead of it: ${reason.next.join(', ')}${more}`]
    }
    case 'next':
      return ['it is the next to run, and a slot is free']
  }
}
