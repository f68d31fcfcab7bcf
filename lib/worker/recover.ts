/**
 * Taking over from the dead: their jobs, and what operators or people left lying in `processing/`.
 *
 * A peer's death is heard at once, by the FIFO it held; the timed round finds what was not heard.
 */
import { join } from 'node:path'
import { Socket } from 'node:net'
import { STATES } from '../job/job.ts'
import { isIntakeName, parseName } from '../job/name.ts'
import { exists, isExhausted, makeDir, move, names } from '../spool/files.ts'
import { doneDir } from '../spool/find.ts'
import { clear, type Holder, holderOf, jobFiles, takeOver } from '../spool/holders.ts'
import { type Home, type Place, PLACE_OF } from '../spool/home.ts'
import { putBackIntake } from '../spool/intake.ts'
import { listen } from '../spool/liveness.ts'
import { setAside } from '../spool/moves.ts'
import { finishPurges } from '../spool/purge.ts'
import { discardFifos } from '../spool/runs.ts'
import { resume } from './jobs.ts'
import type { Site } from './site.ts'
import type { Slots } from './slots.ts'

/** The living workers whose death we will hear. */
export class Peers {
  readonly #ends = new Map<string, Socket>()
  readonly #died: () => void

  constructor(died: () => void) {
    this.#died = died
  }

  knows(name: string): boolean {
    return this.#ends.has(name)
  }

  listenTo(peer: Holder): void {
    let socket: Socket
    try {
      socket = new Socket({ fd: listen(join(peer.dir, 'alive')), readable: true, writable: false })
    } catch (error) {
      // Gone since, or no descriptor left to listen with: the timed round will see.
      if (isExhausted(error)) return
      return
    }
    this.#ends.set(peer.name, socket)
    const heard = (): void => {
      socket.destroy()
      if (this.#ends.delete(peer.name)) this.#died()
    }
    socket.on('end', heard).on('error', heard)
    // Nothing is ever written; reading is what makes the end heard.
    socket.resume()
  }

  forget(): void {
    for (const socket of this.#ends.values()) socket.destroy()
    this.#ends.clear()
  }
}

/** Looks at everybody in `processing/` and takes over what nobody alive holds. */
export async function recover(site: Site, peers: Peers, slots: Slots): Promise<void> {
  const { home, holder } = site
  const entries = names(home.processing)
  for (const name of entries) {
    if (name === holder.name || peers.knows(name)) continue
    const other = holderOf(home, name)
    if (!other || other.life === 'elsewhere') continue
    if (other.life === 'alive') {
      if (other.kind === 'worker') peers.listenTo(other)
    } else if (other.kind === 'operator') await giveBackOperator(site, other, slots)
    else await takeOverWorker(site, other, slots)
  }
  for (const fileName of entries.filter(isIntakeName)) await takeUp(site, home.processing, fileName, slots)
}

/** Moves a job into our own directory. Undefined: it was gone, or it is a copy of one that lies there, and set aside. */
function take(site: Site, path: string, fileName: string): string | undefined {
  const ours = join(site.holder.dir, fileName)
  if (exists(ours)) {
    setAside(site.home, path, fileName, 'a copy of a job that is running')
    return undefined
  }
  // If we die before this: still with its dead holder; after it: with us. Found either way.
  return move(path, ours) ? ours : undefined
}

/** A job in `processing/` that nobody holds: ours now; read how far it got. */
async function takeUp(site: Site, dir: string, fileName: string, slots: Slots): Promise<void> {
  if (take(site, join(dir, fileName), fileName) === undefined) return
  site.say(`${fileName} lay in processing/ and was held by nobody: taken up`)
  const run = await resume(site, site.holder.dir, fileName, slots.nextNumber(), (path) => path)
  if (run) slots.adopt(fileName, run)
}

async function takeOverWorker(site: Site, dead: Holder, slots: Slots): Promise<void> {
  const taken = takeOver(site.home, dead)
  if (!taken) return
  const files = jobFiles(taken.dir)
  site.say(`${dead.name} is gone: taking over its ${files.length} jobs`)
  try {
    putBackIntake(site.home, taken.dir)
    for (const fileName of files) {
      const run = await resume(site, taken.dir, fileName, slots.nextNumber(), (path) => take(site, path, fileName))
      if (run) slots.adopt(fileName, run)
    }
    discardFifos(site.home, dead.name)
  } finally {
    taken.leave()
  }
}

/** An operator's command that died in the middle: its job goes back to the state it was taken from. */
async function giveBackOperator(site: Site, dead: Holder, slots: Slots): Promise<void> {
  for (const state of STATES) {
    const place = PLACE_OF[state]
    for (const fileName of names(join(dead.dir, place))) {
      if (fileName.startsWith('.')) continue
      if (state === 'processing') await takeUp(site, join(dead.dir, place), fileName, slots)
      else if (putBack(site.home, place, join(dead.dir, place, fileName), fileName))
        site.say(`${fileName} was being changed by a command that died: back in ${place}/`)
    }
  }
  finishPurges(site.home, dead.dir)
  clear(site.home, dead.dir)
}

function putBack(home: Home, place: Place, path: string, fileName: string): boolean {
  const due = parseName(fileName)?.due
  if (place !== 'done' || due === undefined) return move(path, join(home[place], fileName))
  // Its day may have been removed when it was empty.
  const day = doneDir(home, due / 1000)
  makeDir(day)
  return move(path, join(day, fileName))
}
