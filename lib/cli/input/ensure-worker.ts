/** Starts a worker for a job that a command waits for, if none is running that could run it. */
import type { Job } from '../../job/job.ts'
import type { Queue } from '../../queue.ts'
import { isAnswering } from '../../spool/silence.ts'
import type { Io } from '../terminal.ts'

/** The worker runs this job only, and ends with it: other jobs keep waiting. */
export async function ensureWorker(queue: Queue, { id, state }: Job, io: Io): Promise<void> {
  if (state === 'held') return
  const workers = await queue.workers()
  const isServed = workers.some(
    ({ only, running, ...worker }) =>
      isAnswering(worker) && (only === undefined || only === id || running.some((one) => one.id === id)),
  )
  if (isServed) return
  const { startInBackground } = await import('../../worker/start.ts')
  await startInBackground({ home: queue.home, slots: 1, burst: true, only: id }, io.program)
}
