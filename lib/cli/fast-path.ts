/**
 * Runs `status` and `enqueue` of one job, with no option but `--json`: what scripts call most, without the command
 * framework, which takes longer to load than these take to run.
 *
 * All else is left to `dispatch.ts`, which does the same with what it is given (`spec/cli/fast-path.spec.ts` compares the
 * two). This file and what it imports are bundled apart: none of them may import a module of ours dynamically.
 */
import { homePath } from '../config/env.ts'
import { diskSpace } from '../disk/space.ts'
import { enqueueJob } from '../operator/enqueue.ts'
import { workersOf } from '../query/workers.ts'
import { type Home, openHome } from '../spool/layout.ts'
import { countJobs } from '../spool/scan.ts'
import type { Asked } from './argv.ts'
import { fail } from './errors.ts'
import { type Meant, readWords } from './input/job-source.ts'
import { Receipts } from './output/enqueue-report.ts'
import { standing, type StatusReader } from './output/status.ts'
import { type Io, openIo } from './terminal.ts'

/** @returns the exit status; undefined when the call is left to `dispatch.ts`: then nothing has been done */
export async function fastPath(asked: Asked): Promise<number | undefined> {
  try {
    return await run(asked, await openIo(asked.color))
  } catch (error) {
    return fail(error, asked.words.slice(0, 2).join(' ') || 'status', asked.json)
  }
}

async function run(asked: Asked, io: Io): Promise<number | undefined> {
  const [name = 'status', ...words] = asked.words
  if (name === 'status' && words.length === 0 && asked.exact === undefined) {
    for (const line of await standing(reader(openHome(homePath(asked.home))), io, asked.json)) io.print(`${line}\n`)
    return 0
  }
  const meant = name === 'enqueue' ? jobIn(words, asked.exact) : undefined
  if (meant === undefined || 'from' in meant) return undefined
  const home = openHome(homePath(asked.home))
  const receipts = new Receipts(reader(home), io, asked.json)
  receipts.give(enqueueJob(home, hereIn(io, meant.job)))
  await receipts.conclude()
  return 0
}

/** What the reports ask of a queue. Not `Queue`: that brings every verb and its dynamic imports. */
const reader = (home: Home): StatusReader => ({
  home: home.root,
  count: async () => countJobs(home),
  workers: async () => workersOf(home),
  room: async () => diskSpace(home),
})

/** Either words or an exact command; neither, or both, is for the command itself to judge. */
function jobIn(words: readonly string[], exact: readonly string[] | undefined): Meant | undefined {
  if (exact !== undefined) return words.length === 0 ? { job: { command: exact } } : undefined
  return words.length === 0 ? undefined : readWords(words)
}

/** A job runs where it was enqueued unless it says where. The queue refuses what is no job. */
const hereIn = (io: Io, given: unknown): never => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as never
  return { ...given, cwd: ('cwd' in given ? given.cwd : undefined) ?? io.cwd } as never
}
