/**
 * Takes in dropped files: `*.json` and `*.sh` that people or programs put into `pending/` under any name.
 *
 * They are untrusted. Parse the file in place, move it into our own directory, read it again, stamp it as a job, move
 * it into `pending/` under a job name. A wrong file is quarantined once it has not changed for a while, because it may
 * still be being written. A doubtful file is never run and never deleted. Nothing in a script shows that it is whole, so
 * it is taken once it has not changed for a while and no visible process is writing to it.
 */
import { join } from 'node:path'
import { monotonicMs, nowMs, randomHex } from '../clock.ts'
import { defaultDirectory } from '../config/env.ts'
import { errno, QueueError } from '../errors.ts'
import { type Job, type JobRequest, MAX_JOB_BYTES } from '../job/job.ts'
import { slugOf } from '../job/key.ts'
import { printJob } from '../job/print.ts'
import { idFromStem, isScriptName } from '../job/file-name.ts'
import { NotJson } from '../job/parse.ts'
import { droppedRequest } from '../job/script.ts'
import { readAs, type ReadRequest } from '../job/spelling.ts'
import { exists, isRealDir, listRealDir, lstat, move, remove, stamp } from '../disk/files.ts'
import type { Defaults } from './enqueue.ts'
import { hasKey, NotUnique } from './not-unique.ts'
import { takeKey } from './unique.ts'
import { queueRetries } from './queue-files.ts'
import { findHolders } from '../disk/process.ts'
import { flushesRecords } from '../disk/sync.ts'
import { conditionsOf, judge, type ParentState } from '../job/after.ts'
import { Signs, stateOfParent } from './doors.ts'
import { layOut } from './new-job.ts'
import { readUntrusted } from '../disk/untrusted.ts'
import type { Home } from './layout.ts'
import { moveOut, moveToPending } from './transitions.ts'
import { makeRealDir, quarantine } from './corrupt.ts'
import { type Reservation, reserve } from './reservation.ts'

/** The directory in a holder's directory for the file it is taking in, under the name it was dropped as. */
const INTAKE = 'intake'
/** In bytes. A longer name leaves no room for the names we derive from it. */
const LONGEST_NAME = 200

/** A wrong file that has not changed for this time (ms) is quarantined. */
const WRONG_AFTER_MS = 2_000
/** The same for a text that ends too early, or a file with a second hard link. */
const UNFINISHED_AFTER_MS = 60_000
/** A file that is not finished and has not changed for this time (ms) is not worth waiting for: its writer may have died. */
const STALLED_AFTER_MS = 10_000
/** A script that has not changed for this time (ms) is whole. */
const SCRIPT_AFTER_MS = 10_000

export type IntakeResult =
  | { readonly kind: 'taken'; readonly job: Job; readonly fileName: string }
  | { readonly kind: 'corrupt'; readonly reason: string }
  /** `ms`: when to try again, if that is known. */
  | { readonly kind: 'waiting'; readonly ms?: number }
  | { readonly kind: 'gone' }

/** Takes dropped files in, and remembers by a monotonic clock since when each one that must wait has not changed. */
export class Intake {
  readonly #now: () => number
  /** A file in our own intake/ could not be taken in. */
  #hasUnfinished = false
  /** By file name: the files that wait, as they were when they last changed. */
  readonly #waiting = new Map<string, { readonly signature: string; readonly since: number }>()

  /** @param now milliseconds on a clock that never jumps */
  constructor(now: () => number = monotonicMs) {
    this.#now = now
  }

