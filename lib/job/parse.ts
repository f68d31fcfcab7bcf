/**
 * Parses and checks jobs: requests, and records that may have been edited by hand. Pure.
 *
 * No text is trusted before it has passed here. Messages name the member, what was expected and what was found.
 */
import * as t from 'typanion'
import { QueueError } from '../errors.ts'
import { type Parent, whyNotAfter } from './after.ts'
import { refuseInexactNumbers, refuseUnwritable } from './exact-numbers.ts'
import { DEFAULT_MAX_RETRIES, type Job, type JobRequest, MAX_JOB_BYTES, OUR_MEMBERS, type Run } from './job.ts'
import { DEFAULT_QUEUE, type JobName, whyNotChosenId, whyNotQueue } from './file-name.ts'
import { isoTime, parseInstant } from './time.ts'
import type { State } from './state.ts'
import { whyNotKey, whyNotWhile } from './unique.ts'
import { LIMITS, whole } from './value-limits.ts'

const text = t.cascade(t.isString(), [
  must((value) => (value.includes('\0') ? 'expected no NUL character' : undefined)),
  must(whyNotWritable),
])
const notBlank = must((value) => (value.trim() === '' ? 'expected something other than blanks' : undefined))
const isDate = must((value) =>
  parseInstant(value) === undefined ? 'expected an ISO 8601 date such as 2026-12-31T23:59:00Z' : undefined,
)
const isAbsolute = must((value) => (value.startsWith('/') ? undefined : 'expected an absolute directory'))
const isVariable = must((value) => (/^[^=\0]+$/.test(value) ? undefined : 'expected the name of a variable'))
const isShort = must((value) => ([...value].length > 128 ? 'expected at most 128 characters' : undefined))
const isNoArray = t.makeValidator<object>({
  test: (value, state) => {
    if (!Array.isArray(value)) return true
    state?.errors?.push(`${state.p ?? '.'}: Expected an object (got an array)`)
    return false
  },
})
/** Any member name is good in there; typanion's records refuse `__proto__` and `constructor`. */
const isOwn = t.makeValidator<unknown, Readonly<Record<string, unknown>>>({
  test: (value, state): value is Readonly<Record<string, unknown>> => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true
    state?.errors?.push(`${state.p ?? '.'}: Expected an object`)
    return false
  },
})
const isAfter = t.makeValidator<unknown, readonly Parent[]>({
  test: (value, state): value is readonly Parent[] => {
    const why = whyNotAfter(value)
    if (why) state?.errors?.push(`${state.p ?? '.'}: ${why}`)
    return why === undefined
  },
})
const codes = t.isArray(whole(0, 255))

const oneKey = t.isOptional(t.cascade(t.isString(), [must(whyNotKey)]))

const MEMBERS = {
  // Looked at by whyNotCommand.
  command: t.isUnknown(),
  id: t.isOptional(t.cascade(t.isString(), [must(whyNotChosenId)])),
  queue: t.isOptional(t.cascade(t.isString(), [must(whyNotQueue)])),
  key: oneKey,
  run_at: t.isOptional(t.cascade(t.isString(), [isDate])),
  after: t.isOptional(isAfter),
  when_impossible: t.isOptional(t.isEnum(['cancel', 'wait'] as const)),
  after_delay: t.isOptional(LIMITS.timeout),
  unique: oneKey,
  unique_while: t.isOptional(t.cascade(t.isString(), [must(whyNotWhile)])),
  on_conflict: t.isOptional(t.isEnum(['ignore', 'reject'] as const)),
  cwd: t.isOptional(t.cascade(text, [isAbsolute])),
  env: t.isOptional(t.cascade(t.isRecord(text, { keys: t.cascade(t.isString(), [isVariable]) }), [isNoArray])),
  stdin: t.isOptional(t.cascade(t.isString(), [must(whyNotWritable)])),
  tags: t.isOptional(t.isArray(t.cascade(text, [isShort, notBlank]))),
  priority: t.isOptional(LIMITS.priority),
  max_retries: t.isOptional(LIMITS.max_retries),
  timeout: t.isOptional(LIMITS.timeout),
  backoff_base: t.isOptional(LIMITS.backoff_base),
  max_backoff: t.isOptional(LIMITS.max_backoff),
  jitter: t.isOptional(LIMITS.jitter),
  success_codes: t.isOptional(codes),
  retry_later_codes: t.isOptional(codes),
  give_up_codes: t.isOptional(codes),
  nice: t.isOptional(whole(0, 19)),
  ionice: t.isOptional(t.isEnum(['idle'] as const)),
  meta: t.isOptional(isOwn),
}
const isRequest = t.isObject(MEMBERS, { extra: t.isRecord(t.isUnknown()) })

