/** How the list of jobs is shown, and the views of it that were saved under a name in this browser. */
import { readPref, usePref, writePref } from './prefs.ts'
import { navigate } from './route.ts'

/** The columns that may be left out, in their order. */
export const COLUMNS = ['queue', 'tags', 'priority', 'attempts', 'created', 'when', 'took', 'worker'] as const
export type Column = (typeof COLUMNS)[number]

export interface Look {
  readonly columns: readonly Column[]
  readonly isCompact: boolean
}

export interface View extends Look {
  readonly name: string
  /** Its address. */
  readonly url: string
}

const members = (stored: unknown): Readonly<Record<string, unknown>> =>
  typeof stored === 'object' && stored !== null ? (stored as Readonly<Record<string, unknown>>) : {}

function lookOf(stored: unknown): Look {
  const { columns, isCompact } = members(stored)
  return {
    columns: Array.isArray(columns)
      ? COLUMNS.filter((one) => columns.includes(one))
      : ['queue', 'attempts', 'when', 'took'],
    isCompact: isCompact === true,
  }
}

const viewsOf = (stored: unknown): View[] =>
  (Array.isArray(stored) ? stored : []).flatMap((one: unknown) => {
    const { name, url } = members(one)
    // Only addresses of this list: what lies in the storage may be of another version.
    return typeof name === 'string' && typeof url === 'string' && /^\/jobs(\?|$)/.test(url)
      ? [{ name, url, ...lookOf(one) }]
      : []
  })

export const useLook = (): [Look, (look: Look) => void] => usePref('look', lookOf)
export const useViews = (): [View[], (views: View[]) => void] => usePref('views', viewsOf)
export const savedViews = (): View[] => readPref('views', viewsOf)

export function openView({ url, columns, isCompact }: View): void {
  writePref('look', { columns, isCompact })
  navigate(url)
}
