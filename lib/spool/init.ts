/** Makes a home before its first job, for `init`. Every other command makes it when it opens it (`layout.ts`). */
import { lstat } from '../disk/files.ts'
import { makeTree } from '../disk/trees.ts'
import { explained } from '../errors.ts'
import { HOME_DIRS } from './layout.ts'

/**
 * Makes the home at this absolute path if nothing is there. Whether what is there is safe is checked when it is opened.
 * @throws QueueError NOT_WRITABLE, DISK_FULL
 */
export async function initHome(root: string): Promise<void> {
  if (lstat(root)) return
  try {
    // If we die in here: a home without some of its directories, which the next command makes.
    await makeTree(root, HOME_DIRS)
  } catch (error) {
    throw explained(error, `use ${root} as home`)
  }
}
