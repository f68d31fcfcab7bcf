/** Validators that turn the text after an option into its value. */
import * as t from 'typanion'
import { nowMs } from '../../clock.ts'
import { parseSize } from '../../job/retention.ts'
import { parseDuration, parseInstant, parseWhen } from '../../job/time.ts'

/** Typanion's own `isNumber` refuses `3.0` and `+5`. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

export const isNumber = typed('a number', (text) => (NUMBER.test(text) ? Number(text) : undefined))

/** A whole number, at least `least`, at most `most`. */
export const isCount = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  typed(`a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`, (text) => {
    const n = NUMBER.test(text) ? Number(text) : Number.NaN
    return Number.isSafeInteger(n) && n >= least && n <= most ? n : undefined
  })

export const isAbove0 = typed('a number above 0', (text) =>
  NUMBER.test(text) && Number(text) > 0 ? Number(text) : undefined,
)

/** Seconds. */
export const isDuration = typed('a duration such as 90, 90s, 10m or 1h30m', parseDuration)

/** An instant in ms: an age, or a date and time. */
export const isSince = typed('an age such as 2h, or a date and time such as 2026-11-22T10:00', (text) => {
  const ago = parseDuration(text)
  return ago === undefined ? parseInstant(text) : nowMs() - ago * 1000
})

/** An instant in ms, as people say it. */
export const isWhen = typed('an ISO 8601 time, or +5m, in 2h, 23:30, tomorrow 9:00', (text) => parseWhen(text, nowMs()))

/** Bytes. */
export const isSize = typed('a size such as 500MB or 2GiB', parseSize)

export const isOneOf = <T extends string>(words: readonly T[]) =>
  typed(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text))

function typed<T>(expected: string, parse: (text: string) => T | undefined) {
  return t.makeValidator<unknown, T>({
    test: (given, state): given is T => {
      const value = typeof given === 'string' ? parse(given) : undefined
      if (value === undefined) {
        state?.errors?.push(`${state.p ?? '.'}: Expected ${expected} (got ${JSON.stringify(given)})`)
        return false
      }
      if (state?.coercion) state.coercions?.push([state.p ?? '.', state.coercion.bind(null, value)])
      return true
    },
  })
}
