/** Enqueues into a home until it is ended, one job or a batch at a time, and prints each id when it is acknowledged. */
import { writeSync } from 'node:fs'
import { Queue } from '../../lib/queue.ts'

const queue = Queue.open({ home: process.argv[2] ?? '' })
const request = { command: 'true', cwd: '/' }
for (let n = 0; ; n++) {
  const jobs = n % 8 === 7 ? await queue.enqueueAll([request, request, request]) : [await queue.enqueue(request)]
  writeSync(1, jobs.map((job) => `${'id' in job ? job.id : ''}\n`).join(''))
}
