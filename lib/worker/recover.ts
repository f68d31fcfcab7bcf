/**
 * Recovers jobs that no living process holds: those of dead workers and operators, and files lying in `processing/`.
 *
 * A worker learns of a peer's death at once, from the FIFO that the peer held; the timed round covers what it missed.
 */
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { nowMs } from '../clock.ts'
import { isIntakeName } from '../job/file-name.ts'
import { exists, lstat, move, listDir } from '../disk/files.ts'
import { type Holder, holderOf, heldFileNames, adoptHolder } from '../spool/holders.ts'
import { putBackIntakeOf } from '../spool/intake.ts'
import { LeaseWatch } from '../spool/lease-watch.ts'
import { onReleased, openReadEnd } from '../disk/fifo.ts'
import { resume } from '../run/resume.ts'
import type { RunContext } from '../run/context.ts'
import type { Slots } from './slots.ts'
import { giveBackOperator } from '../operator/give-back.ts'
import { quarantine } from '../spool/corrupt.ts'
import { discardFifos } from '../run/fifo-pool.ts'

/** The kernel stamps a directory's mtime once a tick: two changes within this time (ms, with a margin) can share one. */
const TICK_MS = 20

/** Watches the FIFOs of living workers for their death. */
export class Peers {
  readonly #watched = new Map<string, Socket>()
  readonly #onDeath: () => void
  /** The leases of holders whose life only their renewals show. */
  readonly leases = new LeaseWatch()
  /** The mtime of our own directory at a scan that found every file in a slot: while it stays, a round skips the scan. */
  scannedOwnMtime = Number.NaN

  constructor(onDeath: () => void) {
    this.#onDeath = onDeath
  }

  isWatching(name: string): boolean {
    return this.#watched.has(name)
  }

  watch(peer: Holder): void {
    const onEnd = (): void => {
      this.#watched.get(peer.name)?.destroy()
      if (this.#watched.delete(peer.name)) this.#onDeath()
    }
    try {
      this.#watched.set(peer.name, onReleased(openReadEnd(join(peer.dir, 'alive')), onEnd))
    } catch {
      // It has gone meanwhile, or no descriptor is left to watch it with: the timed round covers both.
    }
  }

  close(): void {
    for (const socket of this.#watched.values()) socket.destroy()
    this.#watched.clear()
  }
}

/** Scans `processing/` and takes over every job that no living process holds. */
export async function recover(ctx: RunContext, peers: Peers, slots: Slots): Promise<void> {
  const { home, holder } = ctx
  const entries = listDir(home.processing)
  peers.leases.keep(entries)
  for (const name of entries) {
    if (name === holder.name || peers.isWatching(name)) continue
    const other = holderOf(home, name, peers.leases)
    if (!other || other.life === 'elsewhere') continue
    if (other.life === 'alive') {
      if (other.kind === 'worker') peers.watch(other)
    } else if (other.kind === 'operator')
      await giveBackOperator(ctx, other, (dir, fileName) => takeUnheld(ctx, dir, fileName, slots))
    else await takeOverWorker(ctx, other, slots)
  }
  for (const fileName of entries.filter(isIntakeName)) await takeUnheld(ctx, home.processing, fileName, slots)
  // A file in our own directory without a slot was put there by hand, or taken over when a resource was exhausted.
  const mtime = lstat(holder.dir)?.mtimeMs ?? Number.NaN
  if (mtime === peers.scannedOwnMtime) return
  const begun = nowMs()
  for (const fileName of heldFileNames(holder.dir)) if (!slots.has(fileName)) await resumeOwn(ctx, fileName, slots)
  peers.scannedOwnMtime = begun - mtime > TICK_MS ? mtime : Number.NaN
}

/** Moves a job into our own directory. Undefined: it is gone, or a job of that name lies there and it was quarantined. */
function takeIntoOwn(ctx: RunContext, path: string, fileName: string): string | undefined {
  const ours = join(ctx.holder.dir, fileName)
  if (exists(ours)) {
    quarantine(ctx.home, path, fileName, 'a copy of a job that is running')
    return undefined
  }
  // If we die before this: in the dead holder's directory; after it: in ours. The next worker finds it in either.
  return move(path, ours) ? ours : undefined
}

/** Takes over a job in `processing/` that no process holds. */
async function takeUnheld(ctx: RunContext, dir: string, fileName: string, slots: Slots): Promise<void> {
  if (takeIntoOwn(ctx, join(dir, fileName), fileName) === undefined) return
  ctx.log(`${fileName} lay in processing/ and no process held it: taking it over`)
  await resumeOwn(ctx, fileName, slots)
}

/** Resumes a job in our own directory that has no slot. */
async function resumeOwn(ctx: RunContext, fileName: string, slots: Slots): Promise<void> {
  const run = await resume(ctx, ctx.holder.dir, fileName, { slot: slots.nextNumber(), adopt: (path) => path })
  if (run) slots.adopt(fileName, run)
}

async function takeOverWorker(ctx: RunContext, dead: Holder, slots: Slots): Promise<void> {
  // If we die from here on: the directory is a dead holder's again, with the jobs that are not resumed yet.
  const taken = adoptHolder(ctx.home, dead)
  if (!taken) return
  const files = heldFileNames(taken.dir)
  ctx.log(`${dead.name} is dead: taking over its ${files.length} jobs`)
  try {
    putBackIntakeOf(ctx.home, taken.dir)
    for (const fileName of files) {
      const run = await resume(ctx, taken.dir, fileName, {
        slot: slots.nextNumber(),
        adopt: (path) => takeIntoOwn(ctx, path, fileName),
      })
      if (run) slots.adopt(fileName, run)
    }
    discardFifos(ctx.home, dead.name)
  } finally {
    taken.leave()
  }
}
