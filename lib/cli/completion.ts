/**
 * Completes the word that is being typed: commands, options, ids, queues. Shells run this at every press of Tab, so it
 * loads little and creates nothing.
 */
import { existsSync } from 'node:fs'
import { SETTINGS } from '../config/schema.ts'
import { Queue, SORTS } from '../queue.ts'
import { findCommand, firstWords, isGroup, wordsAfter } from './find-command.ts'
import { ALL_QUEUES } from '../job/pause.ts'
import { QUEUE_MEMBERS } from '../job/queue-settings.ts'
import { CONFIG_KEYS, shownKey } from '../config/keys.ts'
import { homePath } from '../config/env.ts'
import { shownState, type State, STATES, ALLOWED_IN } from '../job/state.ts'

/** A word and its description. */
export type Completion = readonly [word: string, about: string]

export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** Longer lists are no help. */
const MAX_IDS = 200

/** The states of the jobs that a command accepts. */
const STATES_FOR: Readonly<Record<string, readonly State[]>> = {
  ...ALLOWED_IN,
  unhold: ALLOWED_IN.release,
  restart: ALLOWED_IN.retry,
  wait: STATES,
  show: STATES,
  get: STATES,
  status: STATES,
  logs: STATES,
  explain: STATES,
  deps: STATES,
  why: STATES,
  'dlq show': ['dead'],
  'dlq retry': ['dead'],
  'dlq restart': ['dead'],
  'dlq purge': ALLOWED_IN.purge,
  'dlq export': ['dead'],
}

/** @param typed the words after `queuectl`; the last one is being typed and may be empty */
export async function completionsFor(typed: readonly string[]): Promise<Completion[]> {
  const { words, home, current } = splitTyped(typed)
  const found = await offersFor(words, current, home)
  return found.filter(([word]) => word.startsWith(current))
}

/** Splits `--state=fa`, which bash passes as three words and other shells as one, and takes out `--home DIR`. */
function splitTyped(typed: readonly string[]): { words: string[]; home: string | undefined; current: string } {
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

async function offersFor(words: readonly string[], current: string, home: string | undefined): Promise<Completion[]> {
  const [first, second = ''] = words
  if (first === undefined) return labelled(firstWords(), 'command')
  if (first === 'help') return helped(second === 'topic' ? [] : firstWords())
  const isTwo = isGroup(first)
  if (isTwo && words.length === 1) return labelled(wordsAfter(first), 'command')
  const name = isTwo ? `${first} ${second}` : first
  const values = await optionValues(words.at(-1) ?? '', home)
  if (values) return values
  if (current.startsWith('-')) return optionsOfCommand(words)
  const rest = words.slice(isTwo ? 2 : 1)
  switch (name) {
    case 'config get':
    case 'config set':
    case 'config unset':
      return rest.length === 0 ? configKeys() : configValues(name, rest[0] ?? '')
    case 'queue show':
    case 'queue set':
    case 'queue rm':
    case 'queue pause':
    case 'queue drain':
      return labelled((await openExisting(home)?.queues()) ?? [], 'queue')
    case 'queue unset':
      return rest.length === 0
        ? labelled(
            [...((await openExisting(home)?.queueSettings()) ?? new Map()).keys()].filter((one) => one !== ALL_QUEUES),
            'queue',
          )
        : Object.entries(QUEUE_MEMBERS).map(([member, { meaning }]) => [member, meaning])
    case 'schedule show':
    case 'schedule next':
    case 'schedule pause':
    case 'schedule resume':
    case 'schedule run-now':
    case 'schedule edit':
    case 'schedule rm':
      return labelled(
        ((await openExisting(home)?.schedules()) ?? []).map((one) => one.name),
        'schedule',
      )
    case 'limit show':
      return labelled(
        ((await openExisting(home)?.limits()) ?? []).map(({ limit }) => limit),
        'limit',
      )
    case 'queue resume':
      return labelled(
        [...((await openExisting(home)?.pauses()) ?? new Map()).keys()].filter((one) => one !== ALL_QUEUES),
        'paused queue',
      )
    case 'worker stop':
      return labelled(
        ((await openExisting(home)?.workers()) ?? []).map((worker) => worker.name),
        'worker',
      )
    case 'completion':
      return labelled(SHELLS, 'shell')
    case 'list':
    case 'ls':
      return stateWords()
    default:
      return STATES_FOR[name]
        ? [...(await jobIds(STATES_FOR[name], current, home)), ['last', 'the job enqueued last']]
        : []
  }
}

/** Commands, and the topics that have no command's name. The manual is loaded only here. */
async function helped(commands: readonly string[]): Promise<Completion[]> {
  const { MANUAL_TOPICS } = await import('./manual.ts')
  const others = MANUAL_TOPICS.filter((topic) => !commands.includes(topic))
  return [...labelled(commands, 'command'), ...labelled(others, 'topic')]
}

const labelled = (all: readonly string[], about: string): Completion[] => all.map((word) => [word, about])
const stateWords = (): Completion[] => labelled([...STATES, 'all'], 'state')
const configKeys = (): Completion[] => CONFIG_KEYS.map((key) => [shownKey(key), SETTINGS[key].meaning])

const configValues = (name: string, key: string): Completion[] =>
  name === 'config set' && key === 'foreground' ? labelled(['true', 'false'], 'value') : []

/** The values of an option; undefined when the word is not an option with known values. */
async function optionValues(option: string, home: string | undefined): Promise<Completion[] | undefined> {
  switch (option) {
    case '--state':
    case '-s':
      return stateWords()
    case '--queue':
    case '--not-queue':
    case '--from':
      return labelled((await openExisting(home)?.queues()) ?? [], 'queue')
    case '--ionice':
      return labelled(['idle'], 'class')
    case '--sort':
      return labelled(SORTS, 'order')
    case '--color':
      return labelled(['auto', 'always', 'never'], 'colours')
    case '--home':
    case '--file':
    case '--cwd':
      return []
    default:
      return undefined
  }
}

async function jobIds(of: readonly State[], startsWith: string, home: string | undefined): Promise<Completion[]> {
  const found = (await openExisting(home)?.select({ states: of }, { startsWith, limit: MAX_IDS })) ?? []
  return found.map(({ id, state }) => [id, shownState(state)])
}

/** The queue, unless its home does not exist: completion must not create one. */
const openExisting = (home: string | undefined): Queue | undefined =>
  existsSync(homePath(home)) ? Queue.open({ make: false, ...(home === undefined ? {} : { home }) }) : undefined

async function optionsOfCommand(words: readonly string[]): Promise<Completion[]> {
  const [{ Cli }, options] = await Promise.all([import('clipanion'), import('./options.ts')])
  const cli = new Cli()
  cli.register(await findCommand(words))
  const own = options
    .optionsOf(cli)
    .flatMap(({ names, description }) => names.map((name): Completion => [name, description]))
  return [...own, ['--home', 'the queue to use'], ['--color', 'auto, always, never'], ['--help', 'help']]
}
