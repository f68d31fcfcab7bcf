/** Reports errors, to people or as JSON, and decides the exit status of each. Nothing else decides it. */
import { jsonText } from '../job/sanitize.ts'
import { errno, explained, QueueError } from '../errors.ts'
import { printMessage } from './terminal.ts'

interface Reporting {
  /** The command's words. */
  readonly doing: string
  /** As one JSON object, with the messages that came before. */
  readonly json: boolean
  readonly notes?: readonly string[]
  readonly print?: (line: string) => void
}

/** Prints an error. @returns the exit status */
export function reportError(error: unknown, { doing, json, notes = [], print = printMessage }: Reporting): number {
  // Node's own ERR_ codes stand for wrong calls, which are bugs; codes such as ENOENT are explained.
  const known = /^E(?!RR_)/.test(errno(error) ?? '') ? explained(error, doing) : error
  const more = notes.length === 0 ? {} : { notes }
  if (known instanceof QueueError) {
    const { code, message, hint } = known
    if (json) print(jsonText({ error: { code, message, ...(hint === undefined ? {} : { hint }), ...more } }))
    else print(`queuectl: ${oneMessage(message)}${hint === undefined ? '' : `\nhint: ${hint}`}`)
    return known.exitCode
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) print(jsonText({ error: { code: 'BUG', message, stack, ...more } }))
  else print(`queuectl: ${oneMessage(message)}\nthis is a bug; please report it with what follows\n${stack}`)
  return 1
}

/** Further lines are indented: what they quote cannot pose as a line of ours. */
const oneMessage = (message: string): string => message.replaceAll('\n', '\n  ')

/** The error clipanion throws when no form of the command matches the arguments. */
interface SyntaxMismatch extends Error {
  readonly clipanion: object
  readonly candidates?: readonly { readonly reason: string | null }[]
}

export const isSyntaxMismatch = (error: unknown): error is SyntaxMismatch =>
  error instanceof Error && 'clipanion' in error

/** The same error in our words. @param hintFor what to do about an unknown option @param call how it is called */
export function usageError(
  mismatch: SyntaxMismatch,
  doing: string,
  hintFor: (option: string) => string,
  call: string,
): QueueError {
  const reason = mismatch.candidates?.[0]?.reason ?? mismatch.message
  const [, named = ''] = /\("(.*)"\)/s.exec(reason) ?? []
  const usage = (why: string, hint: string): QueueError => new QueueError('USAGE', `${doing}: ${why}`, hint)
  if (reason.startsWith('Unsupported option') || reason.startsWith('Invalid option name')) {
    const [name = ''] = named.split('=')
    return usage(`unknown option ${name}`, hintFor(name))
  }
  const [, unvalued] = /arguments to option (\S+?)\.?$/.exec(reason) ?? []
  if (unvalued)
    return usage(`${unvalued} needs a value`, `a value that starts with a dash is written ${unvalued}=-VALUE`)
  if (reason.startsWith('Extraneous')) return usage(`unexpected argument ${JSON.stringify(named)}`, `usage: ${call}`)
  if (reason.startsWith('Not enough')) return usage('something is missing', `usage: ${call}`)
  const [line = ''] = reason.split('\n')
  return usage(line.charAt(0).toLowerCase() + line.slice(1), `see: queuectl ${doing} --help`)
}