/** A request that has been read, with the warnings about how it was. */
export type NewRequest = JobRequest & Pick<Job, 'warnings'>

/** The members of a request that have a meaning; others are kept and ignored. In the order in which they are shown. */
export const KNOWN_MEMBERS: readonly string[] = Object.keys(MEMBERS)

/**
 * A request from a parsed value, without the members that only queuectl writes.
 * @throws QueueError INVALID_JOB naming the first problem
 */
export function readRequest(value: unknown): JobRequest {
  const members = Object.fromEntries(
    Object.entries(asObject(value)).filter(([key]) => !OUR_MEMBER_SET.has(key) && key !== '__proto__'),
  )
  assertRequest(members)
  if (sizeOf(members) > MAX_JOB_BYTES - 4096)
    throw new QueueError(
      'INVALID_JOB',
      `invalid job: it is larger than ${MAX_JOB_BYTES} bytes`,
      'put large input in a file and name it in the command',
    )
  return members
}

/**
 * Bytes of its JSON. @throws QueueError INVALID_JOB for an object of the library's caller that is circular or too deep
 */
function sizeOf(members: object): number {
  try {
    return Buffer.byteLength(JSON.stringify(members, refuseUnwritable))
  } catch (error) {
    const why = error instanceof RangeError ? 'it is nested too deeply' : String(error).split('\n')[0]
    throw new QueueError('INVALID_JOB', `invalid job: it cannot be written as JSON: ${why}`)
  }
}

const OUR_MEMBER_SET: ReadonlySet<string> = new Set(OUR_MEMBERS)

function assertRequest(members: object): asserts members is JobRequest {
  const { command } = members as { command?: unknown }
  const errors: string[] = []
  const odd = whyNotCommand(command) ?? without({ ...members })
  if (isRequest(members, { errors }) && odd === undefined) return
  const why = odd ?? errors[0]?.replace(/^\./, '').replace(/#\d+/, '') ?? 'it is not valid'
  throw new QueueError(
    'INVALID_JOB',
    `invalid job: ${why}`,
    why.includes('command') ? `a job needs at least {"command":"echo hello"}` : undefined,
  )
}

/** Members that mean nothing without another one. */
const GO_WITH = {
  after_delay: 'after',
  when_impossible: 'after',
  unique_while: 'unique',
  on_conflict: 'unique',
} as const

function without(members: Readonly<Record<string, unknown>>): string | undefined {
  const alone = Object.entries(GO_WITH).find(
    ([name, other]) => members[name] !== undefined && members[other] === undefined,
  )
  return alone && `${alone[0]} goes with ${alone[1]}`
}

/** Checked separately, because typanion's message for a union of two types is unreadable. */
function whyNotCommand(command: unknown): string | undefined {
  if (command === undefined) return 'it has no command'
  if (typeof command === 'string') {
    if (command.trim() === '') return 'its command is empty'
    return whyNotWord(command)
  }
  if (!Array.isArray(command))
    return `its command is ${command === null ? 'null' : `a ${typeof command}`}, expected a string or an array of strings`
  if (command.length === 0 || command[0] === '') return 'its command names no program'
  if (!command.every((arg) => typeof arg === 'string'))
    return 'its command is an array with something other than strings in it'
  return command.map(whyNotWord).find((why) => why !== undefined)
}

function whyNotWord(word: string): string | undefined {
  if (word.includes('\0')) return 'its command has a NUL character in it'
  return whyNotWritable(word) && 'its command has half of a character in it'
}

function asObject(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  throw new QueueError(
    'INVALID_JOB',
    `invalid job: expected one JSON object, got ${found}`,
    `a job looks like {"command":"echo hello"}`,
  )
}

/** The record of a new job: the request and its defaults, enqueued at `now` (ms). */
export function newJob(
  request: NewRequest,
  id: string,
  defaults: { max_retries: number; default_priority: number },
  state: State,
  now: number,
): Job {
  const at = isoTime(now)
  return {
    ...request,
    id,
    command: request.command,
    queue: request.queue ?? DEFAULT_QUEUE,
    priority: request.priority ?? defaults.default_priority,
    max_retries: request.max_retries ?? defaults.max_retries,
    ...(request.run_at === undefined ? {} : { run_at: isoTime(parseInstant(request.run_at) ?? now) }),
    state,
    attempts: 0,
    runs: 0,
    interruptions: 0,
    retry_laters: 0,
    created_at: at,
    updated_at: at,
    history: [],
  }
}

/** A text is not JSON. `endsTooEarly`: it may still be being written. */
export class NotJson extends Error {
  readonly endsTooEarly: boolean
  constructor(cause: unknown, source: string) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(why.replace(/ in JSON at position/, ' at position'))
    const position = /at position (\d+)/.exec(why)
    this.endsTooEarly =
      source.trim() === '' || /Unexpected end/.test(why) || Number(position?.[1] ?? -1) >= source.trimEnd().length
  }
}

