/** Reads the environment: no other file does. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The absolute path of the home: the given one, else QUEUECTL_HOME, else `~/.queuectl`. */
export function homePath(given?: string): string {
  const named = given ?? process.env.QUEUECTL_HOME
  return named ? resolve(named) : join(homedir(), '.queuectl')
}

/** Where compiled code of this program may be kept for its next call. */
export const compileCacheDir = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'queuectl')

/** What the environment sets, except for the home. */
export interface Environment {
  readonly foreground: boolean | undefined
  /** NO_COLOR is set, or the terminal has no colours. */
  readonly noColor: boolean
  /** The descriptor to which a background worker writes when it is ready. */
  readonly readyFd: number | undefined
  /** The token that requests to the web server need. Not an option, because every user can read command lines. */
  readonly token: string | undefined
  /** The user's editor, as a shell command: VISUAL, else EDITOR, else vi. */
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
