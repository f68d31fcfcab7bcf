/** The output of runs, read where it lies. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { errno, QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import type { Output, Queue } from '../../queue.ts'

const BLOCK = 65_536

/** Runs `use` on an open file and its size; undefined when there is no such file. */
function withFile<T>(path: string, use: (fd: number, size: number) => T): T | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return use(fd, fstatSync(fd).size)
  } finally {
    closeSync(fd)
  }
}

function readAt(fd: number, from: number, length: number): Buffer {
  const block = Buffer.alloc(length)
  return block.subarray(0, readSync(fd, block, 0, length, from))
}

/** The end of what a run wrote, at most 64 KiB. */
export const tail = (path: string): string =>
  withFile(path, (fd, size) => readAt(fd, Math.max(0, size - BLOCK), BLOCK).toString('utf8')) ?? ''

export interface LastOutput {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

/** The end of the last run's output; undefined when the job has none. */
export async function lastOutput(queue: Queue, id: string): Promise<LastOutput | undefined> {
  const output = await outputOf(queue, { id })
  return output && { run: output.run, stdout: tail(output.stdout), stderr: tail(output.stderr) }
}

/** Where the output of a job's last run lies; undefined when there is none (any more). */
export async function outputOf(queue: Queue, of: string | Pick<Job, 'id'>): Promise<Output | undefined> {
  try {
    return await queue.output(of)
  } catch (error) {
    if (error instanceof QueueError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
