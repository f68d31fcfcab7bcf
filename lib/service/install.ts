/**
 * Puts what keeps a worker running into the hands of the machine's own supervisor, and takes it out again.
 *
 * Crash: some of the files are written, or removed. Installing or uninstalling again makes it whole.
 */
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { discard, exists, lstat, readText, remove, replaceFile } from '../disk/files.ts'
import { makeTree } from '../disk/trees.ts'
import { QueueError } from '../errors.ts'
import { launchd } from './launchd.ts'
import { homeOf, markOf, type Scope, type ServicePlan } from './plan.ts'
import type { Supervisor, UnitState } from './supervisor.ts'
import { systemd } from './systemd.ts'

/** Which service of which home. */
export interface ServiceName {
  readonly name: string
  readonly scope: Scope
  readonly home: string
}

export interface ServiceStatus extends ServiceName {
  readonly supervisor: Supervisor['kind']
  readonly installed: boolean
  /** Is a worker kept running, or started on demand? */
  readonly running: boolean
  readonly units: readonly ({ readonly unit: string; readonly path: string } & UnitState)[]
  /** In scope `user` under systemd: does it go on when its user logs out? */
  readonly lingers?: boolean
}

export const supervisorHere = (): Supervisor => (process.platform === 'darwin' ? launchd : systemd)

/** The files of a service that are there and ours. @throws QueueError for one that is not, or is another home's */
function installedFiles(supervisor: Supervisor, { name, scope, home }: ServiceName): string[] {
  const dir = supervisor.dir(scope)
  return supervisor.fileNames(name).filter((fileName) => {
    const path = join(dir, fileName)
    if (lstat(path) === undefined) return false
    const mark = homeOf(readText(path) ?? '')
    if (mark === undefined)
      throw new QueueError(
        'FAILED',
        `${path} was not written by us, and is left alone`,
        'give this service another --name',
      )
    if (mark !== homeOf(markOf(home)))
      throw new QueueError('FAILED', `${path} is the service of the home ${mark}`, 'give this one another --name')
    return true
  })
}

function mustBeUsable(supervisor: Supervisor, scope: Scope, doing: string): void {
  const why = supervisor.whyNot(scope)
  if (why === undefined) return
  const other =
    scope === 'user'
      ? 'see the files with --print; sudo queuectl service install --system needs no user session'
      : 'see the files with --print'
  throw new QueueError('FAILED', `cannot ${doing} a service: ${why}`, other)
}

/** Writes the files and starts what they say; replaces an earlier installation. @returns what was started */
export async function installService(plan: ServicePlan, supervisor = supervisorHere()): Promise<string[]> {
  mustBeUsable(supervisor, plan.scope, 'install')
  const before = installedFiles(supervisor, plan)
  const dir = supervisor.dir(plan.scope)
  const files = supervisor.filesOf(plan)
  if (before.length > 0) supervisor.stop(plan.scope, before)
  await makeTree(dir, [])
  // If we die after any of these: the old file or the new one, each whole; what is stopped is started by the next install.
  for (const { fileName, text } of files) {
    const aside = join(dir, `.${fileName}.new`)
    discard(aside)
    replaceFile(aside, join(dir, fileName), text, true, 0o644)
  }
  for (const name of before) if (files.every(({ fileName }) => fileName !== name)) remove(join(dir, name))
  return supervisor.start(plan)
}

/** Stops it and removes its files; jobs that run go on. @returns the paths that were removed */
export function uninstallService(which: ServiceName, supervisor = supervisorHere()): string[] {
  const files = installedFiles(supervisor, which)
  if (files.length === 0) throw notInstalled(which)
  mustBeUsable(supervisor, which.scope, 'uninstall')
  supervisor.stop(which.scope, files)
  const paths = files.map((fileName) => join(supervisor.dir(which.scope), fileName))
  // If we die after any of these: the rest is stopped and disabled, and goes with the next uninstall.
  for (const path of paths) remove(path)
  supervisor.forget(which.scope)
  return paths
}

export function serviceStatus(which: ServiceName, supervisor = supervisorHere()): ServiceStatus {
  const units = installedFiles(supervisor, which).map((unit) => ({
    unit,
    path: join(supervisor.dir(which.scope), unit),
    ...supervisor.state(which.scope, unit),
  }))
  const mains = [`${which.name}.service`, `${which.name}.path`, `${which.name}.plist`]
  return {
    ...which,
    supervisor: supervisor.kind,
    installed: units.length > 0,
    running: units.some(({ unit, active }) => active && mains.includes(unit)),
    units,
    ...(supervisor.kind === 'systemd' && which.scope === 'user' ? { lingers: lingers() } : {}),
  }
}

export const notInstalled = ({ name, scope }: ServiceName): QueueError =>
  new QueueError('NOT_FOUND', `there is no service ${name} of scope ${scope}`, 'queuectl service install')

/** Does systemd run this user's services while that user is not logged in? */
export function lingers(): boolean {
  try {
    return exists(join('/var/lib/systemd/linger', userInfo().username))
  } catch {
    // A user without an entry in passwd.
    return false
  }
}
