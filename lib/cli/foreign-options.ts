/**
 * Reads the options of a command in any spelling and in the words of other queues (`synonyms.ts`), and writes them in ours.
 * Pure.
 *
 * Nothing after the first word of a command line that is to be enqueued is touched: it belongs to the program.
 */
import { nearest, QueueError } from '../errors.ts'
import type { OptionHelp } from './options.ts'
import { COMMON_OPTION_SYNONYMS, FORMATS, OPTION_SYNONYMS } from './synonyms.ts'

/** A command, as its options are read. */
export interface Options {
  /** Its words. */
  readonly command: string
  readonly own: readonly OptionHelp[]
  /** What follows its words is a command line. */
  readonly takesCommandLine: boolean
}

export interface OurArgs {
  readonly args: readonly string[]
  readonly home?: string
  /** What was read as something else, where that is not plain. */
  readonly notes: readonly string[]
}

/** The arguments with their options in ours. @throws QueueError USAGE for an option without a counterpart */
export function ownOptions(typed: readonly string[], options: Options): OurArgs {
  return new Translation(typed, options).read()
}

class Translation {
  readonly #typed: readonly string[]
  readonly #options: Options
  readonly #args: string[] = []
  readonly #notes: string[] = []
  #at = 0
  #home: string | undefined

  constructor(typed: readonly string[], options: Options) {
    this.#typed = typed
    this.#options = options
  }

  read(): OurArgs {
    const { command, takesCommandLine } = this.#options
    let wordsLeft = command.split(' ').length
    for (; this.#at < this.#typed.length; this.#at++) {
      const arg = this.#typed[this.#at] ?? ''
      if (/^-[^-]|^--./.test(arg)) {
        this.#option(arg)
        continue
      }
      this.#args.push(arg)
      if (wordsLeft-- > 0 || !takesCommandLine || isJob(arg)) continue
      this.#args.push(...this.#typed.slice(this.#at + 1))
      break
    }
    return { args: this.#args, notes: this.#notes, ...(this.#home === undefined ? {} : { home: this.#home }) }
  }

  #option(arg: string): void {
    const [, name = arg, bound] = /^(--?[^=]+)=(.*)$/s.exec(arg) ?? []
    const own = this.#own(name) ?? this.#own(kebab(name))
    if (own) return this.#keep(own, name, bound)
    const [, short = '', attached = ''] = /^(-[A-Za-z])(.+)$/s.exec(arg) ?? []
    if (this.#own(short)?.value) return void this.#args.push(`${short}=${attached}`)
    if (this.#replace(name, bound) || (attached !== '' && this.#replace(short, attached))) return
    this.#args.push(arg)
  }

  /** The option of ours with this name, as typed. */
  #own(name: string): OptionHelp | undefined {
    return this.#options.own.find(({ names }) => names.includes(name))
  }

  /** An option of ours, in whatever spelling: `--max_retries`, `--wait=true`. */
  #keep({ names, value }: OptionHelp, typed: string, bound: string | undefined): void {
    const name = names.includes(typed) ? typed : (names.at(-1) ?? typed)
    if (value !== '') {
      const given = bound ?? this.#typed[++this.#at]
      this.#args.push(given === undefined ? name : `${name}=${given}`)
      return
    }
    if (bound === undefined) {
      const format = /^(-o|--output)$/.test(name) ? this.#format() : undefined
      this.#args.push(...(format ?? [name]))
      return
    }
    const isOn = SWITCHED[bound.toLowerCase()]
    if (isOn === undefined)
      throw this.#refusal(`${name} takes no value but true or false (got ${JSON.stringify(bound)})`, name)
    if (isOn) this.#args.push(name)
    else if (names.some((one) => one.startsWith('--'))) this.#args.push(`--no-${names.at(-1)?.slice(2)}`)
  }

