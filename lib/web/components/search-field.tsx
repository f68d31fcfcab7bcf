/**
 * The search field of the job list. It is parsed at each pause in typing: qualifiers such as `queue:mail` become filters,
 * and their chips replace them once the next word begins. Values are suggested.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { STATES } from '../../job/state.ts'
import { type LastWord, lastWord, parseSearch, type Qualifier, QUALIFIERS, qualifierText } from '../filter.ts'
import { useShortcuts } from '../keys.ts'
import { useResource } from '../refetch.ts'
import type { Filter, ListOf, QueueRow, TagRow } from '../api-types.ts'
import { Icon } from './icons.tsx'

/** Time (ms) after the last key before the server is asked. */
const DEBOUNCE_MS = 150
const MAX_SUGGESTIONS = 8

interface SearchFieldProps {
  readonly filter: Filter
  readonly narrow: (more: Filter, how: 'push' | 'replace') => void
}

export function SearchField({ filter, narrow }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<number>(undefined)
  /** The filter that the last word has set, and that goes when the word does. */
  const typed = useRef<Qualifier>(undefined)
  const [word, setWord] = useState<LastWord>()
  const [active, setActive] = useState(-1)
  const [isUsed, setUsed] = useState(false)
  const known = useKnownValues(isUsed)
  const options = word ? suggestions(word, known) : []

  useShortcuts([
    {
      keys: '/',
      does: 'Search',
      group: 'List',
      run: () => {
        input.current?.focus()
        input.current?.select()
      },
    },
  ])
  // The address bar decides: going back changes the field, except while it has the focus.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = filter.q ?? ''
  }, [filter.q])
  useEffect(() => () => clearTimeout(timer.current), [])
  const hasTags = known.tag !== undefined
  useEffect(() => {
    if (hasTags && word?.name === 'tag') search(false)
  }, [hasTags])

  const search = (isFinished: boolean): void => {
    clearTimeout(timer.current)
    if (!input.current) return
    const { value } = input.current
    const last = lastWord(value)
    const isOpen = !isFinished && last.name !== undefined
    const { found, rest } = parseSearch(isOpen ? last.before : value)
    const more: Record<string, string> = { ...found }
    // `queue:ma` is not a queue as long as it may become `queue:mail`.
    const values = known[last.name ?? 'state']
    const isBegun = last.value === '' || !values || values.some((one) => isBeginOf(last.value, one))
    if (isOpen && !isBegun) Object.assign(more, parseSearch(last.word).found)
    if (typed.current && more[typed.current] === undefined) more[typed.current] = ''
    typed.current = isOpen && !isBegun ? last.name : undefined
    if (isFinished || Object.keys(found).length > 0) input.current.value = isOpen ? `${rest} ${last.word}`.trim() : rest
    narrow({ ...more, q: rest }, Object.keys(found).length > 0 ? 'push' : 'replace')
  }
  const accept = (option: string): void => {
    if (!input.current || !word) return
    const isName = option.endsWith(':')
    input.current.value = `${word.before}${option}`
    input.current.focus()
    setActive(-1)
    setWord(isName ? lastWord(input.current.value) : undefined)
    if (!isName) search(true)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!word) setWord(lastWord(input.current?.value ?? ''))
      const by = event.key === 'ArrowDown' ? 1 : -1
      setActive((at) =>
        options.length === 0 ? -1 : (Math.max(at, by < 0 ? 0 : -1) + by + options.length) % options.length,
      )
    } else if (event.key === 'Enter') {
      const option = options[active]
      if (option !== undefined) return accept(option)
      setWord(undefined)
      search(true)
    } else if (event.key === 'Escape') setWord(undefined)
  }
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={input}
        class="field"
        type="text"
        role="combobox"
        aria-label="Search jobs"
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls="search-options"
        aria-activedescendant={options[active] === undefined ? undefined : `search-option-${active}`}
        placeholder="Search id, command, error, or queue:mail tag:x state:dead"
        spellcheck={false}
        autocomplete="off"
        defaultValue={filter.q ?? ''}
        onInput={(event) => {
          setWord(lastWord(event.currentTarget.value))
          setActive(-1)
          clearTimeout(timer.current)
          timer.current = setTimeout(() => search(false), DEBOUNCE_MS)
        }}
        onKeyDown={onKeyDown}
        onFocus={() => setUsed(true)}
        onBlur={() => {
          setUsed(false)
          setWord(undefined)
          if (typed.current) search(true)
        }}
      />
      <kbd class="wide-only" aria-hidden="true">
        /
      </kbd>
      <ul class="suggestions" id="search-options" role="listbox" aria-label="Suggestions" hidden={options.length === 0}>
        {options.map((option, index) => (
          <li
            key={option}
            id={`search-option-${index}`}
            role="option"
            aria-selected={index === active}
            onMouseDown={(event) => {
              // Before the field loses the focus.
              event.preventDefault()
              accept(option)
            }}
          >
            {option}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Undefined until they are fetched. */
type KnownValues = Record<Qualifier, readonly string[] | undefined>

/** The values that a qualifier may have, fetched while the field is in use. */
function useKnownValues(isUsed: boolean): KnownValues {
  const queues = useResource<ListOf<QueueRow>>('/queues', ['jobs']).data?.items
  const tags = useResource<ListOf<TagRow>>(isUsed ? '/tags' : undefined, []).data?.items
  return { state: STATES, queue: queues?.map(({ queue }) => queue), tag: tags?.map(({ tag }) => tag) }
}

const isBeginOf = (text: string, whole: string): boolean => whole !== text && whole.startsWith(text)

/** What the last word may become: a qualifier with a value, or a qualifier. */
function suggestions({ word, name, value }: LastWord, known: KnownValues): string[] {
  if (name === undefined)
    return word === '' ? [] : QUALIFIERS.map((one) => `${one}:`).filter((one) => one.startsWith(word))
  const others = (known[name] ?? []).filter((one) => one !== value)
  const begun = others.filter((one) => one.startsWith(value))
  const within = others.filter((one) => !one.startsWith(value) && one.toLowerCase().includes(value.toLowerCase()))
  return [...begun, ...within].slice(0, MAX_SUGGESTIONS).map((one) => qualifierText(name, one))
}
