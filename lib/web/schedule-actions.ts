/** Runs, pauses and resumes schedules, and says what came of it. */
import type { JobRecord } from './api-types.ts'
import { post, type Problem } from './api.ts'
import { showProblem, showToast } from './components/toasts.tsx'
import { refreshAll } from './refetch.ts'

export const scheduleApiPath = (name: string): string => `/schedules/${encodeURIComponent(name)}`

export const scheduleUrl = (name: string): string => `/schedules/${encodeURIComponent(name)}`

const tell = (text: string): void => {
  showToast(text)
  refreshAll()
}

export function runNow(name: string): void {
  post<JobRecord>(`${scheduleApiPath(name)}/run`).then(
    ({ id }) => tell(`${id} enqueued`),
    (error: Problem) => showProblem(error),
  )
}

export function resumeTimes(name: string): void {
  post(`${scheduleApiPath(name)}/resume`).then(
    () => tell(`${name} resumed`),
    (error: Problem) => showProblem(error),
  )
}

/** @throws Problem */
export async function pauseTimes(name: string, how: object): Promise<void> {
  await post(`${scheduleApiPath(name)}/pause`, how)
  tell(`${name} paused`)
}
