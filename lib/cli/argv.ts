/**
 * The command line before any command sees it. Pure.
 *
 * Taken out here: what is understood anywhere (`--home`, `--color`, help), and everything after `--`, which clipanion
 * would mix with what stands before it.
 */
import { QueueError } from '../errors.ts'
import type { ColorMode } from './terminal.ts'

export interface Asked {
  /** The words before the first option, of which the first one or two name the command. */
  readonly words: readonly string[]
  /** What is left for the command, its own words included. */
  readonly args: readonly string[]
  /** Negative numbers that belong to no option. */
  readonly numbers: readonly string[]
  /** What stands after `--`. */
  readonly exact: readonly string[] | undefined
  readonly home: string | undefined
  readonly color: ColorMode
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
}

const COLOR_MODES: readonly string[] = ['auto', 'always', 'never'] satisfies ColorMode[]

/** @throws QueueError USAGE */
export function readArgv(argv: readonly string[]): Asked {
  const end = argv.indexOf('--')
  const before = end < 0 ? argv : argv.slice(0, end)
  let home: string | undefined
  let color: ColorMode = 'auto'
  let help = false
  const args: string[] = []
  const numbers: string[] = []
  for (let i = 0; i < before.length; i++) {
    const arg = before[i] ?? ''
    const [, name = arg, bound] = /^(--(?:home|color|colour))=(.*)$/s.exec(arg) ?? []
    const value = (): string => {
      const given = bound ?? before[++i]
      if (given === undefined || given === '') throw new QueueError('USAGE', `${name} needs a value`)
      return given
    }
    if (name === '--home') home = value()
    else if (name === '--color' || name === '--colour') color = readColor(value())
    else if (name === '--no-color') color = 'never'
    else if (name === '-h' || name === '--help') help = true
    else if (isNegative(arg)) numbers.push(arg)
    else if (isOption(arg) && isNegative(before[i + 1])) args.push(`${arg}=${before[++i]}`)
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
    color,
    json: before.includes('--json'),
    help: help || asksHelp,
    version: words.length === 0 && (before.includes('--version') || before.includes('-v') || before.includes('-V')),
  }
}

function readColor(mode: string): ColorMode {
  if (COLOR_MODES.includes(mode)) return mode as ColorMode
  throw new QueueError('USAGE', `--color cannot be ${JSON.stringify(mode)}: expected ${COLOR_MODES.join(', ')}`)
}

/** clipanion takes `-5` for an option; bound by `=` to the one before it, or after `--`, it is a value. */
const isOption = (arg: string): boolean => /^--?[A-Za-z][A-Za-z-]*$/.test(arg)
const isNegative = (arg: string | undefined): boolean => arg !== undefined && /^-\.?\d/.test(arg)
