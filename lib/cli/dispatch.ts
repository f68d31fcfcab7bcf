/**
 * Runs a command by way of the framework, prints help, answers the shells' completion.
 *
 * Wraps clipanion, which by itself writes errors to stdout, exits with 1 whatever happened, and colours pipes.
 */
import type { Asked } from './argv.ts'
import type { CommandClass, Context } from './command.ts'
import { fail, isMisfit, usageError } from './errors.ts'
import { type Io, openIo } from './terminal.ts'
import { VERSION } from '../version.ts'

/** Runs the command that was asked for. Never throws. */
export async function dispatch(asked: Asked): Promise<number> {
  try {
    return await runAsked(asked, await openIo(asked.color))
  } catch (error) {
    return fail(error, asked.words.slice(0, 2).join(' ') || 'status', asked.json)
  }
}

/** What a shell may offer in the place of the last word. Reports no error: the user is typing. */
export async function completed(words: readonly string[]): Promise<number> {
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

async function runAsked(asked: Asked, io: Io): Promise<number> {
  if (asked.help) {
    const { help } = await import('./help.ts')
    io.print(await help(asked.words, io))
    return 0
  }
  const { findCommand } = await import('./registry.ts')
  return run(await findCommand(asked.words), asked, io)
}

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
