/** Who is here and what may be done, and what any page may ask of the frame around it. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Asked } from './components/confirm-dialog.tsx'
import type { Wanted } from './components/job-form.tsx'

interface Here {
  /** Where the queue lies; null when it is not told. */
  readonly home: string | null
  readonly isReadOnly: boolean
  openForm(wanted: Wanted): void
  /** Does it, after asking where it should be asked. */
  ask(asked: Asked): void
}

export const Here = createContext<Here>({ home: null, isReadOnly: true, openForm: () => {}, ask: () => {} })
export const useSession = (): Here => useContext(Here)
