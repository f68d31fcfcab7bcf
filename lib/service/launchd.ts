/** Speaks to launchd, the supervisor of macOS. */
import { join } from 'node:path'
import { userDirectory } from '../config/env.ts'
import { QueueError } from '../errors.ts'
import { labels, launchdPlists } from './launchd-plists.ts'
import type { Scope } from './plan.ts'
import { ask, type Supervisor } from './supervisor.ts'

const domain = (scope: Scope): string => (scope === 'system' ? 'system' : `gui/${process.getuid?.()}`)
const labelOf = (fileName: string): string => fileName.replace(/\.plist$/, '')
const dir = (scope: Scope): string =>
  scope === 'system' ? '/Library/LaunchDaemons' : join(userDirectory(), 'Library', 'LaunchAgents')

export const launchd: Supervisor = {
  kind: 'launchd',
  dir,
  fileNames: (name) => labels(name).map((label) => `${label}.plist`),
  filesOf: launchdPlists,
  whyNot(scope) {
    const { status, error } = ask('launchctl', 'print', domain(scope))
    return status === 0 ? undefined : `launchctl does not answer: ${error.split('\n')[0]}`
  },
  start(plan) {
    return launchdPlists(plan).map(({ fileName }) => {
      const { status, error } = ask('launchctl', 'bootstrap', domain(plan.scope), join(dir(plan.scope), fileName))
      if (status !== 0) throw new QueueError('FAILED', `launchctl bootstrap of ${fileName} failed: ${error}`)
      return labelOf(fileName)
    })
  },
  stop(scope, fileNames) {
    // Its status says only that one was not loaded.
    for (const fileName of fileNames) ask('launchctl', 'bootout', `${domain(scope)}/${labelOf(fileName)}`)
  },
  forget() {},
  state(scope, fileName) {
    const { status, output } = ask('launchctl', 'print', `${domain(scope)}/${labelOf(fileName)}`)
    const state = /^\s*state = (.*)$/m.exec(output)?.[1]
    return { enabled: status === 0, active: state === 'running', state: state ?? 'not loaded' }
  },
}