/** @throws NotJson; QueueError INVALID_JOB when a number in it would not be kept */
export function parseJson(source: string): unknown {
  const body = source.startsWith('\uFEFF') ? source.slice(1) : source
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch (error) {
    throw new NotJson(error, body)
  }
  refuseInexactNumbers(body)
  return value
}

const count = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
const optional = <T>(key: string, value: T | undefined): Record<string, T> =>
  value === undefined ? {} : { [key]: value }

/**
 * A job from the text of its file, its parsed file name and its state, which override the text. Members that only
 * queuectl writes are left out where they are invalid, because people edit job files.
 * @throws NotJson, QueueError INVALID_JOB
 */
export function readJob(source: string, name: JobName, state: State): Job {
  const value = asObject(parseJson(source)) as Record<string, unknown>
  const { id: _id, queue: _queue, priority: _priority, ...rest } = value
  const request = readRequest(rest)
  const string = (key: string): string | undefined => (typeof value[key] === 'string' ? value[key] : undefined)
  const number = (key: string): number | undefined => (typeof value[key] === 'number' ? value[key] : undefined)
  const created = string('created_at') ?? isoTime(Math.floor(name.due / 1000))
  const cancelled = value.cancelled
  return {
    ...request,
    id: name.id,
    command: request.command,
    queue: name.queue,
    ...optional('key', request.key ?? name.slug),
    priority: name.priority,
    max_retries: request.max_retries ?? DEFAULT_MAX_RETRIES,
    state,
    attempts: count(value.attempts),
    runs: count(value.runs),
    interruptions: count(value.interruptions),
    retry_laters: count(value.retry_laters),
    created_at: created,
    updated_at: string('updated_at') ?? created,
    ...optional('started_at', string('started_at')),
    ...optional('finished_at', string('finished_at')),
    ...optional('next_retry_at', string('next_retry_at')),
    ...optional('exit_code', number('exit_code')),
    ...optional('signal', string('signal')),
    ...(value.timed_out === true ? { timed_out: true as const } : {}),
    ...(isTexts(value.met) ? { met: value.met } : {}),
    ...(isCancelled(cancelled) ? { cancelled } : {}),
    ...optional('last_error', string('last_error')),
    ...optional('duration_ms', number('duration_ms')),
    ...optional('worker', string('worker')),
    ...optional('slot', number('slot')),
    ...(isPids(value.strays) ? { strays: value.strays } : {}),
    ...(isTexts(value.warnings) ? { warnings: value.warnings } : {}),
    ...optional('schedule', string('schedule')),
    ...optional('schedule_time', string('schedule_time')),
    ...(typeof value.beside === 'number' ? { beside: count(value.beside) } : {}),
    history: Array.isArray(value.history) ? value.history.filter(isRun) : [],
  }
}

const isCancelledBy = t.isObject({ at: t.isString(), reason: t.isString(), because: t.isOptional(t.isString()) })
const isCancelled = (value: unknown): value is NonNullable<Job['cancelled']> => isCancelledBy(value)
const isPids = t.isArray(t.isNumber())
const isTexts = t.isArray(t.isString())
const isRun = (value: unknown): value is Run =>
  typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'number' && 'outcome' in value

/** A validator of a text, from a function that returns what was expected, or undefined when the text is valid. */
function whyNotWritable(value: string): string | undefined {
  return /\p{Surrogate}/u.test(value) ? 'expected no half of a character' : undefined
}

function must(whyNot: (value: string) => string | undefined) {
  return t.makeValidator<string>({
    test: (value, state) => {
      const why = whyNot(value)
      if (why !== undefined)
        state?.errors?.push(`${state.p ?? '.'}: ${why} (got ${JSON.stringify(value.slice(0, 60))})`)
      return why === undefined
    },
  })
}
