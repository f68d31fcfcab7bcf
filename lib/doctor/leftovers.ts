/** Checks what dead processes left: holders with jobs, traces, scratch, stray processes, output without a job. */
import { join, relative } from 'node:path'
import { listDir, listRealDir, lstat } from '../disk/files.ts'
import { jobFiles } from '../spool/scan.ts'
import { leaseAge } from '../disk/lease.ts'
import { nowMs } from '../clock.ts'
import { isoTime } from '../job/time.ts'
import { roughDuration } from '../job/time-text.ts'
import { silentSince } from '../spool/silence.ts'
import { holders, heldFileNames } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { lifeOf, processesOf } from '../run/run-life.ts'
import { runPaths } from '../run/paths.ts'
import { readMark } from '../run/traces.ts'
import { troublesOf } from '../spool/troubles.ts'
import { scratchOf } from '../spool/leftovers.ts'
import { settledTraces } from '../run/settled-traces.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'

/** Workers and commands that died while they held jobs. */
export function checkHolders(home: Home): CheckResult {
  const findings: Finding[] = []
  const all = holders(home, (name, error) =>
    findings.push(problemFinding(`processing/${name} cannot be read: ${String(error)}`, 'left alone until it can be')),
  )
  const hasWorker = all.some(({ kind, life }) => kind === 'worker' && life === 'alive')
  for (const { entry, why, since } of troublesOf(all))
    findings.push(problemFinding(`a worker leaves ${entry} alone since ${since}: ${why}`, 'it tries again by itself'))
  for (const holder of all) {
    const { name, dir, kind, life } = holder
    if (life === 'elsewhere') findings.push(elsewhereFinding(name, leaseAge(dir, nowMs())))
    const since = silentSince(holder)
    if (since !== undefined)
      findings.push(
        problemFinding(
          `${name} is alive and has not answered since ${isoTime(since)}: it is stopped, frozen or stuck`,
          'kill -CONT wakes a stopped one; kill -9 ends one, and the next worker adopts its jobs',
        ),
      )
    // A command lives for milliseconds: it may have ended since it was listed.
    if (life !== 'dead' || !lstat(dir)) continue
    const jobs =
      kind === 'operator' ? listRealDir(dir).flatMap((from) => heldFileNames(join(dir, from))) : heldFileNames(dir)
    findings.push(
      problemFinding(
        `${name} is dead and holds ${countOf(jobs.length, 'job')}`,
        hasWorker ? 'a live worker takes over in a moment' : 'the next worker takes over: queuectl worker start',
        { kind: 'recover', holder: name },
      ),
    )
  }
  for (const name of listDir(home.processing).filter((entry) => entry.endsWith('.json')))
    findings.push(problemFinding(`processing/${name} has no holder`, 'the next worker resumes it'))
  const alive = all.filter(({ life }) => life === 'alive').length
  return { check: 'holders', fact: `${alive} alive`, findings }
}

function elsewhereFinding(name: string, leaseAgeMs: number | undefined): Finding {
  const age = leaseAgeMs === undefined ? 'it has no lease' : `its lease was renewed ${roughDuration(leaseAgeMs)} ago`
  return noteFinding(
    `${name} is elsewhere, ${age}: left alone`,
    `if its machine is gone for good: queuectl worker forget ${name}`,
  )
}

/** What a worker's maintenance removes, and what it leaves. @param now milliseconds */
export function checkLeftovers(home: Home, now: number): CheckResult {
  const sweepable = (path: string, what: string): Finding =>
    noteFinding(`${relative(home.root, path)} is left over from ${what}`, 'a worker removes it', {
      kind: 'sweep',
      path,
    })
  const findings = [
    ...scratchOf(home, now).map((path) => sweepable(path, 'a command that died')),
    ...settledTraces(home, now).map((path) => sweepable(path, 'a run that is settled')),
    ...strays(home),
    ...outputOfNoJob(home),
  ]
  return { check: 'leftovers', fact: 'no leftovers', findings }
}

/** Processes that outlived their run. They may go on until the job's next run. */
function strays(home: Home): Finding[] {
  const held = new Set([...jobFiles(home, ['processing'])].map((file) => file.name.id))
  const runs = new Set(listDir(home.run).flatMap((name) => /^(.+\.\d+)\.(?:fifo|mark)$/.exec(name)?.[1] ?? []))
  return [...runs].flatMap((name) => {
    const [, id = '', run = ''] = /^(.+)\.(\d+)$/.exec(name) ?? []
    if (held.has(id)) return []
    const paths = runPaths(home, id, Number(run))
    let pids: readonly number[]
    try {
      const { mark } = readMark(paths)
      if (lifeOf(paths, mark, true) === 'over') return []
      pids = processesOf(paths, mark)
    } catch (error) {
      return [problemFinding(`whether run ${run} of ${id} is over cannot be told: ${String(error)}`)]
    }
    return [
      noteFinding(
        `run ${run} of ${id} is over and left ${pids.length === 0 ? 'processes that are not visible' : `process ${pids.join(', ')}`} running`,
        pids.length === 0
          ? `find them with: fuser ${paths.fifo}; the job does not run again before, unless with: queuectl retry --beside`
          : 'it may go on until the job runs again; or end it yourself',
      ),
    ]
  })
}

/** Directories in `logs/` without a job: it was removed by hand, or its enqueue died. */
function outputOfNoJob(home: Home): Finding[] {
  const ids = new Set([...jobFiles(home), ...jobFiles(home)].map((file) => file.name.id))
  const lost = listDir(home.logs).filter((name) => !ids.has(name) && lstat(join(home.logs, name))?.isDirectory())
  const [first] = lost
  if (first === undefined) return []
  return [
    noteFinding(
      `logs/ has the output or reservation of ${countOf(lost.length, 'id')} without a job, such as ${first}`,
      'harmless, and the next job of that id may use it; remove what you do not need',
    ),
  ]
}
