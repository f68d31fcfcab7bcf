/**
 * Makes and removes whole trees with fs-extra, where no job waits for it: `init`, and the output of removed jobs.
 *
 * fs-extra is loaded by the first call, so neither a worker's start nor the fast path pays for it. The way of a job
 * stays with the mover (`files.ts`).
 *
 * Crash: every function says what is left when the process dies inside it.
 */
import { join } from 'node:path'

/** Makes a directory, the directories in it and all missing parents; harmless for those that exist. */
export async function makeTree(root: string, names: readonly string[]): Promise<void> {
  const { ensureDir } = await import('fs-extra/esm')
  // If we die in here: some of them exist, and the next `makeTree` or `openHome` makes the others.
  for (const path of [root, ...names.map((name) => join(root, name))]) await ensureDir(path, { mode: 0o700 })
}

/** Removes a tree that has been moved to `tmp/`; harmless when it is gone. */
export type TreeRemover = (path: string) => void

/** Loads what removes trees. Synchronous from there on: to remove the few files of one job is quicker than to wait. */
export async function treeRemover(): Promise<TreeRemover> {
  const { removeSync } = await import('fs-extra/esm')
  // If we die in here: part of the tree is left, under a name in tmp/ that the sweeper removes.
  return (path) => removeSync(path)
}
