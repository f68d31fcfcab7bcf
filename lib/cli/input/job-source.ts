/**
 * Parses the job written after `enqueue`: JSON, in one word or split by the shell; a command line; or a file to read
 * jobs from. Pure.
 */
import { QueueError } from '../../errors.ts'
import { NotJson, parseJson } from '../../job/parse.ts'
import { scriptCommand } from '../../job/script.ts'
import { clip } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'

/** One job, or a file of jobs; `-` is standard input. */
export type JobSource = { readonly job: unknown } | { readonly from: string }

/** @throws QueueError INVALID_JOB, with a hint on quoting, when it looks like JSON and is not */
export function parseWords(words: readonly string[]): JobSource {
  const [first = ''] = words
  if (words.length === 1 && first === '-') return { from: '-' }
  if (words.length === 1 && first.length > 1 && first.startsWith('@')) return { from: first.slice(1) }
  const text = words.join(' ')
  return { job: looksLikeJson(text.trim()) ? parseJobJson(text) : { command: text } }
}

/**
 * Parses a text of many lines as a command or, if it is JSON, as a job.
 * @param note called with what was changed in it @returns empty when it is blank
 */
export function parseScript(bytes: Uint8Array, note: (text: string) => void): JobSource[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new QueueError('INVALID_JOB', 'the command on standard input is not UTF-8')
  }
  if (text.trim() === '') return []
  if (looksLikeJson(text.trim())) return [parseWords([text.trimEnd()])]
  if (text.includes('\r\n')) note('note: the DOS line ends of the script were made Unix ones')
  return [{ job: { command: scriptCommand(text) } }]
}

/** Conservative: `[` also begins a shell test, and `true` is a command. */
const looksLikeJson = (text: string): boolean =>
  text.startsWith('{') || /^\[\s*(\{|\]|-?\d|"[^"]*"\s*[,\]])/.test(text) || /^-?\d+(\.\d+)?$|^null$/.test(text)

function parseJobJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    const why = error.endsTooEarly ? 'it ends too early' : error.message
    throw new QueueError('INVALID_JOB', `cannot read the job as JSON: ${why}; got ${clip(visible(text), 200)}`, QUOTING)
  }
}

const QUOTING = `quote it so that its double quotes arrive, or avoid JSON
  sh, bash, zsh   queuectl enqueue '{"command":"echo hello"}'
  PowerShell      queuectl enqueue '{\\"command\\":\\"echo hello\\"}'
  cmd.exe         queuectl enqueue "{\\"command\\":\\"echo hello\\"}"
  any of them     queuectl enqueue -c "echo hello"    queuectl enqueue @job.json`

/** Parses `NAME=VALUE` words. @throws QueueError USAGE */
export function parseVariables(typed: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    typed.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new QueueError('USAGE', `enqueue: --env ${JSON.stringify(text)}: expected NAME=VALUE`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
