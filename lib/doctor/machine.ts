/** What the home stands on: room, the file system and its clock, versions. Nothing here depends on how many jobs there are. */
import { QueueError } from '../errors.ts'
import { type FileSystemKind, probeFileSystem, watchLimits } from '../disk/probe.ts'
import { holders } from '../spool/holders.ts'
import type { Home } from '../spool/layout.ts'
import { diskSpace } from '../disk/space.ts'
import { VERSION } from '../version.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { readConfig } from '../config/file.ts'

const MEBI = 1_048_576

export function checkSpace(home: Home): CheckResult {
  const { state, free_bytes, free_inodes, ballast } = diskSpace(home)
  const files = free_inodes === undefined ? '' : `, room for ${free_inodes} files`
  const fact = `${Math.floor(free_bytes / MEBI)} MiB free${files}`
  const findings: Finding[] = []
  if (state === 'full')
    findings.push(
      problemFinding(
        `the disk is full (${fact}): no job is started until there is room; nothing is lost`,
        'free some space; work goes on by itself',
      ),
    )
  if (state === 'low') findings.push(noteFinding(`the disk is nearly full (${fact})`, 'free some space'))
  const works = holders(home).some(({ kind, life }) => kind === 'worker' && life === 'alive')
  if (state !== 'full' && works && !ballast)
    findings.push(
      noteFinding('the ballast, which is given up when the disk is full, is not there', 'a worker makes it anew'),
    )
  return { check: 'disk', fact, findings }
}

/** Answers of the file system are later than the question by less than this (ms). */
const CLOCK_TOLERANCE = 2000

/** Tries what the queue needs in a scratch directory. */
export function checkFileSystem(home: Home): CheckResult {
  const { type, kind, failed, ahead } = probeFileSystem(home)
  const findings: Finding[] = [...kindFindings(home, kind, type)]
  for (const { ability, why } of failed)
    findings.push(
      ability === 'watch a directory'
        ? noteFinding(
            `cannot ${ability} (${why}): a worker looks every poll-interval instead`,
            'raise fs.inotify.max_user_instances and max_user_watches',
          )
        : problemFinding(
            `${ability}: does not work here (${why})`,
            'use a home on a local file system: --home or QUEUECTL_HOME',
          ),
    )
  if (ahead !== undefined && Math.abs(ahead) > CLOCK_TOLERANCE)
    findings.push(
      noteFinding(
        `the clock of the file system is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'} ours`,
        'set both by the same time server',
      ),
    )
  const limits = watchLimits()
  const watching = limits ? `, inotify: ${limits.watches} watches, ${limits.instances} instances` : ''
  return { check: 'file system', fact: `${type}${watching}`, findings }
}

function kindFindings(home: Home, kind: FileSystemKind, type: string): Finding[] {
  switch (kind) {
    case 'memory':
      return durabilityOf(home) === 'none'
        ? []
        : [noteFinding(`the home lies in memory (${type}): its jobs are gone when the machine stops`)]
    case 'network':
    case 'fuse':
      return [
        noteFinding(
          `the home lies on a ${kind === 'fuse' ? 'FUSE' : 'network'} file system (${type}): what is promised of local ones is not promised here, and other machines must leave it alone`,
        ),
      ]
    case 'local':
    case 'unknown':
      return []
  }
}

function durabilityOf(home: Home): string {
  try {
    return readConfig(home).durability
  } catch (error) {
    // That config.json cannot be read is another check's finding.
    if (error instanceof QueueError) return 'enqueue'
    throw error
  }
}

export function checkVersions(home: Home): CheckResult {
  const workers = holders(home).filter(({ kind, life }) => kind === 'worker' && life === 'alive')
  const findings = workers
    .filter(({ card }) => card?.version !== VERSION)
    .map(({ name, card }) =>
      noteFinding(
        `${name} runs queuectl ${card?.version ?? 'of an unknown version'}, this is ${VERSION}`,
        'queuectl worker stop --leave && queuectl worker start: its jobs run on',
      ),
    )
  const fact = `queuectl ${VERSION}, node ${process.version}, ${countOf(workers.length, 'worker')}`
  return { check: 'versions', fact, findings }
}