  /** An option of others. @returns false when it means nothing */
  #replace(name: string, bound: string | undefined): boolean {
    const word = kebab(name).replace(/^--/, '')
    if (/^(format|output-format|output|-o)$/.test(word)) {
      const format = this.#format(bound)
      if (format) this.#args.push(...format)
      return format !== undefined
    }
    const { meaning, unit } = this.#meaning(word)
    if (meaning === undefined) return this.#setting(word, bound)
    if (meaning === 'SWITCH') return true
    if (!/^(-|VALUE|ARGUMENT)/.test(meaning)) throw this.#refusal(`${name} means nothing here`, meaning)
    const [ours = '', fixed] = meaning.split('=')
    const own = this.#own(ours)
    if (fixed !== undefined || own?.value === '') {
      this.#keepAs(own, ours, fixed ?? bound)
      return true
    }
    const value = bound ?? this.#typed[++this.#at]
    if (value === undefined) throw this.#refusal(`${name} needs a value`, `queuectl ${this.#options.command} --help`)
    if (meaning === 'VALUE') this.#notes.push(`${name} changes nothing`)
    else if (meaning === 'ARGUMENT') this.#args.push(value)
    else if (ours === '--home') this.#home = value
    else this.#args.push(...valuesOf(word, value).map((one) => `${ours}=${withUnit(one, unit)}`))
    if (ours === '--max-retries') this.#notes.push(`${name} was read as --max-retries: ${value} attempts in all`)
    return true
  }

  #keepAs(own: OptionHelp | undefined, ours: string, value: string | undefined): void {
    if (own) this.#keep(own, ours, value)
    else this.#args.push(value === undefined ? ours : `${ours}=${value}`)
  }

  /** What a word means as an option of this command, and the unit that it names. */
  #meaning(word: string): { meaning?: string | undefined; unit?: string | undefined } {
    const [, base = word, unit] = UNIT.exec(word) ?? []
    for (const [one, of] of [
      [word, word === 'days' ? 'd' : undefined],
      [base, unit],
    ] as const) {
      const meaning =
        meaningIn(OPTION_SYNONYMS[this.#options.command] ?? {}, one) ??
        meaningIn(COMMON_OPTION_SYNONYMS, one) ??
        (one === word ? undefined : this.#own(`--${one}`) && `--${one}`)
      const isOurs = meaning === undefined || !meaning.startsWith('-') || this.#own(meaning.split('=')[0] ?? '')
      if (meaning !== undefined && (isOurs || meaning === '--home')) return { meaning, unit: of && (UNITS[of] ?? of) }
    }
    return {}
  }

  /** `--format json`. */
  #format(bound?: string): string[] | undefined {
    const word = (bound ?? this.#typed[this.#at + 1] ?? '').toLowerCase()
    if (!Object.hasOwn(FORMATS, word)) return undefined
    if (bound === undefined) this.#at++
    return FORMATS[word] ? [FORMATS[word]] : []
  }

  /** `config set --max-retries 5`. */
  #setting(word: string, bound: string | undefined): boolean {
    if (this.#options.command !== 'config set' || word.startsWith('-')) return false
    const value = bound ?? this.#typed[++this.#at]
    if (value !== undefined) this.#args.push(`${word}=${value}`)
    return value !== undefined
  }

  #refusal(why: string, hint: string): QueueError {
    return new QueueError('USAGE', `${this.#options.command}: ${why}`, hint)
  }
}

const SWITCHED: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
}

/** A name of a time with its unit: `timeout-ms`. */
const UNIT = /^(.+?)(?:-in)?-(ms|milliseconds|s|secs?|seconds|mins?|minutes|hours|days)$/
const UNITS: Readonly<Record<string, string>> = {
  milliseconds: 'ms',
  sec: 's',
  secs: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minutes: 'm',
  hours: 'h',
  days: 'd',
}

const withUnit = (value: string, unit: string | undefined): string =>
  unit !== undefined && /^[\d.]+$/.test(value) ? value + unit : value

/** `--tags a,b`, in the plural. */
const valuesOf = (word: string, value: string): string[] => (/^(tags|labels)$/.test(word) ? value.split(',') : [value])

const kebab = (name: string): string =>
  name.startsWith('--')
    ? name
        .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
        .replaceAll('_', '-')
        .toLowerCase()
    : name

const meaningIn = (table: Readonly<Record<string, string>>, word: string): string | undefined =>
  Object.entries(table).find(([, words]) => words.split(' ').includes(word))?.[0]

/** The option nearest to what was typed, by all words for it, and never what was typed itself. */
export function optionNear(typed: string, { command, own }: Pick<Options, 'command' | 'own'>): string | undefined {
  const table = OPTION_SYNONYMS[command] ?? {}
  const word = kebab(typed).replace(/^--/, '')
  const names = own.flatMap((option) => option.names)
  const isOption = (meaning: string | undefined): meaning is string =>
    meaning !== undefined && names.includes(meaning.split('=')[0] ?? '') && meaning !== typed
  const exact = names.find((name) => name === kebab(typed)) ?? meaningIn(table, word)
  if (isOption(exact)) return exact
  const near = nearest(
    kebab(typed),
    [
      ...names,
      ...Object.values(table).flatMap((words) =>
        words.split(' ').map((one) => (one.startsWith('-') ? one : `--${one}`)),
      ),
    ].filter((name) => name !== typed),
  )
  if (near === undefined || names.includes(near)) return near
  const meaning = meaningIn(table, near.replace(/^--/, ''))
  return isOption(meaning) ? meaning : undefined
}

/** A job as JSON or from a file: not the first word of a command line. */
const isJob = (arg: string): boolean => /^\s*[{[@]|^-$/.test(arg)
