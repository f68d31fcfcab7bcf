/**
 * Waiting for jobs to end. Reading only: it works for jobs that any worker runs, from any terminal.
 */
import type { Job } from '../job/job.ts'
import { Attention } from './run-watch.ts'
import { exists } from '../disk/files.ts'
import { readWhole, type Sighting, sightings } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'

/** A job that is over; without its record when its file was removed by hand. */
export interface Ended {
  readonly id: string
  readonly job: Job | undefined
}

/** Jobs that move back while one looks may be missed: so often is looked for one that seems to be gone. */
const LOOKS = 3
/** A look may list every job there is: it rests four times as long as it took. */
const REST = 4

/** Where these jobs are; what is missing in the answer is gone. */
export function locate(home: Home, ids: Iterable<string>): Map<string, Sighting> {
  const found = new Map<string, Sighting>()
  const wanted = new Set(ids)
  for (let looks = 0; looks < LOOKS && found.size < wanted.size; looks++)
    for (const seen of sightings(home)) if (wanted.has(seen.name.id)) found.set(seen.name.id, seen)
  return found
}

export const isOver = (state: Job['state']): boolean => state === 'completed' || state === 'dead'

/** Each of the jobs once it is over: completed, dead or removed. Ends when all are, or when `cut` is aborted. */
export async function* ends(home: Home, ids: readonly string[], cut?: AbortSignal): AsyncGenerator<Ended> {
  const waiting = new Set(ids)
  const isCut = (): boolean => cut?.aborted === true
  const places = new Map<string, Sighting>()
  const attention = new Attention(home, (id) => waiting.has(id), REST)
  try {
    while (waiting.size > 0 && !isCut()) {
      const moved = [...waiting].filter((id) => !exists(places.get(id)?.path ?? ''))
      const found = moved.length > 0 ? locate(home, moved) : places
      for (const id of moved) {
        const seen = found.get(id)
        const job = seen && isOver(seen.state) ? readWhole(seen, 'wait for') : undefined
        if (seen && !job) places.set(id, seen)
        else {
          waiting.delete(id)
          yield { id, job }
        }
      }
      if (waiting.size > 0) await attention.next(cut)
    }
  } finally {
    attention.close()
  }
}
