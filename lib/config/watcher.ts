/** The settings as a running worker sees them: read again when the file has changed, kept when it is broken. */
import { lstat } from '../disk/files.ts'
import { type Config, DEFAULTS } from './schema.ts'
import { type ConfigPaths, readConfig } from './file.ts'

export class ConfigWatcher {
  readonly #home: ConfigPaths
  #config: Config = DEFAULTS
  #seen = ''

  constructor(home: ConfigPaths) {
    this.#home = home
  }

  get now(): Config {
    return this.#config
  }

  /** Takes up what has changed; `say` gets a line when the file cannot be used. */
  refresh(say: (line: string) => void): void {
    const stats = lstat(this.#home.config)
    const seen = stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : 'none'
    if (seen === this.#seen) return
    this.#seen = seen
    try {
      this.#config = readConfig(this.#home)
    } catch (error) {
      say(`keeping the old settings: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
