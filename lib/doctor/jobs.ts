/** The jobs: each in one place, readable, of this time; and what was set aside. */
import { relative } from 'node:path'
import { isIntakeName } from '../job/file-name.ts'
import { corruptFiles } from '../spool/corrupt.ts'
import { lstat, listDir } from '../disk/files.ts'
import { type JobContent, readJobFile, type JobFile, jobFiles } from '../spool/scan.ts'
import type { Home } from '../spool/layout.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { runNumbers } from '../run/output-reader.ts'

/** A dropped file may be written this slowly before it counts as one that cannot be read (ms). */
const UNFINISHED_AFTER = 60_000
/** Clocks that differ by less than this are a time zone at most (ms). */
const FAR = 3_600_000
const YEAR = 31_536_000_000

/** What one look at all jobs found. */
interface JobsOnDisk {
  readonly paths: Map<string, JobFile[]>
  readonly unreadable: { readonly file: JobFile; readonly why: string }[]
  readonly ahead: JobFile[]
}

/** @param now milliseconds */
export function checkJobs(home: Home, now: number): CheckResult {
  const { paths, unreadable, ahead } = lookAtAll(home, now)
  const findings = [
    ...unreadable.map(({ file, why }) => unreadableFinding(home, file, why)),
    ...[...paths.values()].flatMap((file) => doubleFinding(home, file) ?? []),
    ...ahead.map((file) => aheadFinding(home, file, now)),
    ...ignored(home),
  ]
  return { check: 'jobs', fact: `${countOf(paths.size, 'job')}, each in one place and readable`, findings }
}

function lookAtAll(home: Home, now: number): JobsOnDisk {
  const found: JobsOnDisk = { paths: new Map(), unreadable: [], ahead: [] }
  for (const file of jobFiles(home)) {
    const { id } = file.name
    found.paths.set(id, [...(found.paths.get(id) ?? []), file])
    const content = contentOf(file)
    if (content && !content.job && !isBeingWritten(file, now)) found.unreadable.push({ file, why: content.unreadable })
    if (!file.dropped && isAhead(file, now)) found.ahead.push(file)
  }
  return found
}

function contentOf(file: JobFile): JobContent | undefined {
  try {
    return readJobFile(file)
  } catch (error) {
    // No regular file, or one that the system does not let us read: listed with what it says.
    return { unreadable: error instanceof Error ? error.message : String(error) }
  }
}

const isBeingWritten = (file: JobFile, now: number): boolean =>
  file.dropped === true && now - (lstat(file.path)?.mtimeMs ?? now) < UNFINISHED_AFTER

/** A first run may be planned for long after; everything else has a time that was the present, or a backoff away. */
function isAhead({ state, name }: JobFile, now: number): boolean {
  const ahead = name.due / 1000 - now
  return ahead > (state === 'scheduled' ? 10 * YEAR : state === 'failed' ? YEAR + FAR : FAR)
}

function unreadableFinding(home: Home, file: JobFile, why: string): Finding {
  const where = relative(home.root, file.path)
  const isWaiting = file.state === 'pending' || file.state === 'scheduled' || file.state === 'failed'
  if (file.dropped || !isWaiting)
    return problemFinding(
      `${where} cannot be read: ${why}`,
      file.dropped ? 'a worker sets it aside; or mend it with an editor' : 'mend it with an editor',
    )
  return problemFinding(`${where} cannot be read: ${why}`, 'mend it with an editor; whoever claims it sets it aside', {
    kind: 'set_aside',
    path: file.path,
    fileName: file.fileName,
    reason: why,
  })
}

/** Jobs move while one looks: only what lies in two places at the same time is double. */
function doubleFinding(home: Home, file: readonly JobFile[]): Finding | undefined {
  const there = [...new Map(file.map((one) => [one.path, one])).values()].filter((one) => lstat(one.path))
  const still = there.filter((one) => lstat(one.path))
  if (still.length < 2) return undefined
  const places = still.map((one) => relative(home.root, one.path))
  const what = `${still[0]?.name.id} lies in ${still.length} places: ${places.join(', ')}`
  const copy = still.find((one) => isOlderThanTheDisk(home, one))
  if (!copy) return problemFinding(what, 'keep the one you want and remove the other, or give it another id')
  const reason = `a stale copy of ${copy.name.id}: its next run has been before, and the job itself lies elsewhere`
  return problemFinding(what, `${relative(home.root, copy.path)} is the stale copy; whoever starts it sets it aside`, {
    kind: 'set_aside',
    path: copy.path,
    fileName: copy.fileName,
    reason,
  })
}

/** By the rule of whoever would start it: the run it asks for has left output already. */
function isOlderThanTheDisk(home: Home, file: JobFile): boolean {
  if (file.dropped || (file.state !== 'pending' && file.state !== 'scheduled' && file.state !== 'failed')) return false
  const job = contentOf(file)?.job
  return job !== undefined && runNumbers(home, file.name.id).includes(job.runs + 1)
}

const aheadFinding = (home: Home, file: JobFile, now: number): Finding =>
  noteFinding(
    `${relative(home.root, file.path)} is of a time ${Math.round((file.name.due / 1000 - now) / FAR)} hours from now`,
    'the clock was ahead when it was written, or is behind now',
  )

/** Files that a person may believe to be jobs. */
function ignored(home: Home): Finding[] {
  const strange = listDir(home.pending).filter((name) => !isIntakeName(name) && !/^\.|~$|\.(tmp|swp|part)$/.test(name))
  const [first] = strange
  if (first === undefined) return []
  return [
    noteFinding(`pending/ has ${countOf(strange.length, 'file')} not called *.json, such as ${first}: left alone`),
  ]
}

/** What could not be understood, and why. */
export function checkCorrupt(home: Home): CheckResult {
  const files = corruptFiles(home)
  const findings = files.map(({ file, reason }) =>
    problemFinding(`${relative(home.root, file)}: ${reason}`, 'mend it and mv it to pending/, or remove it'),
  )
  return {
    check: 'corrupt',
    fact: files.length === 0 ? 'nothing was set aside' : countOf(files.length, 'file'),
    findings,
  }
}
