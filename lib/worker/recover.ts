/**
 * Taking over from the dead: their jobs, and what operators or people left lying in `processing/`.
 *
 * A peer's death is heard at once, by the FIFO it held; the timed round finds what was not heard.
 */
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { nowMs } from '../clock.ts'
import { isIntakeName } from '../job/file-name.ts'
import { exists, lstat, move, listDir } from '../disk/files.ts'
import { type Holder, holderOf, heldFileNames, adoptHolder } from '../spool/holders.ts'
import { putBackIntakeOf } from '../spool/intake.ts'
import { onReleased, openReadEnd } from '../disk/fifo.ts'
import { resume } from '../run/resume.ts'
import type { RunContext } from '../run/context.ts'
import type { Slots } from './slots.ts'
import { giveBackOperator } from '../operator/give-back.ts'
import { quarantine } from '../spool/corrupt.ts'
import { discardFifos } from '../run/fifo-pool.ts'

/** The precision (ms) of the time at which a directory says it has changed, with room. */
const TICK_MS = 20

/** The living workers whose death we will hear. */
export class Peers {
  readonly #ends = new Map<string, Socket>()
  readonly #onDeath: () => void
  /** When our own directory last changed, if nothing unknown lay in it after that: an idle round need not read it. */
  ownChange = Number.NaN

  constructor(died: () => void) {
    this.#onDeath = died
  }

  knows(name: string): boolean {
    return this.#ends.has(name)
  }

  watch(peer: Holder): void {
    const heard = (): void => {
      this.#ends.get(peer.name)?.destroy()
      if (this.#ends.delete(peer.name)) this.#onDeath()
    }
    try {
      this.#ends.set(peer.name, onReleased(openReadEnd(join(peer.dir, 'alive')), heard))
    } catch {
      // Gone since, or no descriptor left to listen with: the timed round will see.
    }
  }

  close(): void {
    for (const socket of this.#ends.values()) socket.destroy()
    this.#ends.clear()
  }
}

/** Looks at everybody in `processing/` and takes over what nobody alive holds. */
export async function recover(ctx: RunContext, peers: Peers, slots: Slots): Promise<void> {
  const { home, holder } = ctx
  const entries = listDir(home.processing)
  for (const name of entries) {
    if (name === holder.name || peers.knows(name)) continue
    const other = holderOf(home, name)
    if (!other || other.life === 'elsewhere') continue
    if (other.life === 'alive') {
      if (other.kind === 'worker') peers.watch(other)
    } else if (other.kind === 'operator')
      await giveBackOperator(ctx, other, (dir, fileName) => takeUnheld(ctx, dir, fileName, slots))
    else await takeOverWorker(ctx, other, slots)
  }
  for (const fileName of entries.filter(isIntakeName)) await takeUnheld(ctx, home.processing, fileName, slots)
  // Put there by hand; or taken by us, and then not read or watched, because the machine was out of something.
  const changed = lstat(holder.dir)?.mtimeMs ?? Number.NaN
  if (changed === peers.ownChange) return
  const begun = nowMs()
  for (const fileName of heldFileNames(holder.dir)) if (!slots.has(fileName)) await readOwn(ctx, fileName, slots)
  // Two changes within a tick of the kernel leave the same time.
  peers.ownChange = begun - changed > TICK_MS ? changed : Number.NaN
}

/** Moves a job into our own directory. Undefined: it was gone, or it is a copy of one that lies there, and set aside. */
function takeIntoOwn(ctx: RunContext, path: string, fileName: string): string | undefined {
  const ours = join(ctx.holder.dir, fileName)
  if (exists(ours)) {
    quarantine(ctx.home, path, fileName, 'a copy of a job that is running')
    return undefined
  }
  // If we die before this: still with its dead holder; after it: with us. Found either way.
  return move(path, ours) ? ours : undefined
}

/** A job in `processing/` that nobody holds: ours now; read how far it got. */
async function takeUnheld(ctx: RunContext, dir: string, fileName: string, slots: Slots): Promise<void> {
  if (takeIntoOwn(ctx, join(dir, fileName), fileName) === undefined) return
  ctx.log(`${fileName} lay in processing/ and was held by nobody: taken up`)
  await readOwn(ctx, fileName, slots)
}

/** A job in our own directory that is in no slot: read how far it got. */
async function readOwn(ctx: RunContext, fileName: string, slots: Slots): Promise<void> {
  const run = await resume(ctx, ctx.holder.dir, fileName, { slot: slots.nextNumber(), adopt: (path) => path })
  if (run) slots.adopt(fileName, run)
}

async function takeOverWorker(ctx: RunContext, dead: Holder, slots: Slots): Promise<void> {
  const taken = adoptHolder(ctx.home, dead)
  if (!taken) return
  const files = heldFileNames(taken.dir)
  ctx.log(`${dead.name} is gone: taking over its ${files.length} jobs`)
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
