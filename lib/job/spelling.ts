/**
 * Reads the members of a job in any spelling and in the words of other queues (`synonyms.ts`). Pure.
 *
 * What was read as something else, and what means nothing, becomes a warning: it stands in the record, and the command, the
 * log, the HTTP answer and the library print it.
 */
import { nearest, QueueError } from '../errors.ts'
import { MEANINGLESS_MEMBERS, MEMBER_SYNONYMS } from './synonyms.ts'
import { OUR_MEMBERS } from './job.ts'
import { newRequest } from './new-request.ts'
import { KNOWN_MEMBERS, type NewRequest } from './parse.ts'
import { READ_AS } from './read-as.ts'
import { isoTime, parseDuration, parseInstant } from './time.ts'

/** A request, and the warnings for those who wrote it. */
export interface ReadRequest {
  readonly request: NewRequest
  readonly warnings: readonly string[]
}

/**
 * A request as anyone may write it. Its warnings are in the request too, so that the record keeps them.
 * @param now ms, from which a delay counts
 * @throws QueueError INVALID_JOB naming the first thing wrong
 */
export function readForeign(value: unknown, now: number): ReadRequest {
  const { members, warnings } = inOurWords(value, now)
  try {
    const request = newRequest(members)
    return { request: warnings.length === 0 ? request : { ...request, warnings }, warnings }
  } catch (error) {
    throw withReadAs(error, warnings)
  }
}

/** The warnings that say what was read as `member` (by default: as anything). */
export const readAs = (member: string, warnings: readonly string[] | undefined): string[] =>
  (warnings ?? []).filter((warning) => warning.includes(READ_AS + member))

/** The error with what was read as `member`, if that may be why. */
export function withReadAs(error: unknown, warnings: readonly string[] | undefined, member = ''): unknown {
  const notes = readAs(member, warnings)
  if (!(error instanceof QueueError) || notes.length === 0) return error
  return new QueueError(error.code, `${error.message} (${notes.join('; ')})`, error.hint, { cause: error })
}

/** The value of a member, in whatever spelling it is given. */
export const memberValue = (given: object, member: string): unknown =>
  Object.entries(given).find(([name]) => meantBy(name, given) === member)?.[1]

/** The members with others put over them; a spelling of one that is overridden goes. */
export const overridden = (given: object, members: Readonly<Record<string, unknown>>): object => ({
  ...Object.fromEntries(
    Object.entries(given).filter(([name]) => !Object.hasOwn(members, meantBy(name, given) ?? name)),
  ),
  ...members,
})

/** The members with this one added, unless it is given in some spelling. */
export const withDefault = (given: object, member: string, value: unknown): object =>
  memberValue(given, member) === undefined ? overridden(given, { [member]: value }) : given

const OURS: ReadonlySet<string> = new Set(OUR_MEMBERS)
const KNOWN: ReadonlySet<string> = new Set(KNOWN_MEMBERS)
/** Members in seconds, which may also be written `5m`. */
const IN_SECONDS: ReadonlySet<string> = new Set(['timeout', 'max_backoff', 'delay'])
const SECONDS: Readonly<Record<string, number>> = { m: 0.001, s: 1, min: 60, h: 3600, d: 86_400 }
/** Up to the year 2286: what is more is no delay. */
const MOST_SECONDS = 1e10
const UNIT =
  /(?:_in)?_(m)(?:s|sec|illis|illiseconds)$|(?:_in)?_(s)(?:ec|ecs|econds)?$|(?:_in)?_(min)(?:s|utes)?$|(?:_in)?_(h)(?:ours)?$|(?:_in)?_(d)ays$/

const snake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()

interface Meaning {
  /** A member of ours, or `delay`. */
  readonly member: string
  /** How many seconds one of its unit is. */
  readonly factor: number
}

/** What a name means that is none of ours; undefined when it means nothing. */
function meaning(name: string): Meaning | undefined {
  const word = snake(name)
  const plain = named(word)
  if (plain !== undefined) return { member: plain, factor: 1 }
  const unit = UNIT.exec(word)
    ?.slice(1)
    .find((one) => one !== undefined)
  const member = unit === undefined ? undefined : named(word.replace(UNIT, ''))
  return member !== undefined && IN_SECONDS.has(member) ? { member, factor: SECONDS[unit ?? ''] ?? 1 } : undefined
}

const named = (word: string): string | undefined =>
  KNOWN.has(word) || word === 'delay'
    ? word
    : Object.entries<readonly string[]>(MEMBER_SYNONYMS).find(([, names]) => names.includes(word))?.[0]

/** The member that a name in a job means; undefined for one that only we write, or that means nothing. */
export function meantBy(name: string, given: object): string | undefined {
  if (KNOWN.has(name)) return name
  if (OURS.has(name) && !isAttemptsWanted(name, given)) return undefined
  const member = meaning(name)?.member
  return member === 'delay' ? 'run_at' : member
}

