/** Starts a worker for a job that a command waits for, if none is running that could run it. */
import type { Job } from '../../job/job.ts'
import type { Queue } from '../../queue.ts'
import { takesQueue } from '../../job/takes.ts'
import { isAnswering } from '../../spool/silence.ts'
import type { Io } from '../terminal.ts'

/** The worker runs this job only, and ends with it: other jobs keep waiting. */
export async function ensureWorker(queue: Queue, { id, state, queue: its }: Job, io: Io): Promise<void> {
  if (state === 'held') return
  const workers = await queue.workers()
  const isServed = workers.some(
    ({ only, running, ...worker }) =>
      isAnswering(worker) &&
      takesQueue(worker, its) &&
      (only === undefined || only === id || running.some((one) => one.id === id)),
  )
  if (isServed) return
  if (state === 'waiting' && !workers.some((worker) => isAnswering(worker) && worker.only === undefined))
    io.message(`no worker is alive to run what ${id} waits for; start one with: queuectl worker start`)
  const { startInBackground } = await import('../../worker/start.ts')
  await startInBackground({ home: queue.home, slots: 1, burst: true, only: id }, io.program)
}
