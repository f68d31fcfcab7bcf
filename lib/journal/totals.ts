/**
 * `journal/totals.json`: what is kept of days whose events are deleted, so that counts and durations stay right.
 *
 * Crash: a day is first counted in, then its file is removed. `folded` names the days that are counted and whose files
 * may still lie there: they are passed over by readers and removed by the next one to fold.
 */
import { join } from 'node:path'
import { errno, QueueError } from '../errors.ts'
import { randomHex } from '../clock.ts'
import { utcDay } from '../job/time.ts'
import { listDir, readText, remove, replaceFile } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { days, events } from './journal.ts'
import { type Metrics, NO_TOTALS, summarize, Tally, type Totals } from './metrics.ts'

export interface StoredTotals extends Totals {
  readonly folded: readonly string[]
}

const pathOf = (home: Home): string => join(home.journal, 'totals.json')

/** @throws QueueError FAILED when it was broken by hand. */
export function readTotals(home: Home): StoredTotals {
  const text = readText(pathOf(home))
  if (text === undefined) return { ...NO_TOTALS, folded: [] }
  try {
    const kept = JSON.parse(text) as StoredTotals
    if (Array.isArray(kept.folded) && typeof kept.events === 'object' && typeof kept.durations.buckets === 'object')
      return kept
  } catch {
    // Told below, as any other nonsense in it.
  }
  throw new QueueError(
    'FAILED',
    `cannot read ${pathOf(home)}: these are no totals`,
    'mend it, or remove it to count from the days that are left',
  )
}

/** All that the journal tells: the totals, and the events of the days that are left. */
export async function readMetrics(home: Home, recent: number): Promise<Metrics> {
  for (let looks = 1; ; looks++) {
    const kept = readTotals(home)
    const metrics = await summarize(events(home, { without: kept.folded }), recent, kept)
    // A day that was folded while we read was counted twice, or not at all.
    if (looks === 5 || readTotals(home).folded.join() === kept.folded.join()) return metrics
  }
}

/** No event is told any more for a day this long past (ms), whatever the hour of whoever tells it. */
const SETTLED_AFTER = 2 * 86_400_000

/**
 * Folds the days that ended more than `seconds` before `now` (ms) into the totals. Returns them.
 * @param isCut asked before each day
 */
export async function foldDays(
  home: Home,
  seconds: number,
  now: number,
  isCut: () => boolean = () => false,
): Promise<string[]> {
  const before = utcDay(now - Math.max(seconds * 1000, SETTLED_AFTER))
  const old = days(home).filter((day) => day < before)
  const folded: string[] = []
  for (const day of old) {
    if (isCut()) break
    const tally = new Tally()
    for await (const event of events(home, { only: day })) tally.add(event)
    if (await foldDay(home, day, tally)) folded.push(day)
  }
  return folded
}

/** Edited in place, hence the lock, which is held for the moment of the change only. */
async function foldDay(home: Home, day: string, tally: Tally): Promise<boolean> {
  const { lock } = await import('proper-lockfile')
  const path = pathOf(home)
  const release = await lock(path, {
    realpath: false,
    stale: 5000,
    retries: { retries: 20, factor: 1.2, minTimeout: 5, maxTimeout: 50, randomize: true },
    // Whoever took it over finds this day in the totals or counts it himself.
    onCompromised: () => {},
  }).catch((error: unknown) => {
    // Somebody folds at this moment, or has died of it just now: the day is folded the next time.
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
      const there = new Set(days(home))
      tally.merge(kept)
      const next: StoredTotals = { ...tally.totals, folded: [...kept.folded.filter((one) => there.has(one)), day] }
      const aside = join(home.tmp, `totals.${randomHex(8)}.new`)
      // If we die before this: the day is counted from its file.
      if (!replaceFile(aside, path, `${JSON.stringify(next)}\n`)) return false
    }
    // If we die before this: counted, and passed over until somebody removes it.
    return remove(file) && isNew
  } finally {
    await release()
  }
}