/**
 * `attempts` is what a record of ours counts, and what others call `max_retries`: it is that where the job has nothing
 * else that only a record has.
 */
function isAttemptsWanted(name: string, given: object): boolean {
  if (name !== 'attempts' || ('attempts' in given && given.attempts === 0)) return false
  return !Object.keys(given).some((other) => other !== 'attempts' && OURS.has(other))
}

interface OurWords {
  readonly members: unknown
  readonly warnings: readonly string[]
}

/** @throws QueueError INVALID_JOB when two spellings of a member have different values */
function inOurWords(value: unknown, now: number): OurWords {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { members: value, warnings: [] }
  const members = new Map<string, { readonly name: string; readonly given: unknown; readonly read: unknown }>()
  const warnings: string[] = []
  for (const [name, given] of Object.entries(value)) {
    const isOwn = KNOWN.has(name) || (OURS.has(name) && !isAttemptsWanted(name, value))
    const found = isOwn ? { member: name, factor: 1 } : meaning(name)
    const one = isOneOfMany(found?.member, given, isOwn) ? [given] : given
    const { member, read } = found ? readValue(found, one, now) : { member: name, read: given }
    const before = members.get(member)
    if (before && !isSame(before.read, read)) throw givenTwice(before, { name, given })
    members.set(member, before ?? { name, given, read })
    if (found === undefined) warnings.push(...aboutUnknown(name))
    else if (!isOwn) warnings.push(`${quoted(name)}${READ_AS}${member}${explanation(found.member, read, now)}`)
  }
  return { members: Object.fromEntries([...members].map(([member, { read }]) => [member, read])), warnings }
}

/** Is this a single label, or a single job to wait for, where there may be several? */
const isOneOfMany = (member: string | undefined, given: unknown, isOwn: boolean): boolean =>
  (member === 'tags' && !isOwn && typeof given === 'string') ||
  (member === 'after' && (typeof given === 'string' || (isObject(given) && !Array.isArray(given))))

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The value, and its member: a delay becomes the time at which the job runs. */
function readValue({ member, factor }: Meaning, given: unknown, now: number): { member: string; read: unknown } {
  const read = IN_SECONDS.has(member) ? inSeconds(given, factor) : given
  if (member !== 'delay') return { member, read }
  const isDelay = typeof read === 'number' && read >= 0 && read < MOST_SECONDS
  return { member: 'run_at', read: isDelay ? isoTime(now + Math.round(read * 1000)) : read }
}

/** The time (ISO 8601) at which a job with this delay runs; what is no delay as it is. */
export const timeOfDelay = (delay: unknown, now: number): unknown =>
  readValue({ member: 'delay', factor: 1 }, delay, now).read

/** A number of seconds, of a number in some unit or a text such as `5m`; anything else as it is. */
function inSeconds(given: unknown, factor: number): unknown {
  if (typeof given === 'number') return given * factor
  const seconds = typeof given === 'string' ? parseDuration(given) : undefined
  if (seconds === undefined) return given
  return /^[\d.]+$/.test(String(given)) ? seconds * factor : seconds
}

function explanation(member: string, read: unknown, now: number): string {
  if (member === 'max_retries') return `: ${String(read)} attempts in all`
  if (member === 'timeout' || member === 'max_backoff') return `: ${String(read)} s`
  if (member !== 'delay' || typeof read !== 'string') return ''
  const at = parseInstant(read)
  return at === undefined ? '' : `: ${(at - now) / 1000} s from now`
}

const isSame = (a: unknown, b: unknown): boolean => {
  if (JSON.stringify(a) === JSON.stringify(b)) return true
  const instants = [a, b].map((one) => (typeof one === 'string' ? parseInstant(one) : undefined))
  return instants[0] !== undefined && instants[0] === instants[1]
}

interface Given {
  readonly name: string
  readonly given: unknown
}

function givenTwice(one: Given, other: Given): QueueError {
  const shown = ({ name, given }: Given): string =>
    `${quoted(name)} is ${(JSON.stringify(given) ?? 'undefined').slice(0, 60)}`
  return new QueueError(
    'INVALID_JOB',
    `invalid job: ${shown(one)} and ${shown(other)}, and both mean the same member`,
    'give one of them',
  )
}

/** Why an unknown member may be a mistake; empty when nothing suggests that. */
function aboutUnknown(name: string): string[] {
  const word = snake(name)
  const instead = Object.hasOwn(MEANINGLESS_MEMBERS, word) ? MEANINGLESS_MEMBERS[word] : undefined
  if (instead !== undefined) return [`${quoted(name)} means nothing to queuectl: ${instead}`]
  const known = nearest(word, [...KNOWN_MEMBERS, 'delay'])
  return known === undefined ? [] : [`${quoted(name)} means nothing to queuectl; did you mean ${known}?`]
}

/** Names come from anyone: no control characters, and not without end. */
const quoted = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name)
