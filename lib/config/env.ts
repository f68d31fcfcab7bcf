/** Reads the environment: no other file does. */
import { existsSync, realpathSync } from 'node:fs'
import { userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { QueueError } from '../errors.ts'

/**
 * The absolute path of the home: the given one, else QUEUECTL_HOME, else {@link defaultHome}. systemd, docker and .env
 * files expand nothing, so a leading `~` is expanded here.
 * @throws QueueError USAGE for what would make a home that depends on the current directory without being meant to
 */
export function homePath(given?: string): string {
  const named = given || process.env.QUEUECTL_HOME
  if (!named) return defaultHome()
  if (/^~(\/|$)/.test(named)) return join(userDirectory(), named.slice(1))
  if (/^[~$]/.test(named))
    throw new QueueError(
      'USAGE',
      `cannot use ${JSON.stringify(named)} as the home: no shell has expanded it`,
      'write the whole path; a directory of that very name is written with ./ before it',
    )
  return resolve(named)
}

/** Was a home asked for, by an option or by the environment? */
export const isHomeNamed = (given?: string): boolean => Boolean(given || process.env.QUEUECTL_HOME)

/** `~/.queuectl`; where that does not exist and XDG_STATE_HOME is set, `queuectl` in there. */
function defaultHome(): string {
  const usual = usualHome()
  const other = xdgHome()
  return other === undefined || existsSync(usual) ? usual : other
}

const usualHome = (): string => join(userDirectory(), '.queuectl')

/** The home that XDG_STATE_HOME means; the specification has relative paths ignored. */
export function xdgHome(): string | undefined {
  const { XDG_STATE_HOME } = process.env
  return XDG_STATE_HOME && isAbsolute(XDG_STATE_HOME) ? join(XDG_STATE_HOME, 'queuectl') : undefined
}

/** Is this home, an absolute path without links, `~/.queuectl`? */
export function isUsualHome(home: string): boolean {
  try {
    const usual = usualHome()
    return home === usual || home === realpathSync(usual)
  } catch {
    // There is no such directory, or no user's directory at all.
    return false
  }
}

/** The user's home directory: HOME, else what the system knows. Never a path that depends on the current directory. */
export function userDirectory(): string {
  const { HOME } = process.env
  if (HOME && isAbsolute(HOME)) return HOME
  if (HOME)
    throw new QueueError(
      'USAGE',
      `cannot use your home directory: HOME is ${JSON.stringify(HOME)}, which is not an absolute path`,
      'set HOME, or name the home with --home or QUEUECTL_HOME',
    )
  const known = systemDirectory()
  if (known !== undefined) return known
  throw new QueueError(
    'USAGE',
    'cannot find your home directory: HOME is not set, and the system knows none for this user',
    'set HOME, or name the home with --home or QUEUECTL_HOME',
  )
}

function systemDirectory(): string | undefined {
  try {
    const { homedir } = userInfo()
    return isAbsolute(homedir) ? homedir : undefined
  } catch {
    // A user without an entry in passwd, as in a container.
    return undefined
  }
}

/** Where a job runs that names no directory and comes from none: the user's home directory, else the root. */
export function defaultDirectory(): string {
  try {
    return userDirectory()
  } catch {
    return '/'
  }
}

/** Where programs are looked for. */
export const searchPath = (): string | undefined => process.env.PATH

/** Where this user's programs keep their settings. */
export function configDirectory(): string {
  const { XDG_CONFIG_HOME } = process.env
  return XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(userDirectory(), '.config')
}

/**
 * The socket on which systemd waits to be told that the worker is up. It is taken out of the environment: no job may
 * speak for its worker.
 */
export function takeNotifySocket(): string | undefined {
  const { NOTIFY_SOCKET } = process.env
  delete process.env.NOTIFY_SOCKET
  return NOTIFY_SOCKET || undefined
}

/** Where compiled code of this program may be kept for its next call, if there is such a place. */
export function compileCacheDir(): string | undefined {
  const { XDG_CACHE_HOME, HOME } = process.env
  const cache = [XDG_CACHE_HOME, HOME && join(HOME, '.cache')].find((path) => path && isAbsolute(path))
  return cache && join(cache, 'queuectl')
}

/** What the environment sets, except for the home. */
export interface Environment {
  readonly foreground: boolean | undefined
  /** NO_COLOR is set, or the terminal has no colours. */
  readonly noColor: boolean
  /** The descriptor to which a background worker writes when it is ready. */
  readonly readyFd: number | undefined
  /** How often a worker renews its lease (ms), for tests. */
  readonly renewMs: number | undefined
  /** The token that requests to the web server need. Not an option, because every user can read command lines. */
  readonly token: string | undefined
  /** The user's editor, as a shell command: VISUAL, else EDITOR, else vi. */
  readonly editor: string
}

export function environment(): Environment {
  const { QUEUECTL_FOREGROUND, QUEUECTL_READY_FD, QUEUECTL_RENEW_MS, QUEUECTL_TOKEN } = process.env
  const { NO_COLOR, TERM, VISUAL, EDITOR } = process.env
  const word = QUEUECTL_FOREGROUND?.toLowerCase()
  return {
    foreground: word === undefined || word === '' ? undefined : !['0', 'false', 'no', 'off'].includes(word),
    noColor: (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb',
    readyFd: /^\d+$/.test(QUEUECTL_READY_FD ?? '') ? Number(QUEUECTL_READY_FD) : undefined,
    renewMs: /^[1-9]\d*$/.test(QUEUECTL_RENEW_MS ?? '') ? Number(QUEUECTL_RENEW_MS) : undefined,
    token: QUEUECTL_TOKEN === '' ? undefined : QUEUECTL_TOKEN,
    editor: VISUAL?.trim() || EDITOR?.trim() || 'vi',
  }
}
