/** Lays out a new job: its record, its name, and the directory it goes to. */
import { nowMicros } from '../clock.ts'
import { metOf, type Standing } from '../job/after.ts'
import { formatName } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { newJob, type NewRequest } from '../job/parse.ts'
import { isoTime, parseInstant } from '../job/time.ts'
import { doorPath } from './doors.ts'
import type { Defaults } from './enqueue.ts'
import type { Home } from './layout.ts'

/** @param standing of its conditions; undefined when it names no job to wait for */
export function layOut(
  home: Home,
  request: NewRequest,
  id: string,
  defaults: Parameters<typeof newJob>[2] & Pick<Defaults, 'slugOf'>,
  standing: Exclude<Standing, { readonly kind: 'impossible' }> | undefined,
): { readonly job: Job; readonly fileName: string; readonly dir: string } {
  const now = nowMicros()
  const { after_delay: delay = 0, run_at } = request
  const asked = (run_at === undefined ? 0 : (parseInstant(run_at) ?? 0)) * 1000
  const runAt = standing?.kind === 'free' && delay > 0 ? Math.max(asked, now + delay * 1_000_000) : asked
  const state = standing?.kind === 'waits' ? 'waiting' : runAt > now ? 'scheduled' : 'pending'
  const later = state === 'scheduled' && runAt > asked ? { run_at: isoTime(runAt / 1000) } : {}
  const full = { ...request, ...later, ...metOf(standing?.met) }
  const job = newJob(full, id, defaults, state, Math.floor(now / 1000))
  const { priority, queue } = job
  const fileName = formatName({ priority, due: Math.max(now, runAt), id, queue, slug: defaults.slugOf?.(job) })
  return { job, fileName, dir: standing?.kind === 'waits' ? doorPath(home, standing.at) : home[state] }
}
