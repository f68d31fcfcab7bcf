/**
 * Folds old days of the journal into `journal/totals.json`, so that counts and durations stay right when their events are
 * deleted.
 *
 * Crash: a day is added to the totals first, then its file is removed. `folded` names the days whose file may still be
 * there: readers skip such a file, and the next fold removes it.
 */
import { join } from 'node:path'
import { errno, QueueError } from '../errors.ts'
import { utcDay } from '../job/time.ts'
import { failureKind } from '../disk/errno.ts'
import { listDir, readText, remove, replaceFile } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { days, events } from './journal.ts'
import { type Metrics, NO_TOTALS, summarize, Tally, type Totals } from './metrics.ts'
import { scratchPath } from '../disk/scratch.ts'

export interface StoredTotals extends Totals {
  readonly folded: readonly string[]
}

const pathOf = (home: Home): string => join(home.journal, 'totals.json')

/** @throws QueueError FAILED when the file is damaged. */
export function readTotals(home: Home): StoredTotals {
  try {
    const text = readText(pathOf(home))
    if (text === undefined) return { ...NO_TOTALS, folded: [] }
    const kept = JSON.parse(text) as StoredTotals
    if (Array.isArray(kept.folded) && typeof kept.events === 'object' && typeof kept.durations.buckets === 'object')
      return kept
  } catch (error) {
    if (failureKind(error) === 'surroundings') throw error
    // Not JSON, or no file: reported below, as other damage is.
  }
  throw new QueueError(
    'FAILED',
    `cannot read ${pathOf(home)}: it does not contain totals`,
    'fix it, or remove it to count from the days that are left',
  )
}

/** Metrics of the whole journal: the totals, and the events of the days that are left. */
export async function readMetrics(home: Home, recent: number): Promise<Metrics> {
  for (let tries = 1; ; tries++) {
    const totals = readTotals(home)
    const metrics = await summarize(events(home, { without: totals.folded }), recent, totals)
    // A day that was folded meanwhile was counted twice, or not at all.
    if (tries === 5 || readTotals(home).folded.join() === totals.folded.join()) return metrics
  }
}

/** A day is closed to new events this long after its end (ms), even if clocks differ by a day. */
const CLOSED_AFTER_MS = 2 * 86_400_000

/**
 * Folds the days that ended more than `seconds` before `now` (ms) into the totals.
 * @param isStopping called before each day; true ends it
 * @returns the folded days
 */
export async function foldDays(
  home: Home,
  seconds: number,
  now: number,
  isStopping: () => boolean = () => false,
): Promise<string[]> {
  const before = utcDay(now - Math.max(seconds * 1000, CLOSED_AFTER_MS))
  const old = days(home).filter((day) => day < before)
  const folded: string[] = []
  for (const day of old) {
    if (isStopping()) break
    const tally = new Tally()
    for await (const event of events(home, { only: day })) tally.add(event)
    if (await foldDay(home, day, tally)) folded.push(day)
  }
  return folded
}

/** The totals are read and rewritten under a lock, which is held for that moment only. */
async function foldDay(home: Home, day: string, tally: Tally): Promise<boolean> {
  const { lock } = await import('proper-lockfile')
  const path = pathOf(home)
  const release = await lock(path, {
    realpath: false,
    stale: 5000,
    retries: { retries: 20, factor: 1.2, minTimeout: 5, maxTimeout: 50, randomize: true },
    // The process that took the lock over finds this day in the totals, or adds it.
    onCompromised: () => {},
  }).catch((error: unknown) => {
    // Another process is folding, or died of it just now: the day is folded the next time.
    if (errno(error) === 'ELOCKED') return undefined
    throw error
  })
  if (!release) return false
  try {
    const kept = readTotals(home)
    const isNew = !kept.folded.includes(day)
    const file = join(home.journal, `${day}.ndjson`)
    if (isNew && !listDir(home.journal).includes(`${day}.ndjson`)) return false
    if (isNew) {
      const existing = new Set(days(home))
      tally.merge(kept)
      const next: StoredTotals = { ...tally.totals, folded: [...kept.folded.filter((one) => existing.has(one)), day] }
      const aside = scratchPath(home.tmp, 'totals', 'new')
      // If we die before this: the totals lack the day, and its file is read.
      if (!replaceFile(aside, path, `${JSON.stringify(next)}\n`)) return false
    }
    // If we die before this: the totals contain the day; readers skip its file until the next fold removes it.
    return remove(file) && isNew
  } finally {
    await release()
  }
}
