/**
 * The settings: their names, units, defaults and limits; and the only reader of the environment.
 *
 * Flag over environment over `config.json` over default. Files and the library use snake_case, the command line prints
 * kebab-case, and every spelling in use elsewhere is understood.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { explained, nearest, QueueError } from '../errors.ts'
import { DEFAULTS } from '../job/job.ts'
import { move, read, remove, writeNew } from '../disk/files.ts'
import type { Home } from '../spool/layout.ts'
import { randomHex } from '../clock.ts'
import { type Config, type ConfigKey, SETTINGS } from './schema.ts'

export { type Config, type ConfigKey, SETTINGS } from './schema.ts'

/** All values as lists show them. */
export const shownConfig = (config: Config): object =>
  Object.fromEntries(CONFIG_KEYS.map((key) => [key, shownValue(key, config[key])]))

/** A value as lists show it. */
export const shownValue = <K extends ConfigKey>(key: K, value: Config[K]): Config[K] | string =>
  SETTINGS[key].isSecret && value !== '' ? '(set)' : value

export const CONFIG_KEYS = Object.keys(SETTINGS) as ConfigKey[]

/** Other names for the same thing, in the spelling of {@link canonical}. */
const SYNONYMS: Record<string, ConfigKey> = {
  job_timeout: 'timeout',
  default_timeout: 'timeout',
  exp_backoff_base: 'backoff_base',
  worker_poll_interval: 'poll_interval',
  priority: 'default_priority',
  default_max_retries: 'max_retries',
}

const canonical = (key: string): string =>
  key
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()

/** How a key is printed. */
export const shownKey = (key: ConfigKey): string => key.replaceAll('_', '-')

/**
 * The key that is meant, in kebab, snake or camel case or any known synonym.
 * @throws QueueError `unknown` (BAD_CONFIG or NOT_FOUND) naming the nearest key.
 */
export function findKey(typed: string, unknown: 'BAD_CONFIG' | 'NOT_FOUND'): ConfigKey {
  const word = canonical(typed)
  const key =
    CONFIG_KEYS.find((known) => known === word) ?? (Object.hasOwn(SYNONYMS, word) ? SYNONYMS[word] : undefined)
  if (key) return key
  if (['db_path', 'db', 'database'].includes(word))
    throw new QueueError(
      unknown,
      `there is no ${typed}: queuectl has no database`,
      'its files lie in the home directory; choose one with --home or QUEUECTL_HOME',
    )
  const close = nearest(word, [...CONFIG_KEYS, ...Object.keys(SYNONYMS)])
  throw new QueueError(
    unknown,
    `unknown configuration key ${JSON.stringify(typed)}`,
    close ? `did you mean ${close.replaceAll('_', '-')}?` : `known keys: ${CONFIG_KEYS.map(shownKey).join(', ')}`,
  )
}

/**
 * A value as typed on the command line, for this key.
 * @throws QueueError BAD_CONFIG saying what was expected.
 */
export function parseValue(key: ConfigKey, typed: string): Config[ConfigKey] {
  const wanted = typeof DEFAULTS[key]
  const word = typed.trim().toLowerCase()
  let value: unknown = typed
  if (wanted === 'number' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word)) value = Number(word)
  if (wanted === 'string') value = SETTINGS[key].isText ? typed.trim() : word
  if (wanted === 'boolean' && ['true', 'yes', 'on', '1'].includes(word)) value = true
  if (wanted === 'boolean' && ['false', 'no', 'off', '0'].includes(word)) value = false
  return checkValue(key, value)
}

function checkValue(key: ConfigKey, value: unknown): Config[ConfigKey] {
  if (!SETTINGS[key].isValid(value, { errors: [] }))
    throw new QueueError(
      'BAD_CONFIG',
      `${shownKey(key)} cannot be ${JSON.stringify(value)}: expected ${SETTINGS[key].expected}`,
    )
  // A count or a number of bytes may stand in the file as a number.
  return (typeof DEFAULTS[key] === 'string' ? String(value) : value) as Config[ConfigKey]
}

/** What `config.json` sets. @throws QueueError BAD_CONFIG naming the file and what is wrong in it. */
export function readSettings(home: Home): Partial<Config> {
  const text = read(home.config)
  if (text === undefined || text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new QueueError(
      'BAD_CONFIG',
      `cannot read ${home.config}: ${(error as Error).message}`,
      'mend it with an editor, or remove it to go back to the defaults',
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new QueueError('BAD_CONFIG', `cannot read ${home.config}: expected one JSON object`)
  return Object.fromEntries(
    Object.entries(value).map(([typed, set]) => {
      try {
        const key = findKey(typed, 'BAD_CONFIG')
        return [key, checkValue(key, set)]
      } catch (error) {
        if (error instanceof QueueError)
          throw new QueueError('BAD_CONFIG', `cannot use ${home.config}: ${error.message}`, error.hint)
        throw error
      }
    }),
  )
}

/** The settings in force. @throws QueueError BAD_CONFIG. */
export function readConfig(home: Home): Config {
  const env = environment().foreground
  return { ...DEFAULTS, ...readSettings(home), ...(env === undefined ? {} : { foreground: env }) }
}

/** Sets a key, or takes it back to its default (undefined). Edited in place, hence the lock. */
export async function writeSetting(home: Home, key: ConfigKey, value: Config[ConfigKey] | undefined): Promise<void> {
  const { lock } = await import('proper-lockfile')
  const retries = { retries: 100, factor: 1.2, minTimeout: 5, maxTimeout: 50, randomize: true }
  try {
    const release = await lock(home.config, { realpath: false, stale: 5000, retries, onCompromised: () => {} })
    try {
      const { [key]: _old, ...others } = readSettings(home)
      const next = value === undefined ? others : { ...others, [key]: value }
      const aside = join(home.tmp, `config.${randomHex(8)}.new`)
      writeNew(aside, `${JSON.stringify(next, undefined, 2)}\n`)
      // If we die before this: scratch, and the settings as they were.
      if (!move(aside, home.config)) remove(aside)
    } finally {
      await release()
    }
  } catch (error) {
    throw explained(error, `write ${home.config}`)
  }
}

/** Which home is meant: what was asked for, else QUEUECTL_HOME, else `~/.queuectl`. */
export function homePath(asked?: string): string {
  const named = asked ?? process.env.QUEUECTL_HOME
  return named ? resolve(named) : join(homedir(), '.queuectl')
}

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
