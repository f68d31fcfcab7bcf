/**
 * Errors as people and programs are told them, and the exit status each one ends with. The only place that decides it.
 */
import { errno, explained, nearest, QueueError } from '../errors.ts'
import { say } from './terminal.ts'

/** Tells an error and returns the exit status. `doing`: the command's words. */
export function fail(error: unknown, doing: string, json: boolean): number {
  // ERR_ codes are node's own: of wrong calls, which are bugs.
  const told = /^E(?!RR_)/.test(errno(error) ?? '') ? explained(error, doing) : error
  if (told instanceof QueueError) {
    const { code, message, hint } = told
    if (json) say(JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }))
    else say(`queuectl: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`)
    return told.exitCode
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) say(JSON.stringify({ error: { code: 'BUG', message, stack } }))
  else say(`queuectl: ${message}\nthis is a bug; please report it with what follows\n${stack}`)
  return 1
}

/** What clipanion throws when a command line does not fit. */
interface Misfit extends Error {
  readonly clipanion: object
  readonly candidates?: readonly { readonly reason: string | null }[]
}

export const isMisfit = (error: unknown): error is Misfit => error instanceof Error && 'clipanion' in error

/** A misfit in our words. `options`: all names the command has; `call`: how it is called. */
export function usageError(misfit: Misfit, doing: string, options: readonly string[], call: string): QueueError {
  const reason = misfit.candidates?.[0]?.reason ?? misfit.message
  const [, named = ''] = /\("(.*)"\)/s.exec(reason) ?? []
  const usage = (why: string, hint: string): QueueError => new QueueError('USAGE', `${doing}: ${why}`, hint)
  if (reason.startsWith('Unsupported option') || reason.startsWith('Invalid option name')) {
    const [name = ''] = named.split('=')
    const close = nearest(name, options)
    return usage(`unknown option ${name}`, close ? `did you mean ${close}?` : `see: queuectl ${doing} --help`)
  }
  const [, needy] = /arguments to option (\S+?)\.?$/.exec(reason) ?? []
  if (needy) return usage(`${needy} needs a value`, `a value that starts with a dash is written ${needy}=-VALUE`)
  if (reason.startsWith('Extraneous')) return usage(`unexpected argument ${JSON.stringify(named)}`, `usage: ${call}`)
  if (reason.startsWith('Not enough')) return usage('something is missing', `usage: ${call}`)
  const [line = ''] = reason.split('\n')
  return usage(line.charAt(0).toLowerCase() + line.slice(1), `see: queuectl ${doing} --help`)
}
