/** Checks the home itself: is it complete and safe, can its settings be read? */
import { dirname, join, relative } from 'node:path'
import { isUsualHome, xdgHome } from '../config/env.ts'
import { QueueError } from '../errors.ts'
import { eachName, lstat } from '../disk/files.ts'
import { type Home, dirProblem, HOME_DIRS, MADE_ON_USE } from '../spool/layout.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { readSettings } from '../config/file.ts'
import { isUnreadable } from '../job/queue-settings.ts'
import { limitNames, takenNumbers } from '../spool/limits.ts'
import { isBad } from '../schedule/schedule.ts'
import { readSchedule, scheduleNames, schedulePath } from '../spool/schedules.ts'
import { readQueueSettings, settingsPath } from '../spool/queue-files.ts'

/** Every directory of the home must exist, on one file system. */
export function checkStructure(home: Home): CheckResult {
  const findings: Finding[] = [...otherHome(home)]
  const device = lstat(home.root)?.dev
  for (const name of HOME_DIRS) {
    const path = join(home.root, name)
    const problem = dirProblem(path)
    if (problem === 'missing')
      findings.push(problemFinding(`${name}/ is missing`, 'any command makes it', { kind: 'make', path }))
    else if (problem?.code === 'NOT_WRITABLE') findings.push(problemFinding(`${name} ${problem.why}`, 'move it away'))
    else if (lstat(`${path}/.`)?.dev !== device)
      findings.push(
        problemFinding(
          `${name}/ is on another file system: no file can be renamed into it`,
          'the whole home must be on one file system',
        ),
      )
  }
  for (const name of MADE_ON_USE) {
    const problem = dirProblem(home[name])
    if (problem !== 'missing' && problem?.code === 'NOT_WRITABLE')
      findings.push(problemFinding(`${name} ${problem.why}`, 'move it away'))
  }
  return { check: 'structure', fact: `${HOME_DIRS.length} directories on one file system`, findings }
}

/** Where both default places have a home, a queue may be in the one that is not used. */
function otherHome({ root }: Home): Finding[] {
  const other = xdgHome()
  if (other === undefined || !isUsualHome(root) || lstat(other) === undefined) return []
  return [
    noteFinding(`${other} is there too, and not used: ~/.queuectl goes before $XDG_STATE_HOME`, 'keep one of them'),
  ]
}

/** A user who can write to the home can run commands as its owner. */
export function checkPermissions(home: Home): CheckResult {
  const findings: Finding[] = []
  for (const path of [home.root, ...[...HOME_DIRS, ...MADE_ON_USE].map((name) => join(home.root, name))]) {
    const problem = dirProblem(path)
    if (problem !== 'missing' && problem?.code === 'UNSAFE_HOME')
      findings.push(problemFinding(`${path} ${problem.why}: the home is refused`, problem.hint))
  }
  const parent = writableParent(home.root)
  if (parent !== undefined)
    findings.push(noteFinding(`${parent} can be written to by others, who could replace this home by another`))
  const mode = lstat(home.root)?.mode ?? 0
  // A user who cannot enter the home reaches nothing in it, whatever the modes inside.
  if ((mode & 0o011) === 0) return { check: 'permissions', fact: 'only its owner may enter the home', findings }
  findings.push(noteFinding('others may enter the home', `chmod go-rwx ${home.root}`))
  findings.push(...openFiles(home))
  return { check: 'permissions', fact: 'only its owner may write', findings }
}

/** The nearest directory above in which another user could replace ours. */
function writableParent(root: string): string | undefined {
  for (let path = root; path !== dirname(path); ) {
    path = dirname(path)
    const mode = lstat(path)?.mode ?? 0
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) return path
  }
  return undefined
}

/** Files that other users can write or read, in directories that they can enter. */
function openFiles(home: Home): Finding[] {
  const writable: string[] = []
  const readable: string[] = []
  const visit = (path: string, depth: number): void => {
    const stats = lstat(path)
    if (stats?.isFile()) {
      if ((stats.mode & 0o022) !== 0) writable.push(path)
      else if ((stats.mode & 0o044) !== 0) readable.push(path)
    } else if (stats?.isDirectory() && (stats.mode & 0o011) !== 0 && depth > 0) {
      try {
        for (const name of eachName(path)) visit(join(path, name), depth - 1)
      } catch {
        // The other checks report a directory that cannot be listed.
      }
    }
  }
  visit(home.root, 3)
  const [firstWritable = ''] = writable
  const [firstReadable = ''] = readable
  return [
    ...(writable.length === 0
      ? []
      : [
          problemFinding(
            `${countOf(writable.length, 'file')} can be written to by others, who could run commands as you, such as ${relative(home.root, firstWritable)}`,
            `chmod -R go-w ${home.root}`,
          ),
        ]),
    ...(readable.length === 0
      ? []
      : [
          noteFinding(
            `${countOf(readable.length, 'file')} can be read by others, such as ${relative(home.root, firstReadable)}`,
            `chmod -R go-rwx ${home.root}`,
          ),
        ]),
  ]
}

/** Settings of queues and schedules that cannot be obeyed, and numbers of limits that were taken by hand. */
function queueFindings(home: Home): Finding[] {
  const broken = [...readQueueSettings(home)].flatMap(([queue, settings]) =>
    isUnreadable(settings)
      ? [
          problemFinding(
            `${settingsPath(home, queue)} cannot be obeyed, so no job that it is for starts: ${settings.unreadable}`,
            'mend it with an editor, or remove it',
          ),
        ]
      : [],
  )
  const byHand = limitNames(home)
    .flatMap((limit) => takenNumbers(home, limit))
    .filter(({ claim }) => !claim)
    .map(({ path }) =>
      noteFinding(`${relative(home.root, path)} takes a number of a limit by hand`, 'remove it to free the number'),
    )
  const bad = scheduleNames(home).flatMap((name) => {
    const schedule = readSchedule(home, name)
    return schedule && isBad(schedule)
      ? [
          problemFinding(
            `${schedulePath(home, name)} fires nothing: ${schedule.bad}`,
            `mend it with: queuectl schedule edit ${name}`,
          ),
        ]
      : []
  })
  return [...broken, ...byHand, ...bad]
}

export function checkSettings(home: Home): CheckResult {
  try {
    const set = Object.entries(readSettings(home))
    const fact = set.length === 0 ? 'all defaults' : set.map(([key, value]) => `${key} ${value}`).join(', ')
    return { check: 'settings', fact, findings: queueFindings(home) }
  } catch (error) {
    if (!(error instanceof QueueError)) throw error
    return {
      check: 'settings',
      fact: 'config.json cannot be used',
      findings: [problemFinding(error.message, error.hint)],
    }
  }
}
