/** Reads a command's words in those of other queues (`synonyms.ts`), and writes them in ours. Pure. */
import { nearest, QueueError } from '../errors.ts'
import { COMMAND_PREFIXES, COMMAND_SYNONYMS, MEANINGLESS_COMMANDS } from './synonyms.ts'

/** The words of a command, and all arguments, in our words. */
interface OurWords {
  readonly words: readonly string[]
  readonly args: readonly string[]
}

/**
 * A command's words in ours; options that make it the same follow them.
 * @param known all commands of ours
 * @throws QueueError USAGE for one without a counterpart
 */
export function inOurWords({ words, args }: OurWords, known: readonly string[]): OurWords {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  const { taken, ours } = commandMeant(words, args[at + words.length], known)
  if (taken === 0) return { words, args }
  const [last = '', ...before] = ours.toReversed()
  const name = last.startsWith('-') ? before.toReversed() : ours
  return { words: [...name, ...words.slice(taken)], args: [...args.slice(0, at), ...ours, ...args.slice(at + taken)] }
}

interface CommandMeant {
  /** How many of the words typed were read. */
  readonly taken: number
  readonly ours: readonly string[]
}

function commandMeant(words: readonly string[], next: string | undefined, known: readonly string[]): CommandMeant {
  const [first = '', second = ''] = words
  const none = { taken: 0, ours: [] }
  const isFirst = (word: string): boolean => known.some((name) => name === word || name.startsWith(`${word} `))
  const two = commandNamed(`${first} ${second}`)
  if (words.length === 0 || known.includes(`${first} ${second}`)) return none
  if (two !== undefined) return { taken: 2, ours: two.split(' ') }
  // `enqueue add JSON` and `enqueue add --id x`; `add` may also be a program.
  if (first === 'enqueue' && second === 'add' && isJobOrOption(words[2] ?? next)) return { taken: 2, ours: ['enqueue'] }
  if (COMMAND_PREFIXES.includes(first) && second !== '') {
    const inner = commandMeant(words.slice(1), next, known)
    if (inner.taken > 0) return { taken: inner.taken + 1, ours: inner.ours }
    if (isFirst(second)) return { taken: 2, ours: [second] }
  }
  if (isFirst(first)) return none
  const one = commandNamed(first)
  if (one !== undefined) return { taken: 1, ours: one.split(' ') }
  const instead = Object.hasOwn(MEANINGLESS_COMMANDS, first) ? MEANINGLESS_COMMANDS[first] : undefined
  if (instead !== undefined) throw new QueueError('USAGE', `${first} means nothing to queuectl`, instead)
  return none
}

const isJobOrOption = (arg: string | undefined): boolean => arg !== undefined && /^\s*[{[@-]/.test(arg)

const commandNamed = (typed: string): string | undefined =>
  Object.entries(COMMAND_SYNONYMS).find(([, names]) => names.split(', ').includes(typed))?.[0]

/** The command nearest to what was typed, by all words for it. */
export function commandNear(typed: string, ours: readonly string[]): string | undefined {
  const others = Object.values(COMMAND_SYNONYMS).flatMap((names) => names.split(', '))
  const near = nearest(typed, [...ours, ...others])
  return near === undefined || ours.includes(near) ? near : commandNamed(near)
}
