/** The filter of the job list, in the address bar and in the search field. Pure. */
import { urlWithQuery } from './url.ts'
import type { Filter } from './api-types.ts'

export const FILTERS = ['state', 'queue', 'tag', 'q', 'error', 'fingerprint', 'since', 'until'] as const
export type FilterName = (typeof FILTERS)[number]

export const FILTER_LABELS: Record<FilterName, string> = {
  state: 'state',
  queue: 'queue',
  tag: 'tag',
  q: 'text',
  error: 'error',
  fingerprint: 'error like',
  since: 'changed since',
  until: 'changed before',
}

/** The filter in an address. Qualifiers in its text count as if they were parameters. */
export function filterFromQuery(query: URLSearchParams): Filter {
  const given = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const value = query.get(name)
      return value ? [[name, value]] : []
    }),
  ) as Filter
  if (given.q === undefined) return given
  const { q, ...others } = given
  const { found, rest } = parseSearch(q)
  return { ...others, ...found, ...(rest === '' ? {} : { q: rest }) }
}

export const QUALIFIERS = ['state', 'queue', 'tag'] as const
export type Qualifier = (typeof QUALIFIERS)[number]

const QUALIFIER = /(?:^|\s)(state|queue|tag):(?:"([^"]*)"|(\S+))(?=\s|$)/g
const LAST_QUALIFIER = /(?:^|\s)((state|queue|tag):(?:"([^"]*)"?|(\S*)))$/
const LAST_WORD = /(\S*)$/

/**
 * Parses the search field: `queue:mail tag:nightly backup` filters by queue and tag and searches for `backup`. Several
 * states add up; of the other qualifiers the last one counts.
 */
export function parseSearch(text: string): { readonly found: Filter; readonly rest: string } {
  const found: Record<string, string> = {}
  const rest = text.replaceAll(QUALIFIER, (_all, name: string, quotedValue?: string, plain?: string) => {
    const value = quotedValue ?? plain ?? ''
    found[name] = name === 'state' && found.state ? `${found.state},${value}` : value
    return ' '
  })
  return { found, rest: rest.replaceAll(/\s+/g, ' ').trim() }
}

/** The word at the end of the search field, which is still being typed. */
export interface LastWord {
  /** What stands before it. */
  readonly before: string
  readonly word: string
  /** When it is a qualifier. */
  readonly name?: Qualifier
  readonly value: string
}

export function lastWord(text: string): LastWord {
  const [, whole, name, quotedValue, plain] = LAST_QUALIFIER.exec(text) ?? []
  const word = whole ?? LAST_WORD.exec(text)?.[1] ?? ''
  const before = text.slice(0, text.length - word.length)
  if (name === undefined) return { before, word, value: word }
  return { before, word, name: name as Qualifier, value: quotedValue ?? plain ?? '' }
}

/** A qualifier as it is typed; values with blanks are quoted. */
export const qualifierText = (name: Qualifier, value: string): string =>
  /\s/.test(value) ? `${name}:"${value}"` : `${name}:${value}`

/** The address of the filtered list, with parameters in a fixed order, so that one view has one address. */
export const jobsUrl = (filter: Filter, more: { readonly sort?: string; readonly cursor?: string } = {}): string =>
  urlWithQuery('/jobs', {
    ...Object.fromEntries(FILTERS.map((name) => [name, filter[name]])),
    sort: more.sort,
    cursor: more.cursor,
  })

/** The filter in a sentence: `queue mail, tag nightly`. */
export const describeFilter = (filter: Filter): string =>
  FILTERS.filter((name) => filter[name] !== undefined)
    .map((name) => (name === 'q' ? `“${filter.q}”` : `${FILTER_LABELS[name]} ${filter[name]}`))
    .join(', ')
