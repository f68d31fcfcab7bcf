/**
 * What a worker leaves alone for now, in `processing/<worker>/troubles`: written when that changes and never for a job,
 * read by `status` and `doctor`.
 */
import { join } from 'node:path'
import { scratchPath } from '../disk/scratch.ts'
import { discard, readText, replaceFile } from '../disk/files.ts'
import type { Holder } from './holders.ts'
import type { Home } from './layout.ts'

/** An entry of the home that cannot be handled now. */
export interface Trouble {
  /** Its path in the home. */
  readonly entry: string
  readonly why: string
  /** ISO 8601, UTC. */
  readonly since: string
}

const troublesPath = (dir: string): string => join(dir, 'troubles')

/** Best effort: what cannot be written is in the worker's log. */
export function writeTroubles(home: Home, dir: string, troubles: readonly Trouble[]): void {
  if (troubles.length === 0) return discard(troublesPath(dir))
  try {
    // If we die here: scratch that the sweeper removes.
    replaceFile(scratchPath(home.tmp, 'troubles', 'new'), troublesPath(dir), JSON.stringify(troubles), false)
  } catch {
    // The disk is ill, which is why there are troubles.
  }
}

/** What the living workers leave alone, each entry once. */
export function troublesOf(holders: readonly Holder[]): Trouble[] {
  const all = holders.filter(({ life }) => life === 'alive').flatMap(({ dir }) => readTroubles(dir))
  return [...new Map(all.map((one) => [one.entry, one])).values()]
}

function readTroubles(dir: string): Trouble[] {
  try {
    const troubles = JSON.parse(readText(troublesPath(dir)) ?? '[]') as Partial<Trouble>[]
    return troubles.filter(isTrouble)
  } catch {
    // Gone meanwhile, or not written by a worker.
    return []
  }
}

const isTrouble = (one: Partial<Trouble> | null): one is Trouble =>
  [one?.entry, one?.why, one?.since].every((value) => typeof value === 'string')
