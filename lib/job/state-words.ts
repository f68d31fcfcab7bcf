/** Parses states as people write them. */
import { nearest, QueueError } from '../errors.ts'
import { type State, STATES, statesMeant } from './state.ts'

/** A state by its name, by its directory (`done`, `hold`) or in the words of others; undefined when it is none. */
export function parseState(text: string): State | undefined {
  const word = text.toLowerCase()
  return STATES.find((state) => state === word || WORDS[state]?.split(' ').includes(word))
}

/** What others call a state, and the names of our directories. */
const WORDS: Partial<Record<State, string>> = {
  pending: 'queued ready',
  scheduled: 'delayed',
  processing: 'running active in_progress in-progress',
  failed: 'failing retrying',
  held: 'hold onhold on-hold',
  dead: 'dlq',
  completed: 'done finished succeeded success complete',
}

/** States by their words. @throws QueueError USAGE naming the nearest state */
export const parseStates = (words: readonly string[]): State[] =>
  words.flatMap((word) => {
    const state = parseState(word)
    if (state) return statesMeant(state)
    const near = nearest(word.toLowerCase(), [...STATES, ...Object.values(WORDS).flatMap((all) => all.split(' '))])
    const close = near === undefined ? undefined : parseState(near)
    const known = `states: ${STATES.join(', ')}`
    throw new QueueError(
      'USAGE',
      `unknown state ${JSON.stringify(word)}`,
      close ? `did you mean ${close}? ${known}` : `${known}; if it is an id: queuectl show ${word}`,
    )
  })
