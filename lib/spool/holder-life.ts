/**
 * Decides whether a holder is alive, from what its card says and what this process can see. Pure.
 *
 * A FIFO tells about the processes of one kernel, a pid only about those of one pid namespace. Where neither tells, a
 * holder is `elsewhere`, or is watched: it is dead once its lease has not been renewed for three renewals.
 */
import type { FifoState } from '../disk/fifo.ts'
import { type Identity, isSameBoot, isSameNamespace } from '../disk/process.ts'

/** `elsewhere`: it cannot be seen from here whether it lives. */
export type Life = 'alive' | 'dead' | 'elsewhere'

/** Who a holder is, as its card says. A card of an older version lacks some. */
export interface HolderIdentity extends Omit<Identity, 'ns'> {
  readonly ns?: string
  /** The device that the home is on, as the holder's kernel numbers it. */
  readonly device?: number
}

/** What this process sees of a holder; what costs a look is a function. */
export interface Sighted {
  readonly me: Identity
  /** The device that the home is on. */
  readonly device: number
  /** Undefined: it is missing or torn. */
  readonly card: HolderIdentity | undefined
  readonly fifo: FifoState
  /** Does a process of this pid and start time run in our pid namespace? */
  isRunning(): boolean
  /** Does the home lie on a file system that is this kernel's own? */
  isLocal(): boolean
  /** Was the lease last renewed before this kernel booted? By the kernel's own stamp. */
  isOlderThanBoot(): boolean
}

/** `watch`: elsewhere, until it was watched for three renewals without one. */
export function judgeLife(seen: Sighted): Life | 'watch' {
  const { me, card, fifo } = seen
  // Only a process of this kernel can hold it, whatever the card says.
  if (fifo === 'held') return 'alive'
  if (card === undefined) return seen.isLocal() ? 'dead' : 'elsewhere'
  if (card.ns === undefined || card.device === undefined) return judgeOldCard(seen, card)
  if (isSameBoot(card, me)) {
    const isSameDevice = card.device === seen.device
    if (isSameDevice && fifo === 'free') return 'dead'
    if (isSameNamespace(card, me))
      return seen.isRunning() ? 'alive' : isSameDevice || seen.isLocal() ? 'dead' : 'elsewhere'
    return isSameDevice ? 'watch' : 'elsewhere'
  }
  // The renewals of a guest to which this machine exports the home are stamped by this kernel, too.
  if (seen.isLocal()) return seen.isOlderThanBoot() ? 'dead' : 'watch'
  // Our machine before a reboot, or a clone of it that is alive and renews.
  return card.machine === me.machine ? 'watch' : 'elsewhere'
}

/** The rule of the versions that wrote neither pid namespace nor device. */
function judgeOldCard({ me, fifo, isRunning }: Sighted, card: HolderIdentity): Life {
  if (card.machine !== me.machine) return 'elsewhere'
  if (fifo === 'free') return 'dead'
  return card.boot === me.boot && isRunning() ? 'alive' : 'dead'
}
