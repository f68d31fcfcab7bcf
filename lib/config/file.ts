/** Reads and writes `config.json`. An option overrides the environment, that overrides the file, that the default. */
import { explained, QueueError } from '../errors.ts'
import { readText, replaceFile } from '../disk/files.ts'
import { whyUnreachable } from './hook-target.ts'
import { type Config, type ConfigKey, DEFAULTS, SETTINGS } from './schema.ts'
import { checkValue, findKey, shownKey } from './keys.ts'
import { environment } from './env.ts'
import { scratchPath } from '../disk/scratch.ts'

/** The paths of `config.json`, and of the directory where a new version of it is written. */
export interface ConfigPaths {
  readonly config: string
  readonly tmp: string
}

function readConfigText(path: string): string | undefined {
  try {
    return readText(path)
  } catch (error) {
    if (!(error instanceof QueueError)) throw explained(error, `read ${path}`)
    throw new QueueError(
      'BROKEN_CONFIG',
      `cannot read the settings: ${error.message}`,
      'put a regular file in its place, or remove it',
    )
  }
}

/** What `config.json` sets. @throws QueueError BROKEN_CONFIG naming the file and what is wrong in it */
export function readSettings(home: ConfigPaths): Partial<Config> {
  const text = readConfigText(home.config)
  if (text === undefined || text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new QueueError(
      'BROKEN_CONFIG',
      // Without the part of the text that newer versions of Node quote: it may be of a secret.
      `cannot read ${home.config}: ${(error as Error).message.replace(/, (\.\.\.)?".*$/s, '')}`,
      'repair it in an editor, or remove it to go back to the defaults',
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new QueueError('BROKEN_CONFIG', `cannot read ${home.config}: expected one JSON object`)
  return Object.fromEntries(
    Object.entries(value).map(([typed, set]) => {
      try {
        const key = findKey(typed, 'BAD_CONFIG')
        return [key, checkValue(key, set)]
      } catch (error) {
        if (error instanceof QueueError)
          throw new QueueError('BROKEN_CONFIG', `cannot use ${home.config}: ${error.message}`, error.hint)
        throw error
      }
    }),
  )
}

/** The settings in force: defaults, file and environment. @throws QueueError BROKEN_CONFIG */
export function readConfig(home: ConfigPaths): Config {
  const env = environment().foreground
  return { ...DEFAULTS, ...readSettings(home), ...(env === undefined ? {} : { foreground: env }) }
}

/** A target that is in the file already is only read: it can harm its own hook only. */
function refuseUnreachable(key: ConfigKey, value: unknown): void {
  const why = SETTINGS[key].isHook && typeof value === 'string' ? whyUnreachable(value) : undefined
  if (why !== undefined)
    throw new QueueError('BAD_CONFIG', `${shownKey(key)} cannot be that: ${why}`, `expected ${SETTINGS[key].expected}`)
}

/**
 * Sets a key, or resets it to its default (undefined). The lock keeps two processes from losing each other's changes.
 * If we die in here: the old file or the new one, and a lock that is stale after 5 s.
 * @throws QueueError BROKEN_CONFIG, NOT_WRITABLE, DISK_FULL
 */
export async function writeSetting(
  home: ConfigPaths,
  key: ConfigKey,
  value: Config[ConfigKey] | undefined,
): Promise<void> {
  refuseUnreachable(key, value)
  const { lock } = await import('proper-lockfile')
  const retries = { retries: 100, factor: 1.2, minTimeout: 5, maxTimeout: 50, randomize: true }
  try {
    const release = await lock(home.config, { realpath: false, stale: 5000, retries, onCompromised: () => {} })
    try {
      const { [key]: _old, ...others } = readSettings(home)
      const next = value === undefined ? others : { ...others, [key]: value }
      const aside = scratchPath(home.tmp, 'config', 'new')
      if (!replaceFile(aside, home.config, `${JSON.stringify(next, undefined, 2)}\n`))
        throw new QueueError('FAILED', `cannot write ${home.config}: its directory was removed`)
    } finally {
      await release()
    }
  } catch (error) {
    throw explained(error, `write ${home.config}`)
  }
}
