/** Parses states as people write them. */
import { nearest, QueueError } from '../errors.ts'
import { type State, STATES, statesMeant } from './state.ts'

/** A state by its name, by its directory (`done`, `hold`) or as `running`; undefined when it is none. */
export function parseState(text: string): State | undefined {
  const word = text.toLowerCase()
  if (word === 'done') return 'completed'
  if (word === 'hold') return 'held'
  if (word === 'running') return 'processing'
  return STATES.find((state) => state === word)
}

/** States by their words. @throws QueueError USAGE naming the nearest state */
export const parseStates = (words: readonly string[]): State[] =>
  words.flatMap((word) => {
    const state = parseState(word)
    if (state) return statesMeant(state)
    const close = nearest(word.toLowerCase(), STATES)
    const known = `states: ${STATES.join(', ')}`
    throw new QueueError(
      'USAGE',
      `unknown state ${JSON.stringify(word)}`,
      close ? `did you mean ${close}? ${known}` : known,
    )
  })
