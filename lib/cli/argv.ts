/**
 * Splits the command line before a command sees it. Pure.
 *
 * Takes out the options that every command understands (`--home`, `--color`, help) and everything after `--`, which
 * clipanion would mix with the words before it.
 */
import { QueueError } from '../errors.ts'
import type { ColorMode } from './terminal.ts'

export interface ParsedArgv {
  /** The words before the first option; the first one or two name the command. */
  readonly words: readonly string[]
  /** The arguments left for the command, its own words included. */
  readonly args: readonly string[]
  /** Negative numbers that are not the value of an option. */
  readonly numbers: readonly string[]
  /** The arguments after `--`. */
  readonly exact: readonly string[] | undefined
  readonly home: string | undefined
  /** The value of `--home` that was a word of its own and no path: perhaps meant as something else. */
  readonly homeWord: string | undefined
  readonly color: ColorMode
  readonly json: boolean
  /** A list is printed as NDJSON: `--json=lines`. */
  readonly lines: boolean
  readonly help: boolean
  readonly version: boolean
}

const COLOR_MODES: readonly string[] = ['auto', 'always', 'never'] satisfies ColorMode[]

/** @throws QueueError USAGE */
export function parseArgv(argv: readonly string[]): ParsedArgv {
  const end = argv.indexOf('--')
  const before = withNull(end < 0 ? argv : argv.slice(0, end))
  let home: string | undefined
  let homeWord: string | undefined
  let color: ColorMode = 'auto'
  let help = false
  let lines = false
  const args: string[] = []
  const numbers: string[] = []
  for (let i = 0; i < before.length; i++) {
    const arg = before[i] ?? ''
    const [, name = arg, bound] = /^(--(?:home|color|colour))=(.*)$/s.exec(arg) ?? []
    const [, json] = /^--json=(.*)$/.exec(arg) ?? []
    const value = (): string => {
      const given = bound ?? before[++i]
      if (given === undefined || given === '' || (bound === undefined && given.startsWith('-')))
        throw new QueueError('USAGE', `${name} needs a value`)
      return given
    }
    if (name === '--home') {
      home = value()
      homeWord = bound === undefined && !home.includes('/') ? home : undefined
    } else if (name === '--color' || name === '--colour') color = parseColorMode(value())
    else if (name === '--no-color') color = 'never'
    else if (name === '-h' || name === '--help') help = true
    else if (json !== undefined && Object.hasOwn(JSON_VALUES, json)) {
      lines = JSON_VALUES[json] === 'lines'
      if (JSON_VALUES[json] !== undefined) args.push('--json')
    } else if (isNegativeNumber(arg)) numbers.push(arg)
    else if (isOption(arg) && isNegativeNumber(before[i + 1])) args.push(`${arg}=${before[++i]}`)
    else args.push(arg)
  }
  const first = args.findIndex((arg) => !arg.startsWith('-'))
  const last = args.findIndex((arg, i) => i > first && arg.startsWith('-'))
  const words = first < 0 ? [] : args.slice(first, last < 0 ? undefined : last)
  const asksHelp = words[0] === 'help'
  return {
    words: asksHelp ? words.slice(1) : words,
    args,
    numbers,
    exact: end < 0 ? undefined : argv.slice(end + 1),
    home,
    homeWord,
    color,
    json: args.includes('--json'),
    lines,
    help: help || asksHelp,
    version: words.length === 0 && (before.includes('--version') || before.includes('-v') || before.includes('-V')),
  }
}

/** What may follow `--json=`; undefined: no JSON. */
const JSON_VALUES: Readonly<Record<string, 'lines' | 'value' | undefined>> = {
  lines: 'lines',
  ndjson: 'lines',
  jsonl: 'lines',
  true: 'value',
  1: 'value',
  false: undefined,
  0: undefined,
}

/** With `--each-line`, `-0` is an option as in xargs(1), also between it and its template; else it is a number. */
function withNull(args: readonly string[]): readonly string[] {
  if (!args.includes('-0') || !args.some((arg) => arg.startsWith('--each-line'))) return args
  return ['--null', ...args.filter((arg) => arg !== '-0')]
}

function parseColorMode(mode: string): ColorMode {
  if (COLOR_MODES.includes(mode)) return mode as ColorMode
  throw new QueueError('USAGE', `--color cannot be ${JSON.stringify(mode)}: expected ${COLOR_MODES.join(', ')}`)
}

/** clipanion takes `-5` for an option. Joined by `=` to the option before it, or put after `--`, it is a value. */
const isOption = (arg: string): boolean => /^--?[A-Za-z][\w-]*$/.test(arg)
const isNegativeNumber = (arg: string | undefined): boolean => arg !== undefined && /^-\.?\d/.test(arg)
