/** Reads a crontab, for those who come from cron. Pure. */

export interface CrontabEntry {
  /** Counts from 1. */
  readonly line: number
  /** Undefined: `why` says why this line cannot become a schedule. */
  readonly schedule?: Readonly<Record<string, unknown>>
  readonly name?: string
  readonly why?: string
}

/** The variables that say something about all lines after them. */
const OF_CRON: Readonly<Record<string, string>> = {
  SHELL: 'jobs run by /bin/sh; name another shell in the command',
  MAILTO: 'output is kept (queuectl logs), and hooks tell of ends (queuectl help hooks)',
}

/**
 * @param tz the zone of lines that follow no CRON_TZ
 * @param cwd where the commands run: cron runs them in the user's home
 */
export function parseCrontab(text: string, { tz, cwd }: { readonly tz: string; readonly cwd: string }): CrontabEntry[] {
  const env: Record<string, string> = {}
  const entries: CrontabEntry[] = []
  const names = new Set<string>()
  let zone = tz
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1
    const content = raw.trim()
    if (content === '' || content.startsWith('#')) continue
    const [, variable, quoted = ''] = /^([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(content) ?? []
    if (variable !== undefined) {
      const value = quoted.replace(/^(["'])(.*)\1$/, '$2')
      if (variable === 'CRON_TZ' || variable === 'TZ') zone = value
      else if (OF_CRON[variable] !== undefined) entries.push({ line, why: `${variable}: ${OF_CRON[variable]}` })
      else env[variable] = value
      continue
    }
    entries.push(entryOf(content, line, { env: { ...env }, tz: zone, cwd, names }))
  }
  return entries
}

function entryOf(
  content: string,
  line: number,
  { env, tz, cwd, names }: { env: Record<string, string>; tz: string; cwd: string; names: Set<string> },
): CrontabEntry {
  const [, cron = '', rest = ''] = /^(@\w+|(?:\S+\s+){4}\S+)\s+(.*)$/.exec(content) ?? []
  if (rest === '') return { line, why: 'it is no line of a crontab: five fields and a command' }
  if (cron.toLowerCase() === '@reboot')
    return { line, why: '@reboot names no time; a service can run a command at boot' }
  const { command, stdin } = splitAtPercent(rest)
  const name = uniqueName(command, names)
  const job = {
    command,
    cwd,
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(stdin === undefined ? {} : { stdin }),
  }
  return { line, name, schedule: { cron: cron.replaceAll(/\s+/g, ' '), tz, job } }
}

/** An unescaped `%` ends the command; what follows is its input, in which each further one is a line end. */
function splitAtPercent(text: string): { command: string; stdin: string | undefined } {
  const parts = text.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'))
  const [command = '', ...input] = parts
  return { command: command.trim(), stdin: input.length === 0 ? undefined : `${input.join('\n')}\n` }
}

/** After the program, with a number where it is taken. */
function uniqueName(command: string, names: Set<string>): string {
  const program = command.split(/\s+/).find((word) => !word.includes('=')) ?? 'job'
  const base =
    (program.split('/').at(-1) ?? '')
      .replaceAll(/[^A-Za-z0-9._-]/g, '')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50) || 'job'
  let name = base.replace(/\.(sh|py|rb|pl)$/, '')
  for (let n = 2; names.has(name); n++) name = `${base}-${n}`
  names.add(name)
  return name
}
