/**
 * From a command line to an exit status.
 *
 * Our own main around clipanion, which by itself writes errors to stdout, exits with 1 whatever happened, and colours
 * pipes.
 */
import { readArgv, type Asked } from './argv.ts'
import type { CommandClass, Context } from './command.ts'
import { fail, isMisfit, usageError } from './errors.ts'
import { type Io, openIo } from './terminal.ts'
import { VERSION } from '../version.ts'

/** Runs the command that the arguments ask for. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '__complete') return completed(argv.slice(1))
  let asked: Asked
  try {
    asked = readArgv(argv)
  } catch (error) {
    return fail(error, 'queuectl', argv.includes('--json'))
  }
  try {
    return await dispatch(asked, await openIo(asked.color))
  } catch (error) {
    return fail(error, asked.words.slice(0, 2).join(' ') || 'status', asked.json)
  }
}

/** What a shell may offer in the place of the last word. Never says what is wrong: somebody is typing. */
async function completed(words: readonly string[]): Promise<number> {
  try {
    const { candidates } = await import('./completion.ts')
    const io = await openIo('never')
    io.print((await candidates(words)).map(([word, about]) => `${word}\t${about}\n`).join(''))
    return 0
  } catch {
    // Half a command line, or a home that cannot be read: there is nothing to offer.
    return 1
  }
}

async function dispatch(asked: Asked, io: Io): Promise<number> {
  if (asked.version) {
    io.print(`queuectl ${VERSION}\n`)
    return 0
  }
  if (asked.help) {
    const { help } = await import('./help.ts')
    io.print(await help(asked.words, io))
    return 0
  }
  if (isPlain(asked)) {
    const { swift } = await import('./fast-path.ts')
    const status = await swift(asked, io)
    if (status !== undefined) return status
  }
  const { findCommand } = await import('./registry.ts')
  return run(await findCommand(asked.words), asked, io)
}

/** Nothing but words, `--json` and what stands after `--`, and perhaps one of the commands that scripts call most. */
const isPlain = ({ words, args, numbers }: Asked): boolean =>
  ['status', 'enqueue'].includes(words[0] ?? 'status') &&
  numbers.length === 0 &&
  args.filter((arg) => arg !== '--json').join('\0') === words.join('\0')

async function run(command: CommandClass, asked: Asked, io: Io): Promise<number> {
  const { Cli } = await import('clipanion')
  const cli = new Cli<Context>({ binaryName: 'queuectl', binaryVersion: VERSION })
  cli.register(command)
  const { takesExact } = command
  const args = asked.words.length === 0 ? ['status', ...asked.args] : [...asked.args]
  const last = [...asked.numbers, ...(takesExact ? [] : (asked.exact ?? []))]
  if (last.length > 0) args.push('--', ...last)
  const context = { io, home: asked.home, exact: takesExact ? asked.exact : undefined }
  try {
    const called = cli.process(args, context)
    return (await called.validateAndExecute()) ?? 0
  } catch (error) {
    if (!isMisfit(error)) throw error
    const { callsOf, optionsOf } = await import('./help.ts')
    const names = optionsOf(cli).flatMap((option) => option.names)
    throw usageError(error, command.paths?.[0]?.join(' ') ?? '', names, callsOf(command).join(', or '))
  }
}
