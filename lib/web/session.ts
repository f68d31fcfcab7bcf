/** What every page knows of the session, and the dialogs it may open. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { ConfirmRequest } from './components/confirm-dialog.tsx'
import type { FormRequest } from './components/job-form.tsx'

interface SessionValue {
  /** The home of the queue; null when not signed in. */
  readonly home: string | null
  readonly isReadOnly: boolean
  openForm(request: FormRequest): void
  /** Performs an action, after a confirmation where one is needed. */
  ask(request: ConfirmRequest): void
}

export const SessionContext = createContext<SessionValue>({
  home: null,
  isReadOnly: true,
  openForm: () => {},
  ask: () => {},
})
export const useSession = (): SessionValue => useContext(SessionContext)
