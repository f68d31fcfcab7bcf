/**
 * Refuses numbers that JavaScript does not keep: a job's unknown members belong to the person, and are written back with
 * the value they had or not at all. Digits that add nothing may go: `1.0` is written back as `1`. Pure.
 */
import { QueueError } from '../errors.ts'

/** Text without this has only numbers of at most 15 digits, which are all kept. */
const MAY_BE_INEXACT = /[\d.]{16}|\d[eE][+-]?\d/
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g
/** Longer ones are refused unread. */
const MAX_DIGITS = 400

/** @param json valid JSON @throws QueueError INVALID_JOB naming the first number that would change */
export function refuseInexactNumbers(json: string): void {
  if (!MAY_BE_INEXACT.test(json)) return
  for (const [word] of json.matchAll(STRING_OR_NUMBER)) if (!word.startsWith('"') && !isKept(word)) throw inexact(word)
}

const isKept = (number: string): boolean =>
  number.length <= MAX_DIGITS && decimal(number) === decimal(String(Number(number)))

/** A number in one spelling: its digits without zeros around them, and the power of ten of the last one. */
function decimal(number: string): string {
  const [, whole = '', part = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? []
  if (whole === '') return number
  const digits = (whole + part).replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  return short === '' ? '0' : `${short} ${Number(power) - part.length + digits.length - short.length}`
}

const inexact = (number: string): QueueError =>
  new QueueError(
    'INVALID_JOB',
    `invalid job: the number ${number.length > 60 ? `${number.slice(0, 60)}...` : number} would not be kept exactly`,
    'write it as a text, in double quotes',
  )

/** What JSON.stringify is to be given, so that it throws on what it would leave out or change. */
export function refuseUnwritable(key: string, value: unknown): unknown {
  const isLost =
    typeof value === 'function' ||
    typeof value === 'symbol' ||
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (Array.isArray(value) && value.includes(undefined)) ||
    value instanceof Map ||
    value instanceof Set
  if (isLost) throw new TypeError(`${key} has a value that JSON cannot hold`)
  return value
}
