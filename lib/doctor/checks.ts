/**
 * The doctor: looks at a home and changes nothing in it, save that it tries the file system in a scratch directory of
 * its own in `tmp/`. What is wrong is mended elsewhere (`doctor/fix.ts`), and only on demand.
 */
import { existsSync } from 'node:fs'
import { explained, QueueError } from '../errors.ts'
import type { Home } from '../spool/layout.ts'
import type { CheckResult } from './finding.ts'
import { checkCorrupt, checkJobs } from './jobs.ts'
import { checkHolders, checkLeftovers } from './leftovers.ts'
import { checkFileSystem, checkSpace, checkVersions } from './machine.ts'
import { checkPermissions, checkSettings, checkStructure } from './home.ts'
import { problemFinding } from './finding.ts'

/** Everything. @throws QueueError FAILED when there is no home. */
export function runChecks(home: Home, now: number): CheckResult[] {
  if (!existsSync(home.root))
    throw new QueueError('FAILED', `there is no home in ${home.root}`, 'make one with: queuectl init')
  return [
    tried('structure', () => checkStructure(home)),
    tried('permissions', () => checkPermissions(home)),
    ...runQuickChecks(home),
    tried('jobs', () => checkJobs(home, now)),
    tried('corrupt', () => checkCorrupt(home)),
    tried('holders', () => checkHolders(home)),
    tried('leftovers', () => checkLeftovers(home, now)),
  ]
}

/** What takes the same few milliseconds however many jobs there are: a worker does it when it starts. */
export const runQuickChecks = (home: Home): CheckResult[] => [
  tried('settings', () => checkSettings(home)),
  tried('versions', () => checkVersions(home)),
  tried('disk', () => checkSpace(home)),
  tried('file system', () => checkFileSystem(home)),
]

/** A check that cannot be made is a finding, and keeps nobody from the others. */
function tried(check: string, make: () => CheckResult): CheckResult {
  try {
    return make()
  } catch (error) {
    const told = explained(error, `check: ${check}`)
    if (!(told instanceof QueueError)) throw error
    return { check, fact: 'not known', findings: [problemFinding(told.message, told.hint)] }
  }
}
