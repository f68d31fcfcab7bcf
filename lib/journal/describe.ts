/** Words every event for people: in worker logs, `events`, `metrics` and the event stream. */
import { visible } from '../job/sanitize.ts'
import { ALL_QUEUES } from '../job/pause.ts'
import type { Event } from './journal.ts'

/** One harmless line: an error may quote what a job has written. */
export const describeEvent = (event: Omit<Event, 'at'>): string => visible(sentence(event))

function sentence(event: Omit<Event, 'at'>): string {
  const job = event.run === undefined ? event.job : `${event.job} (run ${event.run})`
  const took = event.duration_ms === undefined ? '' : ` in ${durationText(event.duration_ms)}`
  const why = event.error === undefined ? '' : `: ${event.error}`
  switch (event.event) {
    case 'enqueued':
      return `${job} enqueued`
    case 'started':
      return `${job} started`
    case 'adopted':
      return `${job} is still running and was adopted from a worker that is gone`
    case 'completed':
      return `${job} completed${took}`
    case 'failed':
      return `${job} failed${took}${why}${event.due === undefined ? '' : `; next try at ${event.due}`}`
    case 'dlq':
      return `${job} is dead${why}`
    case 'cancelled':
      return `${job} cancelled${why}`
    case 'interrupted':
      return `${job} was interrupted and is pending again${why}`
    case 'given_back':
      return `${job} was ended and given back, no attempt used`
    case 'retried':
      return `${job} sent back by hand`
    case 'ready':
      return `${job} waits for no other job any more${event.due === undefined ? '' : `; due at ${event.due}`}`
    case 'held':
      return `${job} set aside by hand`
    case 'released':
      return `${job} released by hand`
    case 'changed':
      return `${job} changed by hand`
    case 'removed':
      return `${job} was taken away by hand while it ran; its run was ended`
    case 'corrupt':
      return `${job} set aside in corrupt/${why}`
    case 'hook_failed':
      return event.job === '' ? `hook ${event.hook} failed${why}` : `${job} had its hook ${event.hook} fail${why}`
    case 'queue_paused':
      return `${queueWords(event.queue)} paused${why}`
    case 'queue_resumed':
      return `${queueWords(event.queue)} resumed`
    case 'schedule_missed':
      return `schedule ${event.schedule}: times before ${event.due ?? 'now'} were missed`
    case 'schedule_skipped':
      return `schedule ${event.schedule}: nothing was made for ${event.due ?? 'one time'}, since its last job is not finished`
    case 'schedule_clock':
      return `schedule ${event.schedule} begins afresh: the clock was set back`
    case 'schedule_paused':
      return `schedule ${event.schedule} paused${why}`
    case 'schedule_resumed':
      return `schedule ${event.schedule} resumed`
    case 'queue_set':
      return `${queueWords(event.queue)} set${why}`
    default:
      // Recorded by a newer version.
      return `${job}: ${String(event.event).replaceAll('_', ' ')}${why}`
  }
}

const queueWords = (queue = ''): string => (queue === ALL_QUEUES ? 'all queues' : `queue ${queue}`)

/** A duration in milliseconds for people: three significant digits and the unit. */
export function durationText(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`
  return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`
}
