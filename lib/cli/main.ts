/**
 * Reads the command line and loads what runs it: nothing more for `--version`, `fast-path.ts` for the calls that scripts
 * make most, `dispatch.ts` for all others.
 *
 * The three are bundled apart (`bin/bundle.ts`). So a class that two of them use exists twice: each reports its own
 * errors and returns an exit status.
 */
import module from 'node:module'
import { compileCacheDir } from '../config/env.ts'
import { VERSION } from '../version.ts'
import { type Asked, readArgv } from './argv.ts'
import { fail } from './errors.ts'
import { openIo } from './terminal.ts'

/** Runs the command that the arguments ask for and returns its exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') {
    keepCompiled()
    const { completed } = await import('./dispatch.ts')
    return completed(argv.slice(1))
  }
  let asked: Asked
  try {
    asked = readArgv(argv)
    if (asked.version) {
      const io = await openIo('never')
      io.print(`queuectl ${VERSION}\n`)
      return 0
    }
  } catch (error) {
    return fail(error, 'queuectl', argv.includes('--json'))
  }
  keepCompiled()
  if (isPlain(asked)) {
    const { fastPath } = await import('./fast-path.ts')
    const status = await fastPath(asked)
    if (status !== undefined) return status
  }
  const { dispatch } = await import('./dispatch.ts')
  return dispatch(asked)
}

/** Nothing but words, `--json` and what stands after `--`, and perhaps one of the commands that scripts call most. */
const isPlain = ({ words, args, numbers, help }: Asked): boolean =>
  !help &&
  ['status', 'enqueue'].includes(words[0] ?? 'status') &&
  numbers.length === 0 &&
  args.filter((arg) => arg !== '--json').join('\0') === words.join('\0')

/**
 * Lets V8 keep what it compiles for the next call (Node 22.8 and later). In a directory of the user's own, because the
 * default lies in /tmp, where another user could leave code for us to run. Never fails: without the directory, all is
 * compiled again.
 */
function keepCompiled(): void {
  const { enableCompileCache } = module as { enableCompileCache?: (directory: string) => unknown }
  enableCompileCache?.(compileCacheDir())
}
