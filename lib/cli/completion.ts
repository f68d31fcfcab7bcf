/**
 * What may stand in the place of the word that is being typed: commands, options, and what lives in the home (ids,
 * queues). Asked by the shells at each press of Tab, so it loads little and makes nothing.
 */
import { existsSync } from 'node:fs'
import { SETTINGS } from '../config/schema.ts'
import { Queue, SORTS } from '../queue.ts'
import { findCommand, firstWords, isGroup, wordsAfter } from './registry.ts'
import { CONFIG_KEYS, shownKey } from '../config/keys.ts'
import { homePath } from '../config/env.ts'
import { shownState, type State, STATES, ALLOWED_IN } from '../job/state.ts'

/** A word, and what it is. */
export type Candidate = readonly [word: string, about: string]

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** A person reads no more than this. */
const MOST = 200

/** Jobs in which state a command may mean. */
const MEANT: Readonly<Record<string, readonly State[]>> = {
  ...ALLOWED_IN,
  unhold: ALLOWED_IN.release,
  restart: ALLOWED_IN.retry,
  wait: STATES,
  show: STATES,
  get: STATES,
  status: STATES,
  logs: STATES,
  explain: STATES,
  why: STATES,
  'dlq show': ['dead'],
  'dlq retry': ['dead'],
  'dlq restart': ['dead'],
  'dlq purge': ALLOWED_IN.purge,
  'dlq export': ['dead'],
}

/** @param typed the words after `queuectl`; the last one is being typed and may be empty */
export async function candidates(typed: readonly string[]): Promise<Candidate[]> {
  const { words, home, current } = split(typed)
  const found = await offers(words, current, home)
  return found.filter(([word]) => word.startsWith(current))
}

/** Bash breaks `--state=fa` in three; and what is understood anywhere is taken out. */
function split(typed: readonly string[]): { words: string[]; home: string | undefined; current: string } {
  const all = typed.flatMap((word) =>
    /^--[\w-]+=/.test(word) ? [word.replace(/=.*/s, ''), word.replace(/^.*?=/s, '')] : word,
  )
  const current = all.at(-1) === '=' ? '' : (all.at(-1) ?? '')
  const before = all.slice(0, -1).filter((word) => word !== '=')
  if (all.at(-1) === '=' && all.length > 1 && before.length === 0) before.push(all[0] ?? '')
  const at = before.indexOf('--home')
  const home = at < 0 ? undefined : before[at + 1]
  return { words: at < 0 || home === undefined ? before : before.toSpliced(at, 2), home, current }
}

async function offers(words: readonly string[], current: string, home: string | undefined): Promise<Candidate[]> {
  const [first, second = ''] = words
  if (first === undefined) return named(firstWords(), 'command')
  if (first === 'help') return helped(second === 'topic' ? [] : firstWords())
  const isTwo = isGroup(first)
  if (isTwo && words.length === 1) return named(wordsAfter(first), 'command')
  const name = isTwo ? `${first} ${second}` : first
  const values = await valuesOf(words.at(-1) ?? '', home)
  if (values) return values
  if (current.startsWith('-')) return optionsOf(words)
  const rest = words.slice(isTwo ? 2 : 1)
  switch (name) {
    case 'config get':
    case 'config set':
    case 'config unset':
      return rest.length === 0 ? keys() : settings(name, rest[0] ?? '')
    case 'completion':
      return named(SHELLS, 'shell')
    case 'list':
    case 'ls':
      return states()
    default:
      return MEANT[name] ? [...(await ids(MEANT[name], current, home)), ['last', 'enqueued last']] : []
  }
}

/** Commands, and the topics that have no command's name. The manual is loaded only here. */
async function helped(commands: readonly string[]): Promise<Candidate[]> {
  const { MANUAL_TOPICS } = await import('./manual.ts')
  const others = MANUAL_TOPICS.filter((topic) => !commands.includes(topic))
  return [...named(commands, 'command'), ...named(others, 'topic')]
}

const named = (all: readonly string[], about: string): Candidate[] => all.map((word) => [word, about])
const states = (): Candidate[] => named([...STATES, 'all'], 'state')
const keys = (): Candidate[] => CONFIG_KEYS.map((key) => [shownKey(key), SETTINGS[key].meaning])

const settings = (name: string, key: string): Candidate[] =>
  name === 'config set' && key === 'foreground' ? named(['true', 'false'], 'value') : []

/** What may follow an option; undefined when it is none that we know the values of. */
async function valuesOf(option: string, home: string | undefined): Promise<Candidate[] | undefined> {
  switch (option) {
    case '--state':
    case '-s':
      return states()
    case '--queue':
    case '--from':
      return named((await opened(home)?.queues()) ?? [], 'queue')
    case '--sort':
      return named(SORTS, 'order')
    case '--color':
      return named(['auto', 'always', 'never'], 'colours')
    case '--home':
    case '--file':
    case '--cwd':
      return []
    default:
      return undefined
  }
}

async function ids(of: readonly State[], startsWith: string, home: string | undefined): Promise<Candidate[]> {
  const found = (await opened(home)?.select({ states: of }, { startsWith, limit: MOST })) ?? []
  return found.map(({ id, state }) => [id, shownState(state)])
}

/** Nothing is made by pressing Tab: not even a home. */
const opened = (home: string | undefined): Queue | undefined =>
  existsSync(homePath(home)) ? Queue.open(home === undefined ? {} : { home }) : undefined

async function optionsOf(words: readonly string[]): Promise<Candidate[]> {
  const [{ Cli }, help] = await Promise.all([import('clipanion'), import('./help.ts')])
  const cli = new Cli()
  cli.register(await findCommand(words))
  const own = help
    .optionsOf(cli)
    .flatMap(({ names, description }) => names.map((name): Candidate => [name, description]))
  return [...own, ['--home', 'the queue to use'], ['--color', 'auto, always, never'], ['--help', 'help']]
}
