/**
 * What scripts call most, without the framework, which takes longer to load than these take to run: `status`, and
 * `enqueue` of one job.
 *
 * Only calls with no option but `--json` are understood here; everything else is left to the commands, which do the
 * same with what they are given. `spec/cli/fast-path.spec.ts` compares the two.
 */
import { Queue } from '../queue.ts'
import type { Asked } from './argv.ts'
import { Receipts } from './output/enqueue-report.ts'
import { type Meant, readWords } from './input/job-source.ts'
import { standing } from './output/status.ts'
import type { Io } from './terminal.ts'

/** @returns the exit status; undefined: it is not for us, and nothing has been done */
export async function swift(asked: Asked, io: Io): Promise<number | undefined> {
  const [name = 'status', ...words] = asked.words
  if (name === 'status' && words.length === 0 && asked.exact === undefined) {
    for (const line of await standing(open(asked), io, asked.json)) io.print(`${line}\n`)
    return 0
  }
  const meant = name === 'enqueue' ? jobIn(words, asked.exact) : undefined
  if (meant === undefined || 'from' in meant) return undefined
  const queue = open(asked)
  const receipts = new Receipts(queue, io, asked.json)
  receipts.give(await queue.enqueue(hereIn(io, meant.job)))
  await receipts.conclude()
  return 0
}

const open = ({ home }: Asked): Queue => Queue.open(home === undefined ? {} : { home })

/** Either words or an exact command; neither, or both, is for the command itself to judge. */
function jobIn(words: readonly string[], exact: readonly string[] | undefined): Meant | undefined {
  if (exact !== undefined) return words.length === 0 ? { job: { command: exact } } : undefined
  return words.length === 0 ? undefined : readWords(words)
}

/** A job runs where it was enqueued unless it says where. What is no job is refused by the queue. */
const hereIn = (io: Io, given: unknown): never => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as never
  return { ...given, cwd: ('cwd' in given ? given.cwd : undefined) ?? io.cwd } as never
}