  /** Puts back to `pending/` what could not be taken in because the disk was full. */
  putBackUnfinished(home: Home, ownDir: string): void {
    if (!this.#hasUnfinished) return
    putBackIntakeOf(home, ownDir)
    this.#hasUnfinished = false
  }

  /** Takes in one dropped file, or quarantines it, or waits until it has not changed for long enough. */
  async take(home: Home, ownDir: string, fileName: string, defaults: Defaults): Promise<IntakeResult> {
    const path = join(home.pending, fileName)
    const problem = findProblem(home, path, fileName)
    if (problem === 'gone') {
      this.#waiting.delete(fileName)
      return { kind: 'gone' }
    }
    if (problem) {
      const wrongAfter = isScriptName(fileName) ? SCRIPT_AFTER_MS : WRONG_AFTER_MS
      if (this.#unchangedMs(path, fileName) < (problem.unfinished ? UNFINISHED_AFTER_MS : wrongAfter))
        return { kind: 'waiting' }
      this.#waiting.delete(fileName)
      return quarantine(home, path, fileName, problem.reason)
        ? { kind: 'corrupt', reason: problem.reason }
        : { kind: 'gone' }
    }
    const ms = isScriptName(fileName) ? this.#scriptWait(path, fileName) : 0
    if (ms > 0) return { kind: 'waiting', ms }
    this.#waiting.delete(fileName)
    // Our directory was removed, which revoked our lease: do not recreate it.
    if (!exists(ownDir)) return { kind: 'gone' }
    const held = join(ownDir, INTAKE, fileName)
    makeRealDir(home, join(ownDir, INTAKE))
    // If we die after this: it is in a dead holder's intake/, goes back to pending/ and is taken in again.
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
    // It may have been replaced between the check and the move: only what is here now counts.
    const read = readDroppedFile(held, fileName)
    if (read === undefined) return { kind: 'gone' }
    if ('reason' in read) return corrupt(read.reason)
    const { request } = read
    let chosen: { readonly id: string; readonly reservation: Reservation }
    try {
      chosen = chooseId(home, request, { fileName, held })
    } catch (error) {
      if (error instanceof QueueError && error.code === 'DUPLICATE_JOB')
        return corrupt([`a job with the id ${request.id} already exists`, ...readAs('id', read.warnings)].join('; '))
      throw error
    }
    const { id, reservation } = chosen
    const keys: Reservation[] = []
    const signs = new Signs(home)
    try {
      const stateOf = (parent: string): ParentState => {
        signs.leave(parent)
        return stateOfParent(home, parent)
      }
      const standing = request.after && judge(request, stateOf)
      if (standing?.kind === 'impossible') {
        reservation.giveUp()
        return corrupt(`it waits for ${standing.because}, which is ${standing.is}`)
      }
      const full = { ...request, cwd: request.cwd ?? defaultDirectory() }
      const own = { ...defaults, max_retries: queueRetries(home)(full.queue) ?? defaults.max_retries, slugOf }
      const { job, fileName: name, dir } = layOut(home, full, id, own, standing)
      // If its process has not published the job of this key yet, ours is taken in again.
      if (hasKey(job))
        keys.push(takeKey(home, job, { file: held, durable: flushesRecords(defaults.durability), patienceMs: 0 }))
      let isTaken = false
      try {
        isTaken =
          (await stamp(held, printJob(job), flushesRecords(defaults.durability))) &&
          moveOut(home, held, join(dir, name), job)
      } finally {
        // Also on an error: else the next try would find our own reservation.
        for (const one of [reservation, ...keys])
          if (isTaken) one.use()
          else one.giveUp()
      }
      return isTaken ? { kind: 'taken', job, fileName: name } : { kind: 'gone' }
    } catch (error) {
      // Before the job was there; afterwards this does nothing.
      if (keys.length === 0) reservation.giveUp()
      if (error instanceof NotUnique) return corrupt(`unique: ${error.job.id} has the key ${request.unique}`)
      throw error
    } finally {
      signs.remove()
    }
  }

  /** How long (ms) until a script can be whole; it is asked again then. Its own time says so at once if it was moved here. */
  #scriptWait(path: string, fileName: string): number {
    const stats = lstat(path)
    if (!stats) return 0
    const left = SCRIPT_AFTER_MS - Math.max(nowMs() - stats.mtimeMs, this.#unchangedMs(path, fileName))
    if (left > 0) return left
    const isWanted = (name: string): boolean => name.endsWith(`/${fileName}`)
    return findHolders(stats, { isWanted, isWriting: true }).pids.length > 0 ? SCRIPT_AFTER_MS : 0
  }

  /** Does it wait to be finished by a writer that has not written to it for a while? */
  isStalled(home: Home, fileName: string): boolean {
    if (isScriptName(fileName) || !this.#waiting.has(fileName)) return false
    return this.#unchangedMs(join(home.pending, fileName), fileName) >= STALLED_AFTER_MS
  }

  /** For how long (ms) a file has not changed, as far as we have seen. */
  #unchangedMs(path: string, fileName: string): number {
    const stats = lstat(path)
    const signature = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}` : ''
    const known = this.#waiting.get(fileName)
    if (known?.signature === signature) return this.#now() - known.since
    this.#waiting.set(fileName, { signature, since: this.#now() })
    return 0
  }
}

interface IntakeProblem {
  readonly reason: string
  readonly unfinished: boolean
}

function findProblem(home: Home, path: string, fileName: string): IntakeProblem | 'gone' | undefined {
  if (Buffer.byteLength(fileName) > LONGEST_NAME)
    return lstat(path) ? { reason: `its name is longer than ${LONGEST_NAME} bytes`, unfinished: false } : 'gone'
  const read = readDroppedFile(path, fileName)
  if (read === undefined) return 'gone'
  if ('reason' in read) return read
  // Its writer may be about to add that one.
  const missing = conditionsOf(read.request).find(({ job }) => stateOfParent(home, job) === 'gone')
  return missing && { reason: `there is no job ${missing.job} to wait for`, unfinished: true }
}

function readDroppedFile(path: string, fileName: string): ReadRequest | IntakeProblem | undefined {
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
    text += decoder.decode()
    if (isScriptName(fileName) && text.trim() === '') return { reason: 'it is empty', unfinished: true }
    return droppedRequest(text, fileName, nowMs())
  } catch (error) {
    if (errno(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { reason: 'it ends in the middle of a character', unfinished: true }
    if (error instanceof NotJson) return { reason: `it is not JSON: ${error.message}`, unfinished: error.endsTooEarly }
    if (error instanceof QueueError) return { reason: error.message, unfinished: false }
    throw error
  }
}

/** Puts back to `pending/` what a dead holder was taking in. */
export function putBackIntakeOf(home: Home, dir: string): void {
  for (const fileName of listRealDir(join(dir, INTAKE)))
    if (!fileName.startsWith('.')) moveToPending(home, join(dir, INTAKE, fileName), fileName)
    else if (!isRealDir(join(dir, INTAKE, fileName))) remove(join(dir, INTAKE, fileName))
}

/**
 * Reserves the id that the file asks for; else its stem if that is free; else the stem (or `job`) and a random suffix.
 * Never a ULID: if we die before the move, the stamped file is taken in again, and a dropped file may not ask for one.
 */
function chooseId(
  home: Home,
  request: JobRequest,
  { fileName, held }: { readonly fileName: string; readonly held: string },
): { id: string; reservation: Reservation } {
  if (request.id !== undefined) return { id: request.id, reservation: reserve(home, request.id, held) }
  const stem = idFromStem(fileName)
  for (let id = stem ?? `job-${randomHex(6)}`; ; id = `${stem ?? 'job'}-${randomHex(6)}`) {
    try {
      return { id, reservation: reserve(home, id, held) }
    } catch (error) {
      if (!(error instanceof QueueError && error.code === 'DUPLICATE_JOB')) throw error
    }
  }
}
