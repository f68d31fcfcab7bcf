/** Decides when a job that has a unique key keeps another of that key from being enqueued. Pure. */
import type { State } from './state.ts'
import { parseDuration } from './time.ts'

const KEY = /^[!-~](?:[ -~]{0,78}[!-~])?$/

/** The name of a key in `unique/`: the key itself where it is plain, so that `ls` can be read. At most 240 bytes. */
export const slugOfKey = (key: string): string => encodeURIComponent(key).replace(/^\./, '%2E')

/** Why a text cannot be a key; undefined when it can. */
export const whyNotKey = (key: string): string | undefined =>
  KEY.test(key) ? undefined : 'expected 1 to 80 printable ASCII characters, and no blank at either end'

const SUCCESS = /^success:(.+)$/

/** For how long (ms) after its success a job still counts; undefined when the text says nothing of that kind. */
function successSpan(text: string): number | undefined {
  const seconds = parseDuration(SUCCESS.exec(text)?.[1] ?? '')
  return seconds === undefined ? undefined : seconds * 1000
}

export const whyNotWhile = (text: string): string | undefined =>
  text === 'queued' || text === 'active' || successSpan(text) !== undefined
    ? undefined
    : 'expected queued, active or success:TIME, as in success:1h'

const QUEUED: readonly State[] = ['waiting', 'pending', 'scheduled', 'held']

/**
 * Does this job of a key keep a new one of that key out, as of `now` (ms)?
 * @param whilst `queued`: while it has not begun; `active` (default): until it is completed or dead; `success:TIME`: also for
 * that time after it has completed. A dead job keeps none out.
 */
export function keepsOut(
  job: { readonly state: State; readonly finished_at?: string },
  whilst: string | undefined,
  now: number,
): boolean {
  if (whilst === 'queued') return QUEUED.includes(job.state)
  if (job.state !== 'completed') return job.state !== 'dead'
  const span = whilst === undefined ? undefined : successSpan(whilst)
  const ago = now - Date.parse(job.finished_at ?? '')
  // What ended in the future has a clock that was set back: nobody can tell how long ago it was.
  return span !== undefined && ago >= 0 && ago < span
}
