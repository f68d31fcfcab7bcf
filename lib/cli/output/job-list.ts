/** Prints a list of jobs, as lines or JSON, with or without their output. */
import type { JobFilter, ListedJob, ListOptions, Queue } from '../../queue.ts'
import { listedJson } from './job-view.ts'
import type { JsonList } from './json.ts'
import { sanitize } from './text.ts'
import type { Io } from '../terminal.ts'

interface PrintListOptions {
  readonly queue: Queue
  readonly io: Io
  /** Where it is printed as JSON; undefined for people. */
  readonly json: JsonList | undefined
  /** Also print the output of each job's last run. */
  readonly output: boolean
  /** The message for an empty list. */
  readonly none: string
  readonly lines: (all: readonly ListedJob[], io: Io) => string[]
}

/** How many jobs a person is shown who has not said how many. */
const SHOWN = 50

/**
 * Prints the jobs that match: all of them, or on a terminal, when nothing was said of how many, the newest or the first of the
 * order that was asked for, and how many more there are.
 */
export async function printMatching(filter: JobFilter, how: ListOptions, options: PrintListOptions): Promise<void> {
  const { queue, io, json } = options
  if (json || !io.stdoutIsTerminal || how.limit !== undefined) return printList(await queue.list(filter, how), options)
  const { jobs, more } =
    how.sort === undefined ? await queue.newest(filter, SHOWN) : first(await queue.list(filter, how))
  await printList(jobs, options)
  const which = how.sort === undefined ? 'newest' : 'first'
  if (more > 0) io.message(`the ${which} ${jobs.length}, and ${more} more: see them with -n ${jobs.length + more}`)
}

const first = (all: readonly ListedJob[]): { jobs: readonly ListedJob[]; more: number } => ({
  jobs: all.slice(0, SHOWN),
  more: Math.max(0, all.length - SHOWN),
})

/** Lines per write. */
const BATCH_SIZE = 1000

export async function printList(found: readonly ListedJob[], options: PrintListOptions): Promise<void> {
  const { io, json, none, lines } = options
  if (json) return printJson(found, json, options)
  if (found.length === 0) {
    io.message(none)
    return
  }
  const [head = '', ...rest] = lines(found, io)
  io.print(`${head}\n`)
  if (options.output) return printWithOutput(found, rest, options)
  for (let i = 0; i < rest.length && !io.isReaderGone; i += BATCH_SIZE)
    io.print(`${rest.slice(i, i + BATCH_SIZE).join('\n')}\n`)
}

async function printJson(found: readonly ListedJob[], list: JsonList, options: PrintListOptions): Promise<void> {
  const { queue, io, output } = options
  for (let i = 0; i < found.length && !io.isReaderGone; i += BATCH_SIZE) {
    list.add(
      ...found.slice(i, i + BATCH_SIZE).map((listed) => {
        const json = listedJson(listed)
        return output ? { ...json, output: lastOutput(queue, listed.id) ?? null } : json
      }),
    )
  }
  list.end()
}

async function printWithOutput(
  found: readonly ListedJob[],
  lines: readonly string[],
  { queue, io }: PrintListOptions,
): Promise<void> {
  for (const [i, listed] of found.entries()) {
    if (io.isReaderGone) return
    const output = lastOutput(queue, listed.id)
    const indented = output === undefined ? ['    (not started yet)'] : outputLines(output)
    io.print(`${[lines[i] ?? '', ...indented].join('\n')}\n`)
  }
}

function outputLines({ stdout, stderr }: LastOutput): string[] {
  const indented = (text: string): string[] =>
    text === ''
      ? []
      : sanitize(text.replace(/\n$/, ''))
          .split('\n')
          .map((line) => `    ${line}`)
  const all = [...indented(stdout), ...indented(stderr)]
  return all.length === 0 ? ['    (no output)'] : all
}

/** How much of each stream is printed (bytes). */
const TAIL_BYTES = 65_536

interface LastOutput {
  readonly run: number
  readonly stdout: string
  readonly stderr: string
}

/** The end of the last run's output; undefined when the job has none. */
function lastOutput(queue: Queue, id: string): LastOutput | undefined {
  const run = queue.written({ id }).at(-1)?.run
  const tail = (of: number, stream: 'stdout' | 'stderr'): string => {
    const reader = queue.openOutput({ id, run: of }, stream, { lastBytes: TAIL_BYTES })
    const blocks: Buffer[] = []
    let size = 0
    try {
      for (const block of reader.readNew()) {
        blocks.push(block)
        size += block.length
        // A running job may write as fast as we read.
        if (size >= TAIL_BYTES) break
      }
    } finally {
      reader.close()
    }
    return Buffer.concat(blocks).toString('utf8')
  }
  return run === undefined ? undefined : { run, stdout: tail(run, 'stdout'), stderr: tail(run, 'stderr') }
}
