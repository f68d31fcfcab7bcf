/**
 * Dropped files: `*.json` that somebody put into `pending/` under a name of his own.
 *
 * Hostile until read. Parse it where it lies, take it into our own directory, read it again, stamp it as a job, move it
 * into `pending/` under our grammar. What is wrong goes to `corrupt/` once it has been still for a while, because
 * somebody may be writing it at this moment. Never run when in doubt, never deleted.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { monotonicMs, nowMicros, randomHex } from '../clock.ts'
import { errno, QueueError } from '../errors.ts'
import { type Job, type JobRequest, MAX_JOB_BYTES, printJob } from '../job/job.ts'
import { formatName, idFromStem } from '../job/file-name.ts'
import { newJob, NotJson, parseJson, readRequest } from '../job/parse.ts'
import { parseInstant } from '../job/time.ts'
import { exists, lstat, makeDir, move, listDir, remove, stamp } from '../disk/files.ts'
import type { Defaults } from './enqueue.ts'
import { flushesRecords } from '../disk/sync.ts'
import { readUntrusted } from '../disk/untrusted.ts'
import type { Home } from './layout.ts'
import { moveToPending } from './transitions.ts'
import { quarantine } from './corrupt.ts'
import { type Reservation, reserve } from './reservation.ts'

/** Where a holder keeps the file it is taking in, under the name it was dropped as. */
const INTAKE = 'intake'
/** A longer name leaves no room for the names we derive from it. */
const LONGEST_NAME = 200

/** Stillness, in ms, after which a file is believed to be as its writer meant it. */
const WRONG_AFTER = 2_000
/** The same for a text that merely ends too early, or a file with a second name. */
const UNFINISHED_AFTER = 60_000

export type IntakeResult =
  | { readonly kind: 'taken'; readonly job: Job; readonly fileName: string }
  | { readonly kind: 'corrupt'; readonly reason: string }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'gone' }

/** Remembers since when each doubtful file has been still, by our own monotonic clock. */
export class Intake {
  readonly #now: () => number
  /** Something lies in our own intake/ that could not be taken in. */
  #hasUnfinished = false
  #still = new Map<string, { readonly signature: string; readonly since: number }>()

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = monotonicMs) {
    this.#now = now
  }

  /** Puts back what could not be taken in for want of room: to be tried again, or written anew, by anybody. */
  putBackUnfinished(home: Home, ownDir: string): void {
    if (!this.#hasUnfinished) return
    putBackIntakeOf(home, ownDir)
    this.#hasUnfinished = false
  }

  /** Does what can be done about one dropped file now. */
  async take(home: Home, ownDir: string, fileName: string, defaults: Defaults): Promise<IntakeResult> {
    const path = join(home.pending, fileName)
    const doubt = findProblem(path, fileName)
    if (doubt === 'gone') {
      this.#still.delete(fileName)
      return { kind: 'gone' }
    }
    if (doubt) {
      if (!this.#isStill(path, fileName, doubt.unfinished ? UNFINISHED_AFTER : WRONG_AFTER)) return { kind: 'waiting' }
      this.#still.delete(fileName)
      return quarantine(home, path, fileName, doubt.reason)
        ? { kind: 'corrupt', reason: doubt.reason }
        : { kind: 'gone' }
    }
    this.#still.delete(fileName)
    // Our directory was taken away: nothing is ours to take, and it must not come back by our hand.
    if (!exists(ownDir)) return { kind: 'gone' }
    const held = join(ownDir, INTAKE, fileName)
    makeDir(join(ownDir, INTAKE))
    // If we die after this: it lies in a dead holder's intake/, goes back to pending/ and is taken in again.
    if (!move(path, held)) return { kind: 'gone' }
    try {
      return await this.#stampAndMove(home, held, fileName, defaults)
    } catch (error) {
      this.#hasUnfinished = true
      this.putBackUnfinished(home, ownDir)
      throw error
    }
  }

  async #stampAndMove(home: Home, held: string, fileName: string, defaults: Defaults): Promise<IntakeResult> {
    const corrupt = (reason: string): IntakeResult =>
      quarantine(home, held, fileName, reason) ? { kind: 'corrupt', reason } : { kind: 'gone' }
    // It may have been swapped between the check and the move: only what lies here now counts.
    const read = readDroppedFile(held)
    if (read === undefined) return { kind: 'gone' }
    if ('reason' in read) return corrupt(read.reason)
    const { request } = read
    let chosen: { readonly id: string; readonly reservation: Reservation }
    try {
      chosen = chooseId(home, request, fileName)
    } catch (error) {
      if (error instanceof QueueError && error.code === 'DUPLICATE_JOB')
        return corrupt(`a job with the id ${request.id} already exists`)
      throw error
    }
    const { id, reservation } = chosen
    const now = nowMicros()
    const runAt = (request.run_at === undefined ? 0 : (parseInstant(request.run_at) ?? 0)) * 1000
    const state = runAt > now ? 'scheduled' : 'pending'
    const job = newJob({ ...request, cwd: request.cwd ?? homedir() }, id, defaults, state, Math.floor(now / 1000))
    const name = formatName({ priority: job.priority, due: Math.max(now, runAt), id, queue: job.queue })
    let isTaken = false
    try {
      isTaken =
        (await stamp(held, printJob(job), flushesRecords(defaults.durability))) && move(held, join(home[state], name))
    } finally {
      // Also when there was no room: else we would meet our own reservation when we try again.
      if (isTaken) reservation.use()
      else reservation.giveUp()
    }
    return isTaken ? { kind: 'taken', job, fileName: name } : { kind: 'gone' }
  }

  #isStill(path: string, fileName: string, forMs: number): boolean {
    const stats = lstat(path)
    const signature = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : ''
    const known = this.#still.get(fileName)
    if (known?.signature === signature) return this.#now() - known.since >= forMs
    this.#still.set(fileName, { signature, since: this.#now() })
    return false
  }
}

