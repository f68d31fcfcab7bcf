/** Checks what jobs wait for: that it is there, that none waits for itself by way of others, and what lies at the doors. */
import { basename, join, relative } from 'node:path'
import { holds, openConditions, parentsFirst } from '../job/after.ts'
import { parseName, whyNotId } from '../job/file-name.ts'
import type { Job } from '../job/job.ts'
import { UNFINISHED } from '../job/state.ts'
import { exists, isRealDir, listDir, listRealDir } from '../disk/files.ts'
import { cancelledAt, childrenAt, stateOfParent } from '../spool/doors.ts'
import type { Home } from '../spool/layout.ts'
import { findExact } from '../spool/lookup.ts'
import { doorDirs, type JobFile, jobFiles, readJobFile } from '../spool/scan.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'

interface Waiting {
  readonly file: JobFile
  readonly job: Job
}

export function checkDoors(home: Home): CheckResult {
  if (!exists(home.waiting)) return { check: 'doors', fact: 'no job waits for another', findings: [] }
  const waiting = [...jobFiles(home, ['waiting', 'held'])].flatMap((file): Waiting[] => {
    const job = readJobFile(file)?.job
    return job && openConditions(job).length > 0 ? [{ file, job }] : []
  })
  const findings = [...rings(home, waiting), ...missing(home, waiting), ...hints(home), ...strangers(home)]
  return { check: 'doors', fact: `${countOf(waiting.length, 'job')} waiting for others, none in a ring`, findings }
}

/** Only hands make a ring: an edited record, or an id that was used again. */
function rings(home: Home, waiting: readonly Waiting[]): Finding[] {
  const { cycles } = parentsFirst(waiting.map(({ job }) => ({ id: job.id, after: openConditions(job) })))
  const found = new Map<string, Finding>()
  for (const [i, ring] of cycles) {
    const members = ring.slice(0, -1).toSorted().join(' ')
    const file = waiting[i]?.file
    if (!file || found.has(members)) continue
    const how = `run one without waiting: mv ${relative(home.root, file.path)} pending/, or end it: queuectl cancel ${file.name.id}`
    found.set(members, problemFinding(`${ring.join(' waits for ')}: none of them can ever run`, how))
  }
  return [...found.values()]
}

/** What is waited for and is nowhere. */
function missing(home: Home, waiting: readonly Waiting[]): Finding[] {
  const ids = new Set(Array.from(jobFiles(home), ({ name }) => name.id))
  return waiting.flatMap(({ file, job }) =>
    openConditions(job).flatMap(({ job: parent, when }): Finding[] => {
      // A job may have moved during the listing.
      if (ids.has(parent) || stateOfParent(home, parent) !== 'gone') return []
      const what = `${job.id} waits for ${parent}, which is nowhere`
      if (holds(when, 'gone')) return [noteFinding(what, 'that counts as its end: the next worker lets it go on')]
      if (job.when_impossible !== 'wait')
        return [noteFinding(what, 'that counts as a failure: the next worker cancels it')]
      const how = `run it without waiting: mv ${relative(home.root, file.path)} pending/, or enqueue a job of that id`
      return [problemFinding(`${what}, and waits on, as its when_impossible says`, how)]
    }),
  )
}

/** What says which jobs were cancelled because of another. */
function hints(home: Home): Finding[] {
  const hinted = doorDirs(home)
    .map((dir) => basename(dir))
    .filter((parent) => cancelledAt(home, parent).length > 0)
  if (hinted.length === 0) return []
  const unfinished = new Set(Array.from(jobFiles(home, UNFINISHED), ({ name }) => name.id))
  return hinted.flatMap((parent) => {
    if (unfinished.has(parent)) return retriedSince(home, parent)
    if (childrenAt(home, parent).length > 0 || stateOfParent(home, parent) !== 'gone') return []
    const what = `waiting/${parent}/ says what was cancelled because of ${parent}, which is gone`
    return [noteFinding(what, 'nothing comes back because of it: remove that directory')]
  })
}

function retriedSince(home: Home, parent: string): Finding[] {
  const dead = cancelledAt(home, parent).filter((id) => {
    const file = findExact(home, id)
    return file?.state === 'dead' && readJobFile(file)?.job?.cancelled?.because === parent
  })
  if (dead.length === 0) return []
  const what = `${parent} was retried, and is still to bring back ${dead.slice(0, 3).join(', ')}${dead.length > 3 ? ' …' : ''}`
  return [noteFinding(what, 'a worker does that within half a minute: queuectl worker start')]
}

/** What is neither a door nor a job at one: left alone. */
function strangers(home: Home): Finding[] {
  const inWaiting = listDir(home.waiting)
    .filter((name) => whyNotId(name) !== undefined || !isRealDir(join(home.waiting, name)))
    .map((name) => noteFinding(`waiting/${name} is no door: left alone`, 'remove it'))
  const atDoors = doorDirs(home).flatMap((dir) =>
    listRealDir(dir)
      .filter((name) => parseName(name) === undefined && !name.startsWith('.'))
      .map((name) => noteFinding(`${relative(home.root, join(dir, name))} is no job: left alone`, 'remove it')),
  )
  return [...inWaiting, ...atDoors]
}
