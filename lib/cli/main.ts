/**
 * Reads the command line and loads what runs it: nothing more for `--version`, `fast-path.ts` for the calls that scripts
 * make most, `dispatch.ts` for the rest.
 *
 * They are three bundles (`bin/bundle.ts`), so a class that two of them use exists twice: each reports its own errors and
 * returns an exit status.
 */
import { existsSync } from 'node:fs'
import module from 'node:module'
import { compileCacheDir } from '../config/env.ts'
import { jsonText } from '../job/sanitize.ts'
import { VERSION } from '../version.ts'
import { type ParsedArgv, parseArgv } from './argv.ts'
import { reportError } from './errors.ts'
import { openIo } from './terminal.ts'

/** Runs the command that the arguments ask for and returns its exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') {
    keepCompiled()
    const { printCompletions } = await import('./dispatch.ts')
    return printCompletions(argv.slice(1))
  }
  let parsed: ParsedArgv
  try {
    parsed = parseArgv(argv)
    if (parsed.version) {
      const io = await openIo('never')
      io.print(parsed.json ? `${jsonText({ version: VERSION })}\n` : `queuectl ${VERSION}\n`)
      return 0
    }
  } catch (error) {
    return reportError(error, { doing: 'queuectl', json: argv.some((arg) => arg.startsWith('--json')) })
  }
  keepCompiled()
  if (parsed.homeWord !== undefined && !existsSync(parsed.homeWord)) {
    const { checkHomeWord } = await import('./dispatch.ts')
    const status = await checkHomeWord(parsed.homeWord, parsed.json)
    if (status !== undefined) return status
  }
  if (mayBeFast(parsed)) {
    const { fastPath } = await import('./fast-path.ts')
    const status = await fastPath(parsed)
    if (status !== undefined) return status
  }
  const { dispatch } = await import('./dispatch.ts')
  return dispatch(parsed)
}

/** `status` or `enqueue` with only words, `--json` and arguments after `--`: the fast path may handle it. Not `enqueue add`. */
const mayBeFast = ({ words, args, numbers, help, lines }: ParsedArgv): boolean =>
  !help &&
  !lines &&
  words[1] !== 'add' &&
  ['status', 'enqueue'].includes(words[0] ?? 'status') &&
  numbers.length === 0 &&
  args.filter((arg) => arg !== '--json').join('\0') === words.join('\0')

/**
 * Since Node 22.8, V8 can cache compiled code between calls. The cache is in a directory of the user's own: the default is
 * in /tmp, where another user could place code for us to run. Best effort: without it the code is compiled again.
 */
function keepCompiled(): void {
  const { enableCompileCache } = module as { enableCompileCache?: (directory: string) => unknown }
  const directory = compileCacheDir()
  if (directory) enableCompileCache?.(directory)
}
