/** Finds settings by any spelling of their names, and parses and prints their values. */
import { nearest, QueueError } from '../errors.ts'
import { shownTarget } from './hook-target.ts'
import { parseDuration } from '../job/time.ts'
import { type Config, type ConfigKey, DEFAULTS, SETTINGS } from './schema.ts'

/** All settings as lists show them. */
export const shownConfig = (config: Config): object =>
  Object.fromEntries(CONFIG_KEYS.map((key) => [key, shownValue(key, config[key])]))

/** A value as lists show it; a secret or a URL's password is not shown. */
export function shownValue<K extends ConfigKey>(key: K, value: Config[K]): Config[K] | string {
  if (SETTINGS[key].isSecret && value !== '') return '(set)'
  return SETTINGS[key].isHook ? shownTarget(String(value)) : value
}

export const CONFIG_KEYS = Object.keys(SETTINGS) as ConfigKey[]

/** Other names for settings, spelled as {@link canonical} returns them. */
const SYNONYMS: Record<string, ConfigKey> = {
  job_timeout: 'timeout',
  default_timeout: 'timeout',
  exp_backoff_base: 'backoff_base',
  worker_poll_interval: 'poll_interval',
  priority: 'default_priority',
  default_max_retries: 'max_retries',
}

/** Keys in seconds, which may also be written `5m`. */
const IN_SECONDS: ReadonlySet<ConfigKey> = new Set(['timeout', 'max_backoff', 'poll_interval', 'hook_timeout'])

const canonical = (key: string): string =>
  key
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()

/** A key as it is printed. */
export const shownKey = (key: ConfigKey): string => key.replaceAll('_', '-')

/**
 * Finds a key by its name in kebab, snake or camel case, or by a synonym.
 * @throws QueueError with the code `unknown`, naming the nearest key
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
      'its files are in the home directory; choose one with --home or QUEUECTL_HOME',
    )
  const close = nearest(word, [...CONFIG_KEYS, ...Object.keys(SYNONYMS)])
  throw new QueueError(
    unknown,
    `unknown configuration key ${JSON.stringify(typed)}`,
    close ? `did you mean ${close.replaceAll('_', '-')}?` : `known keys: ${CONFIG_KEYS.map(shownKey).join(', ')}`,
  )
}

/**
 * Parses the value of a key as typed on the command line.
 * @throws QueueError BAD_CONFIG saying what was expected
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

/** A value as a refusal quotes it. */
function refusedValue(key: ConfigKey, value: unknown): string {
  if (SETTINGS[key].isSecret) return 'that'
  return JSON.stringify(SETTINGS[key].isHook && typeof value === 'string' ? shownTarget(value) : value)
}

/** @throws QueueError BAD_CONFIG saying what was expected */
export function checkValue(key: ConfigKey, given: unknown): Config[ConfigKey] {
  const seconds = IN_SECONDS.has(key) && typeof given === 'string' ? parseDuration(given.trim()) : undefined
  const value = seconds ?? given
  if (!SETTINGS[key].isValid(value, { errors: [] }))
    throw new QueueError(
      'BAD_CONFIG',
      `${shownKey(key)} cannot be ${refusedValue(key, value)}: expected ${SETTINGS[key].expected}`,
    )
  // In the file, a setting such as keep_completed_count may be a number.
  return (typeof DEFAULTS[key] === 'string' ? String(value) : value) as Config[ConfigKey]
}
