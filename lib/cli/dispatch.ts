/**
 * Runs a command through clipanion, prints help and completions.
 *
 * Replaces clipanion's own main, which writes errors to stdout, always fails with status 1 and colours pipes.
 */
import type { Cli } from 'clipanion'
import type { ParsedArgv } from './argv.ts'
import type { CommandClass, Context } from './command.ts'
import { reportError, isSyntaxMismatch, usageError } from './errors.ts'
import { type ColorMode, type Io, openIo, printNotes } from './terminal.ts'
import { nearest, QueueError } from '../errors.ts'
import { VERSION } from '../version.ts'

type OpenIo = (mode: ColorMode, json: boolean) => Promise<Io>

/** Runs the command. Never throws. @param open the streams; tests have their own */
export async function dispatch(parsed: ParsedArgv, open: OpenIo = openIo): Promise<number> {
  const doing = parsed.words.slice(0, 2).join(' ') || 'status'
  let call: Call | undefined
  let io: Io | undefined
  try {
    const { inOurCommands } = await import('./find-command.ts')
    const { words, args } = inOurCommands(parsed)
    if (parsed.help) {
      const { help } = await import('./help.ts')
      io = await open(parsed.color, false)
      // `help --all`
      io.print(await help(words.length === 0 && args.includes('--all') ? ['all'] : words, io))
      return 0
    }
    call = await readCall({ ...parsed, words, args })
    io = await open(parsed.color, call.json)
    for (const note of call.notes) io.message(`note: ${note}`)
    const status = await run(call, io)
    printNotes(io)
    return status
  } catch (error) {
    io ??= await open(parsed.color, false)
    return reportError(error, {
      doing,
      json: call?.json ?? parsed.json,
      notes: io.notes,
      print: (line) => io?.messageNow(line),
    })
  }
}

/** Refuses a command that `--home` without a value has swallowed. @returns the exit status; undefined when it is a home */
export async function checkHomeWord(word: string, json: boolean): Promise<number | undefined> {
  const { firstWords } = await import('./find-command.ts')
  if (!firstWords().includes(word) && !/\s/.test(word)) return undefined
  const why = `--home needs a value, and got ${JSON.stringify(word)}`
  const hint = 'queuectl --home DIR ...; a directory of that name is written --home=./NAME'
  return reportError(new QueueError('USAGE', why, hint), { doing: '--home', json })
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

/** Options that every command has, and that none defines. */
const EVERYWHERE = ['--help', '--home', '--json', '--color', '--version']

/** What is to be run, in our words. */
interface Call {
  readonly cli: Cli<Context>
  readonly command: CommandClass
  readonly args: readonly string[]
  readonly exact: readonly string[] | undefined
  readonly home: string | undefined
  readonly json: boolean
  readonly lines: boolean
  readonly notes: readonly string[]
}

/** @throws QueueError USAGE */
async function readCall(parsed: ParsedArgv): Promise<Call> {
  const [{ Cli }, { findCommand }, { optionsOf }, { ownOptions }] = await Promise.all([
    import('clipanion'),
    import('./find-command.ts'),
    import('./options.ts'),
    import('./foreign-options.ts'),
  ])
  const command = await findCommand(parsed.words)
  const cli = new Cli<Context>({ binaryName: 'queuectl', binaryVersion: VERSION })
  cli.register(command)
  const { takesExact } = command
  const typed = parsed.words.length === 0 ? ['status', ...parsed.args] : parsed.args
  const name = nameOf(command)
  const ours = ownOptions(typed, { command: name, own: optionsOf(cli), takesCommandLine: takesExact })
  const args = ours.args.map((arg) => (arg === '--json=lines' ? '--json' : arg))
  const json = args.includes('--json')
  // `kill -9 ID`: cancel takes no number.
  const numbers = name === 'cancel' ? [] : parsed.numbers
  const last = [...numbers, ...(takesExact ? [] : (parsed.exact ?? []))]
  return {
    cli,
    command,
    args: last.length > 0 ? [...args, '--', ...last] : args,
    exact: takesExact ? parsed.exact : undefined,
    home: ours.home ?? parsed.home,
    json,
    lines: json && (parsed.lines || ours.args.includes('--json=lines')),
    notes: ours.notes,
  }
}

async function run({ cli, command, args, ...call }: Call, io: Io): Promise<number> {
  try {
    const instance = cli.process([...args], { io, home: call.home, exact: call.exact, lines: call.lines })
    return (await instance.validateAndExecute()) ?? 0
  } catch (error) {
    if (!isSyntaxMismatch(error)) throw error
    const [{ callsOf }, { optionsOf }, { optionNear }] = await Promise.all([
      import('./help.ts'),
      import('./options.ts'),
      import('./foreign-options.ts'),
    ])
    const options = { command: nameOf(command), own: optionsOf(cli) }
    const hintFor = (name: string): string => {
      const close = optionNear(name, options) ?? nearest(name, EVERYWHERE)
      const hint = close ? `did you mean ${close}?` : `see: queuectl ${nameOf(command)} --help`
      const isOfProgram = command.takesExact && close !== undefined && isAfterWord(args, name)
      return isOfProgram ? `${hint} Ours stand before the command, those of the program after --` : hint
    }
    throw usageError(error, nameOf(command), hintFor, callsOf(command).join(', or '))
  }
}

/** Does this option follow the first word of a command line? */
const isAfterWord = (args: readonly string[], option: string): boolean => {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`))
  return args.slice(1, at).some((arg) => /^[^-{[@]/.test(arg))
}

const nameOf = (command: CommandClass): string => command.paths?.[0]?.join(' ') ?? ''
