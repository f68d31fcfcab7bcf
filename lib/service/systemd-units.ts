/** Writes the units of systemd. Pure. `queuectl help operations` says what they do. */
import { markOf, type ServiceFile, type ServicePlan, watchedPaths, workerArguments } from './plan.ts'

/** How often it is asked whether a worker answers, or, on demand, whether something is due. */
const LOOK_EVERY = '1min'

/** All names that an installation may have, whatever its options. */
export const unitNames = (name: string): readonly string[] => [
  `${name}.service`,
  `${name}.path`,
  `${name}.timer`,
  `${name}-health.service`,
  `${name}-health.timer`,
  `${name}-web.service`,
]

/** The units that are enabled and started; they start the others. */
export const startedUnits = ({ name, onDemand, web }: Pick<ServicePlan, 'name' | 'onDemand' | 'web'>): string[] => [
  ...(onDemand ? [`${name}.path`, `${name}.timer`] : [`${name}.service`, `${name}-health.timer`]),
  ...(web ? [`${name}-web.service`] : []),
]

export function systemdUnits(plan: ServicePlan): ServiceFile[] {
  const { name, onDemand, web } = plan
  const unit = (end: string, lines: readonly string[]): ServiceFile => ({
    fileName: `${name}${end}`,
    text: `# ${markOf(plan.home)}\n# Changes of yours: systemctl${plan.scope === 'user' ? ' --user' : ''} edit ${name}${end}\n${lines.join('\n')}\n`,
  })
  return [
    unit('.service', workerUnit(plan)),
    ...(onDemand
      ? [unit('.path', pathUnit(plan)), unit('.timer', dueTimer(plan))]
      : [unit('-health.service', healthUnit(plan)), unit('-health.timer', healthTimer(plan))]),
    ...(web ? [unit('-web.service', webUnit(plan))] : []),
  ]
}

const workerUnit = (plan: ServicePlan): string[] => [
  ...head(plan, 'queuectl worker'),
  // Restart= waits as long as it takes until the home is there again; on demand each start is one of many.
  'StartLimitIntervalSec=0',
  '',
  '[Service]',
  ...(plan.onDemand
    ? ['Type=exec']
    : ['Type=notify', '# systemd-notify(1), a child of the worker, says that it is up.', 'NotifyAccess=all']),
  ...command(plan, workerArguments(plan)),
  '# To stop it leaves its jobs running, and the next worker adopts them. `queuectl worker stop` waits for them.',
  'KillMode=process',
  'KillSignal=SIGUSR2',
  'SuccessExitStatus=SIGUSR2',
  '# A job that the kernel kills for lack of memory does not end the worker.',
  'OOMPolicy=continue',
  ...(plan.onDemand ? [] : restart),
  '# No sandbox: it would be one around the jobs.',
  ...(plan.onDemand ? [] : install(plan)),
]

const restart = [
  'Restart=on-failure',
  'RestartSec=2s',
  '# A wrong setting does not mend itself.',
  'RestartPreventExitStatus=2',
]

/**
 * `PathChanged`, not `DirectoryNotEmpty`: with jobs in `pending/` that may not run yet, that one starts the unit again and
 * again until it fails. What comes in while a worker ends is found by the timer.
 */
const pathUnit = (plan: ServicePlan): string[] => [
  ...head(plan, 'New jobs'),
  '',
  '[Path]',
  ...watchedPaths(plan).map((path) => `PathChanged=${escapePercent(path)}`),
  '',
  '[Install]',
  'WantedBy=paths.target',
]

const dueTimer = (plan: ServicePlan): string[] => [
  ...head(plan, 'Jobs that are due'),
  '',
  '[Timer]',
  'OnCalendar=minutely',
  'AccuracySec=1s',
  '',
  '[Install]',
  'WantedBy=timers.target',
]

const healthUnit = (plan: ServicePlan): string[] => [
  ...head(plan, 'Health of the queuectl worker'),
  '',
  '[Service]',
  'Type=oneshot',
  ...command(plan, [...plan.program, 'worker', 'health']),
  '# If none answers: stop it, by SIGKILL if need be. Its jobs run on.',
  `ExecStopPost=+/bin/sh -c 'if [ "$$SERVICE_RESULT" != success ]; then systemctl ${plan.scope === 'user' ? '--user ' : ''}--no-block try-restart ${plan.name}.service; fi'`,
  'TimeoutStartSec=90s',
  'NoNewPrivileges=yes',
  'RestrictAddressFamilies=AF_UNIX',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
]

const healthTimer = (plan: ServicePlan): string[] => [
  ...head(plan, 'Health of the queuectl worker'),
  // It ends with the service, also when that was stopped by `queuectl worker stop`. An After= would be a circle: a service
  // comes after timers.target.
  `BindsTo=${plan.name}.service`,
  '',
  '[Timer]',
  // A worker that has much to take over at its start has time for it.
  'OnActiveSec=5min',
  `OnUnitActiveSec=${LOOK_EVERY}`,
  'AccuracySec=10s',
  '',
  '[Install]',
  `WantedBy=${plan.name}.service`,
]

const webUnit = (plan: ServicePlan): string[] => [
  ...head(plan, 'queuectl dashboard'),
  'StartLimitIntervalSec=0',
  '',
  '[Service]',
  'Type=exec',
  ...command(plan, [...plan.program, 'web']),
  'KillMode=process',
  ...restart,
  '# No sandbox: what is cancelled on it calls your hooks.',
  ...install(plan),
]

const head = (plan: ServicePlan, what: string): string[] => [
  '[Unit]',
  `Description=${what} (${escapePercent(plan.home)})`,
  `RequiresMountsFor=${quoted(plan.home)}`,
]

const command = (plan: ServicePlan, argv: readonly string[]): string[] => [
  `ExecStart=${argv.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}`,
  `Environment=${quoted(`QUEUECTL_HOME=${plan.home}`)}`,
  ...(plan.path === undefined ? [] : [`Environment=${quoted(`PATH=${plan.path}`)}`]),
  ...(plan.scope === 'system' && plan.user !== undefined ? [`User=${plan.user}`] : []),
]

const install = (plan: ServicePlan): string[] => [
  '',
  '[Install]',
  `WantedBy=${plan.scope === 'user' ? 'default.target' : 'multi-user.target'}`,
]

/** `%` begins a specifier. */
const escapePercent = (text: string): string => text.replaceAll('%', '%%')

const quoted = (word: string): string =>
  /^[\w/.=:@,+-]+$/.test(word) ? word : `"${escapePercent(word).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
