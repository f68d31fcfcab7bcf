/**
 * Runs a command through clipanion, prints help and completions.
 *
 * Replaces clipanion's own main, which writes errors to stdout, always fails with status 1 and colours pipes.
 */
import type { ParsedArgv } from './argv.ts'
import type { CommandClass, Context } from './command.ts'
import { reportError, isSyntaxMismatch, usageError } from './errors.ts'
import { type Io, openIo } from './terminal.ts'
import { QueueError } from '../errors.ts'
import { VERSION } from '../version.ts'

/** Runs the command. Never throws. */
export async function dispatch(parsed: ParsedArgv): Promise<number> {
  try {
    return await runCommandLine(parsed, await openIo(parsed.color))
  } catch (error) {
    return reportError(error, parsed.words.slice(0, 2).join(' ') || 'status', parsed.json)
  }
}

/** Refuses a command that `--home` without a value has swallowed. @returns the exit status; undefined when it is a home */
export async function checkHomeWord(word: string, json: boolean): Promise<number | undefined> {
  const { firstWords } = await import('./registry.ts')
  if (!firstWords().includes(word) && !/\s/.test(word)) return undefined
  const why = `--home needs a value, and got ${JSON.stringify(word)}`
  const hint = 'queuectl --home DIR ...; a directory of that name is written --home=./NAME'
  return reportError(new QueueError('USAGE', why, hint), '--home', json)
}

/** Prints completions of the last word for a shell. Reports no errors: they would appear in the line being typed. */
export async function printCompletions(words: readonly string[]): Promise<number> {
  try {
    const { completionsFor } = await import('./completion.ts')
    const io = await openIo('never')
    io.print((await completionsFor(words)).map(([word, about]) => `${word}\t${about}\n`).join(''))
    return 0
  } catch {
    // An incomplete command line, or a home that cannot be read: no completions.
    return 1
  }
}

async function runCommandLine(parsed: ParsedArgv, io: Io): Promise<number> {
  if (parsed.help) {
    const { help } = await import('./help.ts')
    io.print(await help(parsed.words, io))
    return 0
  }
  const { findCommand } = await import('./registry.ts')
  return run(await findCommand(parsed.words), parsed, io)
}

async function run(command: CommandClass, parsed: ParsedArgv, io: Io): Promise<number> {
  const { Cli } = await import('clipanion')
  const cli = new Cli<Context>({ binaryName: 'queuectl', binaryVersion: VERSION })
  cli.register(command)
  const { takesExact } = command
  const args = parsed.words.length === 0 ? ['status', ...parsed.args] : [...parsed.args]
  const last = [...parsed.numbers, ...(takesExact ? [] : (parsed.exact ?? []))]
  if (last.length > 0) args.push('--', ...last)
  const context = { io, home: parsed.home, exact: takesExact ? parsed.exact : undefined }
  try {
    const instance = cli.process(args, context)
    return (await instance.validateAndExecute()) ?? 0
  } catch (error) {
    if (!isSyntaxMismatch(error)) throw error
    const { callsOf, optionsOf } = await import('./help.ts')
    const names = optionsOf(cli).flatMap((option) => option.names)
    throw usageError(error, command.paths?.[0]?.join(' ') ?? '', names, callsOf(command).join(', or '))
  }
}
