/** What the dead left: holders whose jobs wait, traces, scratch, processes of runs that are over, output of no job. */
import { join, relative } from 'node:path'
import { lstat, listDir } from '../disk/files.ts'
import { jobFiles } from '../spool/scan.ts'
import { holders, heldFileNames } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { isHeld } from '../disk/fifo.ts'
import { scratchOf, settledTraces } from '../spool/leftovers.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { holdersOf } from '../disk/process.ts'

/** Workers and commands that died holding something. */
export function checkHolders(home: Home): CheckResult {
  const all = holders(home)
  const isManned = all.some(({ kind, life }) => kind === 'worker' && life === 'alive')
  const findings: Finding[] = []
  for (const { name, dir, kind, life } of all) {
    if (life === 'elsewhere') findings.push(noteFinding(`${name} belongs to another machine: left alone`))
    // A command lives for milliseconds: it may have ended since it was listed.
    if (life !== 'dead' || !lstat(dir)) continue
    const jobs =
      kind === 'operator' ? listDir(dir).flatMap((place) => heldFileNames(join(dir, place))) : heldFileNames(dir)
    findings.push(
      problemFinding(
        `${name} is dead and holds ${countOf(jobs.length, 'job')}`,
        isManned ? 'a living worker takes over in a moment' : 'the next worker takes over: queuectl worker start',
        { kind: 'recover', holder: name },
      ),
    )
  }
  for (const name of listDir(home.processing).filter((entry) => entry.endsWith('.json')))
    findings.push(
      problemFinding(`processing/${name} is held by nobody`, 'the next worker reads how far it got and goes on'),
    )
  const living = all.filter(({ life }) => life === 'alive').length
  return { check: 'holders', fact: `${living} alive`, findings }
}

/** What the sweeper removes, and what nobody does. @param now milliseconds */
export function checkLeftovers(home: Home, now: number): CheckResult {
  const sweepable = (path: string, what: string): Finding =>
    noteFinding(`${relative(home.root, path)} is left of ${what}`, 'a worker sweeps it', { kind: 'sweep', path })
  const findings = [
    ...scratchOf(home, now).map((path) => sweepable(path, 'a command that died')),
    ...settledTraces(home, now).map((path) => sweepable(path, 'a run that is settled')),
    ...strays(home),
    ...outputOfNoJob(home),
  ]
  return { check: 'leftovers', fact: 'of the dead nothing is left', findings }
}

/** Processes that a run started and that outlived it. They are let be until the job's next run. */
function strays(home: Home): Finding[] {
  const held = new Set([...jobFiles(home, ['processing'])].map((file) => file.name.id))
  return listDir(home.run).flatMap((name) => {
    const [, id = '', run] = /^(.+)\.(\d+)\.fifo$/.exec(name) ?? []
    const path = join(home.run, name)
    if (run === undefined || held.has(id) || !isHeld(path)) return []
    const pids = holdersOf(path)
    return [
      noteFinding(
        `run ${run} of ${id} is over and left ${pids.length === 0 ? 'processes' : `process ${pids.join(', ')}`} running`,
        'let be until the job runs again, then ended; or end it yourself',
      ),
    ]
  })
}

/** Directories in `logs/` whose job is in no state: removed by hand, or an enqueue that died. */
function outputOfNoJob(home: Home): Finding[] {
  const ids = new Set([...jobFiles(home), ...jobFiles(home)].map((file) => file.name.id))
  const lost = listDir(home.logs).filter((name) => !ids.has(name) && lstat(join(home.logs, name))?.isDirectory())
  const [first] = lost
  if (first === undefined) return []
  return [
    noteFinding(
      `logs/ has the output or reservation of ${countOf(lost.length, 'id')} without a job, such as ${first}`,
      'harmless, and free for the next job of that id; remove what you do not want to read',
    ),
  ]
}