interface IntakeProblem {
  readonly reason: string
  readonly unfinished: boolean
}

function findProblem(path: string, fileName: string): IntakeProblem | 'gone' | undefined {
  if (Buffer.byteLength(fileName) > LONGEST_NAME)
    return lstat(path) ? { reason: `its name is longer than ${LONGEST_NAME} bytes`, unfinished: false } : 'gone'
  const read = readDroppedFile(path)
  if (read === undefined) return 'gone'
  return 'reason' in read ? read : undefined
}

function readDroppedFile(path: string): { request: JobRequest } | IntakeProblem | undefined {
  const file = readUntrusted(path, MAX_JOB_BYTES)
  if (file === undefined) return undefined
  if ('refused' in file) return { reason: file.refused, unfinished: file.wait === true }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text: string
  try {
    text = decoder.decode(file.bytes, { stream: true })
  } catch {
    return { reason: 'it is not UTF-8 text', unfinished: false }
  }
  try {
    return { request: readRequest(parseJson(text + decoder.decode())) }
  } catch (error) {
    if (errno(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { reason: 'it ends in the middle of a character', unfinished: true }
    if (error instanceof NotJson) return { reason: `it is not JSON: ${error.message}`, unfinished: error.endsTooEarly }
    if (error instanceof QueueError) return { reason: error.message, unfinished: false }
    throw error
  }
}

/** Puts what a dead holder was taking in back, to be taken in again. */
export function putBackIntakeOf(home: Home, dir: string): void {
  for (const fileName of listDir(join(dir, INTAKE)))
    if (fileName.startsWith('.')) remove(join(dir, INTAKE, fileName))
    else moveToPending(home, join(dir, INTAKE, fileName), fileName)
}

/**
 * The id it asks for; else its stem if that is free, else the stem (or `job`) and something random. Never an id of the
 * form we make: should we die before the job is in view, nobody would believe it in the file we leave.
 */
function chooseId(home: Home, request: JobRequest, fileName: string): { id: string; reservation: Reservation } {
  if (request.id !== undefined) return { id: request.id, reservation: reserve(home, request.id) }
  const stem = idFromStem(fileName)
  for (let id = stem ?? `job-${randomHex(6)}`; ; id = `${stem ?? 'job'}-${randomHex(6)}`) {
    try {
      return { id, reservation: reserve(home, id) }
    } catch (error) {
      if (!(error instanceof QueueError && error.code === 'DUPLICATE_JOB')) throw error
    }
  }
}
