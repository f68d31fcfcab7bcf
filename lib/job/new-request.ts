/**
 * Reads the request of a new job, and refuses what could not be run as it is given: better now, to the person who gives
 * it, than when it runs. Records already on disk are not asked. Pure.
 */
import { QueueError } from '../errors.ts'
import type { JobRequest } from './job.ts'
import { readRequest } from './parse.ts'

/** Linux takes no longer word or variable (MAX_ARG_STRLEN, with its final NUL). */
export const MAX_WORD_BYTES = 131_071
/** And fewer bytes of words and variables in all (a quarter of the stack's limit), the worker's variables among them. */
const MAX_WORDS_BYTES = 1_572_864
/** A word's final NUL and its pointer. */
const WORD_COST = 9

/** A request from a parsed value. @throws QueueError INVALID_JOB */
export function newRequest(value: unknown): JobRequest {
  const request = readRequest(value)
  const { command, env = {} } = request
  const words = typeof command === 'string' ? [] : command
  const variables = Object.entries(env).map(([name, text]) => `${name}=${text}`)
  const sizes = [...words, ...variables].map((word) => Buffer.byteLength(word))
  const longest = sizes.reduce((most, size) => Math.max(most, size), 0)
  if (longest > MAX_WORD_BYTES)
    throw new QueueError(
      'INVALID_JOB',
      `invalid job: a word of its command or a variable is ${longest} bytes long, and the system takes ${MAX_WORD_BYTES}`,
      'give it as stdin, or put it in a file and name that',
    )
  if (sizes.reduce((sum, size) => sum + size + WORD_COST, 0) > MAX_WORDS_BYTES)
    throw new QueueError(
      'INVALID_JOB',
      'invalid job: its command and variables are more than the system takes',
      'give them as stdin, or put them in a file and name that',
    )
  const odd = typeof command === 'string' ? Object.keys(env).find((name) => !isShellName(name)) : undefined
  if (odd !== undefined)
    throw new QueueError(
      'INVALID_JOB',
      `invalid job: the variable ${JSON.stringify(odd)} would not get past the shell that runs the command, since its name is no shell word`,
      'give the command as an array of words, which runs without a shell',
    )
  return request
}

/** Bash exports its functions under names of its own, and they are for bash alone. */
const isShellName = (name: string): boolean => /^(?:[A-Za-z_]\w*|BASH_FUNC_.*)$/.test(name)
