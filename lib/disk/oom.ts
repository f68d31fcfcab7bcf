/**
 * Counts the processes that the kernel has killed for lack of memory in our cgroup, which is that of the jobs, too. Where
 * that cannot be read, none are counted.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export class OomKills {
  readonly #files: readonly string[]
  #known: number

  /** Counts from now on. @param root where `proc` and `sys` are, for tests */
  constructor(root = '/') {
    this.#files = filesOf(root)
    this.#known = this.#count()
  }

  /** Has there been one since this was last asked? */
  hasGrown(): boolean {
    const before = this.#known
    this.#known = this.#count()
    return this.#known > before
  }

  #count(): number {
    for (const file of this.#files) {
      const [, count] = /^oom_kill (\d+)$/m.exec(read(file)) ?? []
      if (count !== undefined) return Number(count)
    }
    return 0
  }
}

/** Where the count may be: in our cgroup (version 2, or 1), or where a container sees its own as the root. */
function filesOf(root: string): string[] {
  const cgroups = read(join(root, 'proc/self/cgroup'))
  const [, unified] = /^0::(.*)$/m.exec(cgroups) ?? []
  const [, memory] = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(cgroups) ?? []
  const mounted = join(root, 'sys/fs/cgroup')
  const under = (dir: string, path: string | undefined, name: string): string[] =>
    path === undefined ? [] : [join(dir, path, name), join(dir, name)]
  return [...under(mounted, unified, 'memory.events'), ...under(join(mounted, 'memory'), memory, 'memory.oom_control')]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // No such cgroup, or it may not be read.
    return ''
  }
}
