/**
 * Recovers jobs that no living process holds: those of dead workers and operators, and files lying in `processing/`.
 *
 * A worker learns of a peer's death at once, from the FIFO that the peer held; the timed round covers what it missed.
 */
import { join, relative } from 'node:path'
import type { Socket } from 'node:net'
import { nowMs } from '../clock.ts'
import { isIntakeName } from '../job/file-name.ts'
import { isRealDir, listDir, lstat, move } from '../disk/files.ts'
import { QueueError } from '../errors.ts'
import { type Holder, holderOf, heldFileNames, adoptHolder } from '../spool/holders.ts'
import { putBackIntakeOf } from '../spool/intake.ts'
import { LeaseWatch } from '../spool/lease-watch.ts'
import { onReleased, openReadEnd } from '../disk/fifo.ts'
import { resume } from '../run/resume.ts'
import type { RunContext } from '../run/context.ts'
import type { Slots } from './slots.ts'
import type { Troubles } from './containment.ts'
import { giveBackOperator } from '../operator/give-back.ts'
import { quarantine } from '../spool/corrupt.ts'
import { settleOriginalRuns } from './copied-home.ts'
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

  /** How many there are. */
  get count(): number {
    return this.#watched.size
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

/** What recovery works with. */
export interface RecoveryHost {
  readonly peers: Peers
  readonly slots: Slots
  readonly troubles: Troubles
}

/** Scans `processing/` and takes over every job that no living process holds. Each holder and job is handled alone. */
export async function recover(ctx: RunContext, host: RecoveryHost): Promise<void> {
  const { home, holder } = ctx
  const { peers, troubles } = host
  const entries = listDir(home.processing)
  peers.leases.keep(entries)
  for (const name of entries) {
    if (name === holder.name || peers.isWatching(name)) continue
    await troubles.containAsync(`processing/${name}`, `recover from processing/${name}`, () =>
      recoverHolder(ctx, name, host),
    )
  }
  for (const fileName of entries.filter(isIntakeName))
    await troubles.containAsync(`processing/${fileName}`, `take over processing/${fileName}`, () =>
      takeUnheld(ctx, home.processing, fileName, host),
    )
  await resumeOwnUnwatched(ctx, host)
}

async function recoverHolder(ctx: RunContext, name: string, host: RecoveryHost): Promise<void> {
  const other = holderOf(ctx.home, name, host.peers.leases)
  if (!other || other.life === 'elsewhere') return
  if (other.life === 'alive') {
    if (other.kind === 'worker') host.peers.watch(other)
  } else if (other.kind === 'operator')
    await giveBackOperator(ctx, other, {
      contain: (entry, doing, act) => host.troubles.containAsync(entry, doing, act),
      takeUpRun: (dir, fileName) => takeUnheld(ctx, dir, fileName, host),
    })
  else await takeOverWorker(ctx, other, host)
}

/** A file in our own directory without a slot was put there by hand, or taken over when it could not be resumed. */
async function resumeOwnUnwatched(ctx: RunContext, host: RecoveryHost): Promise<void> {
  const { peers, slots } = host
  const { dir, name } = ctx.holder
  const mtime = lstat(dir)?.mtimeMs ?? Number.NaN
  if (mtime === peers.scannedOwnMtime) return
  const begun = nowMs()
  for (const fileName of heldFileNames(dir)) if (!slots.has(fileName)) await resumeOwn(ctx, fileName, host)
  const isDone = begun - mtime > TICK_MS && !host.troubles.hasAnyIn(`processing/${name}`)
  peers.scannedOwnMtime = isDone ? mtime : Number.NaN
}

/** Moves a job into our own directory. Undefined: it is gone, or a job of that name lies there and it was quarantined. */
function takeIntoOwn(ctx: RunContext, path: string, fileName: string): string | undefined {
  const ours = join(ctx.holder.dir, fileName)
  if (lstat(ours)) {
    quarantine(ctx.home, path, fileName, 'a copy of a job that is running')
    return undefined
  }
  // If we die before this: in the dead holder's directory; after it: in ours. The next worker finds it in either.
  return move(path, ours) ? ours : undefined
}

/** Takes over a job in `processing/` that no process holds. */
async function takeUnheld(ctx: RunContext, dir: string, fileName: string, host: RecoveryHost): Promise<void> {
  if (takeIntoOwn(ctx, join(dir, fileName), fileName) === undefined) return
  ctx.log(`${fileName} lay in processing/ and no process held it: taking it over`)
  await resumeOwn(ctx, fileName, host)
}

/** Resumes a job in our own directory that has no slot. */
async function resumeOwn(ctx: RunContext, fileName: string, { slots, troubles }: RecoveryHost): Promise<void> {
  await troubles.containAsync(`processing/${ctx.holder.name}/${fileName}`, `resume ${fileName}`, async () => {
    const run = await resume(ctx, ctx.holder.dir, fileName, { slot: slots.nextNumber(), adopt: (path) => path })
    if (run) slots.adopt(fileName, run)
  })
}

async function takeOverWorker(ctx: RunContext, dead: Holder, host: RecoveryHost): Promise<void> {
  const { troubles } = host
  // If we die from here on: the directory is a dead holder's again, with the jobs that are not resumed yet.
  const taken = adoptHolder(ctx.home, dead)
  if (!taken) return
  troubles.passedOver.rename(`processing/${dead.name}`, `processing/${taken.name}`)
  ctx.log(`${dead.name} is dead: taking over its ${heldFileNames(taken.dir).length} jobs`)
  try {
    troubles.contain(`processing/${taken.name}/intake`, `put back what ${dead.name} was taking in`, () =>
      putBackIntakeOf(ctx.home, taken.dir),
    )
    await settleOriginalRuns(ctx, taken.dir)
    for (const fileName of heldFileNames(taken.dir)) await resumeTaken(ctx, taken.dir, fileName, host)
    discardFifos(ctx.home, dead.name)
    if (!taken.leave() && heldFileNames(taken.dir).length === 0 && isRealDir(taken.dir))
      throw new QueueError('FAILED', `${taken.dir} has something in it that is no job of a worker`)
  } catch (error) {
    // Under its new name, which the next round finds.
    troubles.onFailure(`processing/${taken.name}`, `recover from ${dead.name}`, error)
    taken.abandon()
  }
}

/** Resumes a job of a dead worker. One that cannot be resumed now is kept in our own directory, to be tried again. */
async function resumeTaken(ctx: RunContext, dir: string, fileName: string, host: RecoveryHost): Promise<void> {
  const adopt = (path: string): string | undefined => takeIntoOwn(ctx, path, fileName)
  try {
    const run = await resume(ctx, dir, fileName, { slot: host.slots.nextNumber(), adopt })
    if (run) host.slots.adopt(fileName, run)
  } catch (error) {
    // If we die after the move: in a dead holder's directory, like the others.
    host.troubles.contain(relative(ctx.home.root, join(dir, fileName)), `keep ${fileName}`, () => {
      adopt(join(dir, fileName))
    })
    host.troubles.onFailure(`processing/${ctx.holder.name}/${fileName}`, `resume ${fileName}`, error)
  }
}
