/** Waits until the workers obey what a person has said about a queue. */
import { monotonicMs, sleep } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { whyNotQueue } from '../job/file-name.ts'
import { ALL_QUEUES } from '../job/pause.ts'
import type { Home } from '../spool/layout.ts'
import { workersNotObeying } from '../spool/queue-files.ts'
import { ring } from '../spool/wakeup.ts'

/** For how long (ms) workers are waited for, and how often they are looked at. */
const OBEYED_WITHIN_MS = 3_000
const LOOK_EVERY_MS = 20

/** Wakes the workers. @returns those that do not obey the file even then: they do not answer, or know no such file */
export async function untilObeyed(home: Home, queue: string, what: 'pause' | 'settings'): Promise<string[]> {
  ring(home)
  const end = monotonicMs() + OBEYED_WITHIN_MS
  let left = workersNotObeying(home, queue, what)
  while (left.length > 0 && monotonicMs() < end) {
    await sleep(LOOK_EVERY_MS)
    left = workersNotObeying(home, queue, what)
  }
  return left
}

/** The name of a queue, or {@link ALL_QUEUES}. @throws QueueError USAGE */
export function requireQueue(queue: string, doing: string): void {
  const why = queue === ALL_QUEUES ? undefined : whyNotQueue(queue)
  if (why) throw new QueueError('USAGE', `cannot ${doing} the queue ${JSON.stringify(queue)}: ${why}`)
}
