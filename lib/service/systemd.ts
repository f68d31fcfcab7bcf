/** Speaks to systemd. */
import { join } from 'node:path'
import { configDirectory } from '../config/env.ts'
import { QueueError } from '../errors.ts'
import type { Scope } from './plan.ts'
import { ask, type Ran, type Supervisor } from './supervisor.ts'
import { startedUnits, systemdUnits, unitNames } from './systemd-units.ts'

/** States in which it takes orders. */
const USABLE = ['running', 'degraded', 'starting', 'initializing', 'maintenance']

const systemctl = (scope: Scope, ...args: readonly string[]): Ran =>
  ask('systemctl', ...(scope === 'user' ? ['--user'] : []), ...args)

function must(scope: Scope, ...args: readonly string[]): void {
  const { status, error } = systemctl(scope, ...args)
  if (status === 0) return
  const words = `systemctl${scope === 'user' ? ' --user' : ''} ${args.join(' ')}`
  throw new QueueError('FAILED', `${words} failed: ${error.split('\n').join('; ') || `status ${status}`}`)
}

export const systemd: Supervisor = {
  kind: 'systemd',
  dir: (scope) => (scope === 'user' ? join(configDirectory(), 'systemd', 'user') : '/etc/systemd/system'),
  fileNames: unitNames,
  filesOf: systemdUnits,
  whyNot(scope) {
    const { status, output, error } = systemctl(scope, 'is-system-running')
    if (USABLE.includes(output)) return undefined
    if (status === -1) return 'there is no systemctl'
    return scope === 'user'
      ? `your user's systemd does not run: ${output || error.split('\n')[0]}`
      : `systemd is not what runs this machine: ${output || error.split('\n')[0]}`
  },
  start(plan) {
    const units = startedUnits(plan)
    must(plan.scope, 'daemon-reload')
    must(plan.scope, 'enable', ...units)
    must(plan.scope, 'restart', ...units)
    return units
  },
  stop(scope, fileNames) {
    must(scope, 'disable', '--now', ...fileNames)
    // Else a failed one is listed for ever. Most have not failed, which is no failure of ours.
    systemctl(scope, 'reset-failed', ...fileNames)
  },
  forget(scope) {
    must(scope, 'daemon-reload')
  },
  state(scope, fileName) {
    const { output, error } = systemctl(scope, 'show', '--property=ActiveState,SubState,UnitFileState', fileName)
    const {
      ActiveState = '',
      SubState = '',
      UnitFileState,
    } = Object.fromEntries(output.split('\n').map((line) => line.split('='))) as Record<string, string>
    const active = ['active', 'reloading'].includes(ActiveState)
    const state = ActiveState === '' ? `unknown: ${error.split('\n')[0]}` : `${ActiveState} (${SubState})`
    return { enabled: UnitFileState === 'enabled', active, state }
  },
}
