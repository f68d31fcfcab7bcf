/** Checks the jobs: each must be in one place, readable, and of this time. Lists quarantined files. */
import { join, relative } from 'node:path'
import { isPendingName } from '../job/file-name.ts'
import { corruptFiles } from '../spool/corrupt.ts'
import { isRealDir, listDir, lstat } from '../disk/files.ts'
import { STATES } from '../job/state.ts'
import { readJobFile, type JobFile, jobFiles, type Unlisted, type Unreadable } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { runNumbers } from '../run/output-reader.ts'

/** How long (ms) a dropped file may stay unchanged and unreadable: it may still be being written. */
const UNFINISHED_AFTER_MS = 60_000
/** Clocks that differ by less than this (ms) are no finding: it may be a time zone. */
const HOUR_MS = 3_600_000
const YEAR_MS = 31_536_000_000

/** What a scan of all jobs found. */
interface JobsOnDisk {
  readonly paths: Map<string, JobFile[]>
  readonly unreadable: { readonly file: JobFile; readonly content: Unreadable }[]
  readonly ahead: JobFile[]
  readonly unlisted: Unlisted[]
}

/** @param now milliseconds */
export function checkJobs(home: Home, now: number): CheckResult {
  const { paths, unreadable, ahead, unlisted } = scanJobs(home, now)
  const findings = [
    ...unreadable.map(({ file, content }) => unreadableFinding(home, file, content)),
    ...[...paths.values()].flatMap((file) => duplicateFinding(home, file) ?? []),
    ...ahead.map((file) => aheadFinding(home, file, now)),
    ...unlisted.map(({ dir, why }) =>
      problemFinding(
        `${relative(home.root, dir)}/ cannot be listed: ${why}`,
        'check who owns it, its mode and the disk',
      ),
    ),
    ...strangers(home),
    ...ignored(home),
  ]
  return { check: 'jobs', fact: `${countOf(paths.size, 'job')}, each in one place and readable`, findings }
}

function scanJobs(home: Home, now: number): JobsOnDisk {
  const found: JobsOnDisk = { paths: new Map(), unreadable: [], ahead: [], unlisted: [] }
  for (const file of jobFiles(home, STATES, undefined, found.unlisted)) {
    const { id } = file.name
    found.paths.set(id, [...(found.paths.get(id) ?? []), file])
    const content = readJobFile(file)
    if (content && !content.job && !isBeingWritten(file, now)) found.unreadable.push({ file, content })
    if (!file.dropped && isAhead(file, now)) found.ahead.push(file)
  }
  return found
}

const isBeingWritten = (file: JobFile, now: number): boolean =>
  file.dropped === true && now - (lstat(file.path)?.mtimeMs ?? now) < UNFINISHED_AFTER_MS

/** A first run may be scheduled far ahead; all other times are of the past, or one back-off ahead. */
function isAhead({ state, name }: JobFile, now: number): boolean {
  const ahead = name.due / 1000 - now
  return ahead > (state === 'scheduled' ? 10 * YEAR_MS : state === 'failed' ? YEAR_MS + HOUR_MS : HOUR_MS)
}

function unreadableFinding(home: Home, file: JobFile, { unreadable: why, mayBeGood }: Unreadable): Finding {
  const where = relative(home.root, file.path)
  if (mayBeGood)
    return problemFinding(
      `${where} cannot be read now: ${why}`,
      'it stays where it is; check its owner, its mode and the disk',
    )
  const isWaiting = file.state === 'pending' || file.state === 'scheduled' || file.state === 'failed'
  if (file.dropped || !isWaiting)
    return problemFinding(
      `${where} cannot be read: ${why}`,
      file.dropped ? 'a worker quarantines it; or fix it with an editor' : 'fix it with an editor',
    )
  return problemFinding(
    `${where} cannot be read: ${why}`,
    'fix it with an editor; a worker that claims it quarantines it',
    {
      kind: 'set_aside',
      path: file.path,
      fileName: file.fileName,
      reason: why,
    },
  )
}

/** Jobs move during the scan: only a job that is in two places at the same time is a duplicate. */
function duplicateFinding(home: Home, file: readonly JobFile[]): Finding | undefined {
  const existing = [...new Map(file.map((one) => [one.path, one])).values()].filter((one) => lstat(one.path))
  const still = existing.filter((one) => lstat(one.path))
  if (still.length < 2) return undefined
  const paths = still.map((one) => relative(home.root, one.path))
  const what = `${still[0]?.name.id} is in ${still.length} places: ${paths.join(', ')}`
  const copy = still.find((one) => isStaleCopy(home, one))
  if (!copy) return problemFinding(what, 'keep the one you want and remove the other, or give it another id')
  const reason = `a stale copy of ${copy.name.id}: its next run has been before, and the job itself is elsewhere`
  return problemFinding(
    what,
    `${relative(home.root, copy.path)} is the stale copy; a worker that starts it quarantines it`,
    {
      kind: 'set_aside',
      path: copy.path,
      fileName: copy.fileName,
      reason,
    },
  )
}

/** Is it a stale copy by the rule of a worker's start: does its next run have output already? */
function isStaleCopy(home: Home, file: JobFile): boolean {
  if (file.dropped || (file.state !== 'pending' && file.state !== 'scheduled' && file.state !== 'failed')) return false
  const job = readJobFile(file)?.job
  return job !== undefined && runNumbers(home, file.name.id).includes(job.runs + 1)
}

const aheadFinding = (home: Home, file: JobFile, now: number): Finding =>
  noteFinding(
    `${relative(home.root, file.path)} is dated ${Math.round((file.name.due / 1000 - now) / HOUR_MS)} hours from now`,
    'the clock was ahead when it was written, or is behind now',
  )

/** What is neither a directory nor a job file where only holders and days are: left alone, and followed nowhere. */
const strangers = (home: Home): Finding[] =>
  [home.processing, home.done].flatMap((dir) =>
    listDir(dir)
      .filter((name) => !name.endsWith('.json') && !isRealDir(join(dir, name)))
      .map((name) => noteFinding(`${relative(home.root, join(dir, name))} is no directory: left alone`, 'remove it')),
  )

/** Files that a person may take for jobs. */
function ignored(home: Home): Finding[] {
  const others = listDir(home.pending).filter((name) => !isPendingName(name) && !/^\.|~$|\.(tmp|swp|part)$/.test(name))
  const [first] = others
  if (first === undefined) return []
  return [
    noteFinding(
      `pending/ has ${countOf(others.length, 'file')} not called *.json or *.sh, such as ${first}: left alone`,
    ),
  ]
}

/** Quarantined files, and why. */
export function checkCorrupt(home: Home): CheckResult {
  const files = corruptFiles(home)
  const findings = files.map(({ file, reason }) =>
    problemFinding(`${relative(home.root, file)}: ${reason}`, 'fix it and mv it to pending/, or remove it'),
  )
  return {
    check: 'corrupt',
    fact: files.length === 0 ? 'no quarantined files' : countOf(files.length, 'file'),
    findings,
  }
}
