/** Pauses, drains and resumes queues, and says what came of it. */
import type { DrainAnswer, PauseAnswer } from './api-types.ts'
import { post, type Problem } from './api.ts'
import { showProblem, showToast } from './components/toasts.tsx'
import { countNoun } from './format.ts'
import { refreshAll } from './refetch.ts'

/** The name that stands for all queues together. */
export const ALL_TOGETHER = '_all'

export const queueApiPath = (queue: string): string => `/queues/${encodeURIComponent(queue)}`

const called = (queue: string): string => (queue === ALL_TOGETHER ? 'All queues' : queue)

/** Names the workers that do not obey yet, if there are such. */
export const disobeyed = (others: readonly string[]): string =>
  others.length > 0 ? `; not obeyed by ${others.join(', ')}` : ''

/** @throws Problem */
export async function pauseNow(queue: string, how: object): Promise<void> {
  const { not_obeying: others } = await post<PauseAnswer>(`${queueApiPath(queue)}/pause`, how)
  showToast(`${called(queue)} paused${disobeyed(others)}`)
  refreshAll()
}

/** @throws Problem */
export async function drainNow(queue: string, how: object): Promise<void> {
  const { not_obeying: others, running } = await post<DrainAnswer>(`${queueApiPath(queue)}/drain`, how)
  const left = running.length > 0 ? `paused; still running: ${countNoun(running.length, 'job')}` : 'drained and paused'
  showToast(`${called(queue)} ${left}${disobeyed(others)}`)
  refreshAll()
}

export function resumeNow(queue: string): void {
  post(`${queueApiPath(queue)}/resume`).then(
    () => {
      showToast(`${called(queue)} resumed`)
      refreshAll()
    },
    (error: Problem) => showProblem(error),
  )
}
