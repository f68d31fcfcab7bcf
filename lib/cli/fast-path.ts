/**
 * Runs what scripts call most, `status` and `enqueue` of one job with no option but `--json`, without clipanion, which
 * takes longer to load than these take to run.
 *
 * `dispatch.ts` handles the rest, and these the same way (`spec/cli/fast-path.spec.ts` compares the two). This file and
 * what it imports are a bundle of their own: none of them may import a module of ours dynamically.
 */
import { homePath, isHomeNamed } from '../config/env.ts'
import { diskSpace } from '../disk/space.ts'
import { newRequest } from '../job/new-request.ts'
import { KNOWN_MEMBERS } from '../job/parse.ts'
import { enqueueJob } from '../operator/enqueue.ts'
import { workersOf } from '../query/workers.ts'
import { hasFilesIn, type Home, isMade, openHome, openHomeIfMade } from '../spool/layout.ts'
import { holders } from '../spool/holders.ts'
import { countJobs } from '../spool/scan.ts'
import { troublesOf } from '../spool/troubles.ts'
import type { ParsedArgv } from './argv.ts'
import { reportError } from './errors.ts'
import { type JobSource, parseWords } from './input/job-source.ts'
import { EnqueueReport } from './output/enqueue-report.ts'
import { noQueueYet, statusLines, type StatusReader } from './output/status.ts'
import { type Io, openIo, printNotes } from './terminal.ts'

/** @returns the exit status; undefined when the call is left to `dispatch.ts`, and nothing has been done yet */
export async function fastPath(argv: ParsedArgv): Promise<number | undefined> {
  const io = await openIo(argv.color, argv.json)
  try {
    const status = await run(argv, io)
    printNotes(io)
    return status
  } catch (error) {
    return reportError(error, { doing: argv.words.slice(0, 2).join(' ') || 'status', json: argv.json, notes: io.notes })
  }
}

async function run(argv: ParsedArgv, io: Io): Promise<number | undefined> {
  const [name = 'status', ...words] = argv.words
  if (name === 'status' && words.length === 0 && argv.exact === undefined) {
    const home = openHomeIfMade(homePath(argv.home))
    // Settings and pauses are for the whole program to read.
    if (hasFilesIn([home.queues, home.schedules])) return undefined
    if (isHomeNamed(argv.home) && !isMade(home)) io.message(noQueueYet(home.root))
    for (const line of await statusLines(reader(home), io, argv.json)) io.print(`${line}\n`)
    return 0
  }
  const source = name === 'enqueue' ? sourceIn(words, argv.exact) : undefined
  if (source === undefined || 'from' in source || !isInOurWords(source.job)) return undefined
  const home = openHome(homePath(argv.home))
  if (hasFilesIn([home.queues])) return undefined
  const report = new EnqueueReport(reader(home), io, { json: argv.json ? 'one' : undefined, idsOnly: false })
  report.add(enqueueJob(home, newRequest(withDirectory(io, source.job))))
  await report.finish()
  return 0
}

/** The part of a queue that the reports read. Not a `Queue`, which would load every verb and its dynamic imports. */
const reader = (home: Home): StatusReader => ({
  home: home.root,
  count: async () => countJobs(home),
  workers: async () => workersOf(home),
  troubles: async () => troublesOf(holders(home)),
  // There is no file of either.
  pauses: async () => new Map(),
  queueSettings: async () => new Map(),
  badSchedules: async () => [],
  room: async () => diskSpace(home),
})

/** The members are spelled as ours, and times are in seconds: there is nothing to translate, and to warn of. */
const isInOurWords = (given: unknown): boolean =>
  typeof given !== 'object' ||
  given === null ||
  Object.entries(given).every(
    ([name, value]) =>
      KNOWN_MEMBERS.includes(name) &&
      name !== 'unique' &&
      name !== 'key' &&
      !(typeof value === 'string' && IN_SECONDS.includes(name)),
  )

const IN_SECONDS: readonly string[] = ['timeout', 'max_backoff']

/** Words or an exact command. Neither, or both, is left to the command itself. */
function sourceIn(words: readonly string[], exact: readonly string[] | undefined): JobSource | undefined {
  if (exact !== undefined) return words.length === 0 ? { job: { command: exact } } : undefined
  return words.length === 0 ? undefined : parseWords(words)
}

/** A job runs in the directory it was enqueued in, unless it names one. The queue refuses a value that is not a job. */
const withDirectory = (io: Io, given: unknown): never => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as never
  return { ...given, cwd: ('cwd' in given ? given.cwd : undefined) ?? io.cwd } as never
}
