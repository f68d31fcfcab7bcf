/**
 * What may be written after `enqueue` as a job: JSON, in one piece or split by the shell; a command line; or where to
 * read jobs from. Pure.
 */
import { QueueError } from '../../errors.ts'
import { type JobRequest, OUR_MEMBERS } from '../../job/job.ts'
import { KNOWN_MEMBERS, NotJson, parseJson } from '../../job/parse.ts'
import { nearest } from '../../errors.ts'
import { cut, visible } from '../output/text.ts'

/** One job, or a file of jobs; `-` is standard input. */
export type Meant = { readonly job: unknown } | { readonly from: string }

/** @throws QueueError INVALID_JOB with a hint on quoting when it is meant to be JSON and is not. */
export function readWords(words: readonly string[]): Meant {
  const [first = ''] = words
  if (words.length === 1 && first === '-') return { from: '-' }
  if (words.length === 1 && first.length > 1 && first.startsWith('@')) return { from: first.slice(1) }
  const text = words.join(' ')
  return { job: looksLikeJson(text.trim()) ? parse(text) : { command: text } }
}

/** A text of many lines as a command, or as one job when it is JSON; nothing when it is blank. */
export function readScript(bytes: Uint8Array): Meant[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new QueueError('INVALID_JOB', 'the command on standard input is not UTF-8')
  }
  return text.trim() === '' ? [] : [readWords([text.trimEnd()])]
}

/** A `[` begins a shell's test as well, and `true` is a command. */
const looksLikeJson = (text: string): boolean =>
  text.startsWith('{') || /^\[\s*(\{|\]|-?\d|"[^"]*"\s*[,\]])/.test(text) || /^-?\d+(\.\d+)?$|^null$/.test(text)

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    const why = error.endsTooEarly ? 'it ends too early' : error.message
    throw new QueueError('INVALID_JOB', `cannot read the job as JSON: ${why}; got ${cut(visible(text), 200)}`, QUOTING)
  }
}

const QUOTING = `quote it so that its double quotes arrive, or do without JSON
  sh, bash, zsh   queuectl enqueue '{"command":"echo hello"}'
  PowerShell      queuectl enqueue '{\\"command\\":\\"echo hello\\"}'
  cmd.exe         queuectl enqueue "{\\"command\\":\\"echo hello\\"}"
  any of them     queuectl enqueue -c "echo hello"    queuectl enqueue @job.json`

/** Members that mean nothing to us but are nearly called like one that does: [typed, meant]. */
export const misspelt = (request: JobRequest): [string, string][] =>
  Object.keys(request).flatMap((name) => {
    if (KNOWN_MEMBERS.includes(name) || OURS.has(name)) return []
    const meant = nearest(name.replaceAll('-', '_').toLowerCase(), KNOWN_MEMBERS)
    return meant === undefined ? [] : [[name, meant] as [string, string]]
  })

const OURS: ReadonlySet<string> = new Set(OUR_MEMBERS)

/** `K=V` as typed, in order. @throws QueueError USAGE */
export function readVariables(typed: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    typed.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new QueueError('USAGE', `enqueue: --env ${JSON.stringify(text)}: expected NAME=VALUE`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
