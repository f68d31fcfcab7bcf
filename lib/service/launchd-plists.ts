/** Writes the property lists of launchd (macOS). Pure. */
import { markOf, type ServiceFile, type ServicePlan, watchedPaths, workerArguments } from './plan.ts'

const LOOK_EVERY_SECONDS = 60

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }

/** The labels that an installation may have, whatever its options. */
export const labels = (name: string): readonly string[] => [name, `${name}-health`, `${name}-web`]

export function launchdPlists(plan: ServicePlan): ServiceFile[] {
  const { name, web, onDemand } = plan
  const kept = { RunAtLoad: true, KeepAlive: { SuccessfulExit: false }, ThrottleInterval: 10 }
  // WatchPaths, not QueueDirectories: that one starts it again and again while a job in pending/ may not run yet.
  const due = { WatchPaths: watchedPaths(plan), StartInterval: LOOK_EVERY_SECONDS }
  return [
    plist(plan, name, workerArguments(plan), {
      ...(onDemand ? due : kept),
      // What the worker started lives on without it, and the next one adopts it.
      AbandonProcessGroup: true,
      ExitTimeOut: 60,
      ProcessType: 'Standard',
    }),
    ...(onDemand ? [] : [plist(plan, `${name}-health`, healthCommand(plan), { StartInterval: LOOK_EVERY_SECONDS })]),
    ...(web ? [plist(plan, `${name}-web`, [...plan.program, 'web'], kept)] : []),
  ]
}

/** Starts the worker anew if none answers. In scope `system` it runs as root, which alone may do that. */
function healthCommand({ name, program, scope, user }: ServicePlan): string[] {
  const domain = scope === 'system' ? 'system' : 'gui/$(id -u)'
  const asUser = scope === 'system' && user !== undefined ? `sudo -u ${user} --preserve-env=QUEUECTL_HOME ` : ''
  return [
    '/bin/sh',
    '-c',
    `${asUser}"$0" "$@" || launchctl kickstart -k ${domain}/${name}`,
    ...program,
    'worker',
    'health',
  ]
}

function plist(
  plan: ServicePlan,
  label: string,
  argv: readonly string[],
  more: Readonly<Record<string, Value>>,
): ServiceFile {
  const { home, path, scope, user } = plan
  const isRoots = user === undefined || argv[0] === '/bin/sh'
  const keys = {
    Label: label,
    ProgramArguments: argv,
    EnvironmentVariables: { QUEUECTL_HOME: home, ...(path === undefined ? {} : { PATH: path }) },
    ...(scope === 'system' && !isRoots ? { UserName: user } : {}),
    ...more,
  }
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${markOf(home)} -->
<plist version="1.0">
${xml(keys)}
</plist>
`
  return { fileName: `${label}.plist`, text }
}

function xml(value: Value): string {
  if (typeof value === 'string') return `<string>${escaped(value)}</string>`
  if (typeof value === 'number') return `<integer>${value}</integer>`
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>'
  if (isList(value)) return `<array>${value.map(xml).join('')}</array>`
  const members = Object.entries(value).map(([key, one]) => `  <key>${escaped(key)}</key>${xml(one)}\n`)
  return `<dict>\n${members.join('')}</dict>`
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
