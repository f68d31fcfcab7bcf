/**
 * Keeps the settings of a running worker current: rereads the file when it has changed, ignores it when it is broken.
 */
import { lstat } from '../disk/files.ts'
import { type Config, DEFAULTS } from './schema.ts'
import { type ConfigPaths, readConfig } from './file.ts'

export class ConfigWatcher {
  readonly #home: ConfigPaths
  #config: Config = DEFAULTS
  #signature = ''

  constructor(home: ConfigPaths) {
    this.#home = home
  }

  get now(): Config {
    return this.#config
  }

  /** Rereads the file if it has changed; `log` gets a line when it cannot be used. */
  refresh(log: (line: string) => void): void {
    const stats = lstat(this.#home.config)
    const signature = stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size}` : 'none'
    if (signature === this.#signature) return
    this.#signature = signature
    try {
      this.#config = readConfig(this.#home)
    } catch (error) {
      log(`keeping the old settings: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
