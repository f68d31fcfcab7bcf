/** The only reader of the environment. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Which home is meant: what was asked for, else QUEUECTL_HOME, else `~/.queuectl`. */
export function homePath(asked?: string): string {
  const named = asked ?? process.env.QUEUECTL_HOME
  return named ? resolve(named) : join(homedir(), '.queuectl')
}

/** Where compiled code of this program may be kept for its next call. */
export const compileCacheDir = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'queuectl')

/** What the environment says, apart from where the home is. */
export interface Environment {
  readonly foreground: boolean | undefined
  /** No colours are wanted (NO_COLOR), or the terminal has none. */
  readonly noColor: boolean
  /** The descriptor on which a worker says that it is up. */
  readonly readyFd: number | undefined
  /** What requests to the web server must bring: kept off the command line, which everybody can read. */
  readonly token: string | undefined
  /** The editor a person likes, as a shell line: VISUAL, else EDITOR, else vi. */
  readonly editor: string
}

export function environment(): Environment {
  const { QUEUECTL_FOREGROUND, QUEUECTL_READY_FD, QUEUECTL_TOKEN, NO_COLOR, TERM, VISUAL, EDITOR } = process.env
  const word = QUEUECTL_FOREGROUND?.toLowerCase()
  return {
    foreground: word === undefined || word === '' ? undefined : !['0', 'false', 'no', 'off'].includes(word),
    noColor: (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb',
    readyFd: /^\d+$/.test(QUEUECTL_READY_FD ?? '') ? Number(QUEUECTL_READY_FD) : undefined,
    token: QUEUECTL_TOKEN === '' ? undefined : QUEUECTL_TOKEN,
    editor: VISUAL?.trim() || EDITOR?.trim() || 'vi',
  }
}
