/** Checks disk space, the file system and its clock, and versions. Takes equally long for any number of jobs. */
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
        'free some space; workers go on by themselves',
      ),
    )
  if (state === 'low') findings.push(noteFinding(`the disk is nearly full (${fact})`, 'free some space'))
  const hasWorker = holders(home).some(({ kind, life }) => kind === 'worker' && life === 'alive')
  if (state !== 'full' && hasWorker && !ballast)
    findings.push(
      noteFinding('the ballast, which is given up when the disk is full, is missing', 'a worker makes it again'),
    )
  return { check: 'disk', fact, findings }
}

/** How far (ms) the clock of the file system may differ from ours. */
const CLOCK_TOLERANCE_MS = 2000

/** Tests what the queue needs, in a scratch directory. */
export function checkFileSystem(home: Home): CheckResult {
  const { type, kind, failed, ahead } = probeFileSystem(home)
  const findings: Finding[] = [...kindFindings(home, kind, type)]
  for (const { ability, why } of failed)
    findings.push(
      ability === 'watch a directory'
        ? noteFinding(
            `cannot ${ability} (${why}): a worker scans every poll-interval instead`,
            'raise fs.inotify.max_user_instances and max_user_watches',
          )
        : problemFinding(
            `${ability}: does not work here (${why})`,
            'use a home on a local file system: --home or QUEUECTL_HOME',
          ),
    )
  if (ahead !== undefined && Math.abs(ahead) > CLOCK_TOLERANCE_MS)
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
        : [noteFinding(`the home is in memory (${type}): its jobs are lost when the machine stops`)]
    case 'network':
    case 'fuse':
      return [
        noteFinding(
          `the home is on a ${kind === 'fuse' ? 'FUSE' : 'network'} file system (${type}): the promises for local file systems do not hold, and no other machine may use it`,
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
  for (const { name, card } of workers)
    if (card?.pid === 1)
      findings.push(
        noteFinding(
          `${name} is PID 1 of its container and reaps no zombies that jobs leave: start the container with an init (--init)`,
          'docker run --init, podman run --init, or init: true in compose',
        ),
      )
  const fact = `queuectl ${VERSION}, node ${process.version}, ${countOf(workers.length, 'worker')}`
  return { check: 'versions', fact, findings }
}
