/**
 * Checks a home. Changes nothing in it, except that it tests the file system in a scratch directory in `tmp/`; repairs are
 * made in `fix.ts`, on demand.
 */
import { explained, QueueError } from '../errors.ts'
import { type Home, requireHome } from '../spool/layout.ts'
import type { CheckResult } from './finding.ts'
import { checkDoors } from './doors.ts'
import { checkCorrupt, checkJobs } from './jobs.ts'
import { checkHolders, checkLeftovers } from './leftovers.ts'
import { checkFileSystem, checkSpace, checkVersions } from './machine.ts'
import { checkPermissions, checkSettings, checkStructure } from './home.ts'
import { problemFinding } from './finding.ts'

/** All checks. @param now milliseconds @throws QueueError FAILED when there is no home. */
export function runChecks(home: Home, now: number): CheckResult[] {
  requireHome(home)
  return [
    runCheck('structure', () => checkStructure(home)),
    runCheck('permissions', () => checkPermissions(home)),
    ...runQuickChecks(home),
    runCheck('jobs', () => checkJobs(home, now)),
    runCheck('doors', () => checkDoors(home)),
    runCheck('corrupt', () => checkCorrupt(home)),
    runCheck('holders', () => checkHolders(home)),
    runCheck('leftovers', () => checkLeftovers(home, now)),
  ]
}

/** The checks that take a few milliseconds, no matter how many jobs there are. A worker makes them when it starts. */
export const runQuickChecks = (home: Home): CheckResult[] => [
  runCheck('settings', () => checkSettings(home)),
  runCheck('versions', () => checkVersions(home)),
  runCheck('disk', () => checkSpace(home)),
  runCheck('file system', () => checkFileSystem(home)),
]

/** Makes one check. If it fails, that is a finding, and the other checks go on. */
function runCheck(check: string, make: () => CheckResult): CheckResult {
  try {
    return make()
  } catch (error) {
    const problem = explained(error, `check: ${check}`)
    const message = problem instanceof Error ? problem.message : String(problem)
    const hint = problem instanceof QueueError ? problem.hint : undefined
    return { check, fact: 'not known', findings: [problemFinding(message, hint)] }
  }
}
