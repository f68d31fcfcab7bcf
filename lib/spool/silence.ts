/** Finds workers that are alive and do not answer: stopped, frozen, or stuck in a call of the system. */
import { monotonicMs, nowMs, sleep } from '../clock.ts'
import { readRenewal } from '../disk/lease.ts'
import { isSameBoot, ownIdentity } from '../disk/process.ts'
import { type Holder, holderOf, renewalOf, renewMsOf } from './holders.ts'
import type { Home } from './layout.ts'
import { LeaseWatch, RENEWALS } from './lease-watch.ts'
import type { Life } from './holder-life.ts'

/**
 * Since when (ms since the epoch) a living worker has not renewed its lease; undefined while it answers. Measured on a
 * clock that neither suspending the machine nor setting the time moves.
 */
export function silentSince(worker: Holder): number | undefined {
  const { card, dir, life } = worker
  if (life !== 'alive' || card === undefined || !isSameBoot(card, ownIdentity())) return undefined
  const { monotonic, at } = readRenewal(dir)
  // A worker of an older version renews nothing that could be compared.
  if (monotonic === undefined) return undefined
  // From the future: written by hand, or by another clock (a time namespace). Then the wall clock must do.
  const age = monotonic > monotonicMs() + 1000 ? nowMs() - at : monotonicMs() - monotonic
  return age < RENEWALS * renewMsOf(worker) ? undefined : nowMs() - age
}

/** What a list says about a worker's life. */
interface ShownLife {
  readonly life: Life
  readonly not_answering_since?: string
}

/** Is it alive, here, and does it answer? Only then jobs start soon. */
export const isAnswering = ({ life, not_answering_since }: ShownLife): boolean =>
  life === 'alive' && not_answering_since === undefined

/** The same, or elsewhere, where it may answer. */
export const mayAnswer = (worker: ShownLife): boolean => worker.life === 'elsewhere' || isAnswering(worker)

/** How often (ms) to look for a renewal. */
const LOOK_EVERY_MS = 200

/**
 * Watches a holder's lease for the time of three renewals.
 * @returns the stamp that it kept; undefined as soon as it is renewed, is gone, or `signal` is aborted
 */
export async function unrenewedStamp(home: Home, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const watch = new LeaseWatch()
  let first: string | undefined
  for (;;) {
    const holder = holderOf(home, name)
    if (holder === undefined || signal?.aborted) return undefined
    const { stamp } = renewalOf(holder)
    first ??= stamp
    if (stamp !== first) return undefined
    if (watch.isOver(name, stamp, renewMsOf(holder))) return stamp
    await sleep(LOOK_EVERY_MS, signal)
  }
}
