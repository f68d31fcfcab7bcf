/** The home itself: is all of it there, is it safe, can its settings be read? */
import { dirname, join, relative } from 'node:path'
import { QueueError } from '../errors.ts'
import { eachName, lstat } from '../disk/files.ts'
import { type Home, dirProblem, HOME_DIRS } from '../spool/layout.ts'
import { type CheckResult, countOf, type Finding, noteFinding, problemFinding } from './finding.ts'
import { readSettings } from '../config/file.ts'

/** Every place of the home, a directory on the same file system. */
export function checkStructure(home: Home): CheckResult {
  const findings: Finding[] = []
  const device = lstat(home.root)?.dev
  for (const place of HOME_DIRS) {
    const path = join(home.root, place)
    const objection = dirProblem(path)
    if (objection === 'missing')
      findings.push(problemFinding(`${place}/ is missing`, 'any command makes it', { kind: 'make', path }))
    else if (objection?.code === 'NOT_WRITABLE')
      findings.push(problemFinding(`${place} ${objection.why}`, 'move it away'))
    else if (lstat(join(path, '.'))?.dev !== device)
      findings.push(
        problemFinding(
          `${place}/ lies on another file system: nothing can be renamed into it`,
          'all of the home lies on one file system',
        ),
      )
  }
  return { check: 'structure', fact: `${HOME_DIRS.length} directories on one file system`, findings }
}

/** Who may write to the home may run commands as its owner. */
export function checkPermissions(home: Home): CheckResult {
  const findings: Finding[] = []
  for (const path of [home.root, ...HOME_DIRS.map((place) => join(home.root, place))]) {
    const objection = dirProblem(path)
    if (objection !== 'missing' && objection?.code === 'UNSAFE_HOME')
      findings.push(problemFinding(`${path} ${objection.why}: the home is refused`, objection.hint))
  }
  const parent = writableParent(home.root)
  if (parent !== undefined)
    findings.push(noteFinding(`${parent} can be written to by others, who could put another home in place of this one`))
  const mode = lstat(home.root)?.mode ?? 0
  // Whoever may not enter the home reaches nothing in it, whatever the modes inside.
  if ((mode & 0o011) === 0) return { check: 'permissions', fact: 'only its owner may enter the home', findings }
  findings.push(noteFinding('others may enter the home', `chmod go-rwx ${home.root}`))
  findings.push(...openFiles(home))
  return { check: 'permissions', fact: 'only its owner may write', findings }
}

/** The nearest directory above in which others may put things in the place of ours. */
function writableParent(root: string): string | undefined {
  for (let path = root; path !== dirname(path); ) {
    path = dirname(path)
    const mode = lstat(path)?.mode ?? 0
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) return path
  }
  return undefined
}

/** Files that others can write to, or read, in places that they can enter. */
function openFiles(home: Home): Finding[] {
  const writable: string[] = []
  const readable: string[] = []
  const visit = (path: string, depth: number): void => {
    const stats = lstat(path)
    if (stats?.isFile()) {
      if ((stats.mode & 0o022) !== 0) writable.push(path)
      else if ((stats.mode & 0o044) !== 0) readable.push(path)
    } else if (stats?.isDirectory() && (stats.mode & 0o011) !== 0 && depth > 0)
      for (const name of eachName(path)) visit(join(path, name), depth - 1)
  }
  visit(home.root, 3)
  const [first = ''] = writable
  const [seen = ''] = readable
  return [
    ...(writable.length === 0
      ? []
      : [
          problemFinding(
            `${countOf(writable.length, 'file')} can be written to by others, who could run commands as you, such as ${relative(home.root, first)}`,
            `chmod -R go-w ${home.root}`,
          ),
        ]),
    ...(readable.length === 0
      ? []
      : [
          noteFinding(
            `${countOf(readable.length, 'file')} can be read by others, such as ${relative(home.root, seen)}`,
            `chmod -R go-rwx ${home.root}`,
          ),
        ]),
  ]
}

export function checkSettings(home: Home): CheckResult {
  try {
    const set = Object.entries(readSettings(home))
    const fact = set.length === 0 ? 'all defaults' : set.map(([key, value]) => `${key} ${value}`).join(', ')
    return { check: 'settings', fact, findings: [] }
  } catch (error) {
    if (!(error instanceof QueueError)) throw error
    return {
      check: 'settings',
      fact: 'config.json cannot be used',
      findings: [problemFinding(error.message, error.hint)],
    }
  }
}
