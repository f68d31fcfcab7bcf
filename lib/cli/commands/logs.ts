/** `logs`: prints the output of a run, or follows it. */
import { StringDecoder } from 'node:string_decoder'
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { JobRefOrId, Queue } from '../../queue.ts'
import { forEachJob } from '../input/for-each.ts'
import { visible } from '../../job/sanitize.ts'
import type { JsonList } from '../output/json.ts'
import { ABOUT_IDS, SelectingCommand, SELECTION } from '../input/selection.ts'
import { isCount } from '../input/option-types.ts'
import { STATES } from '../../job/state.ts'

export class LogsCommand extends SelectingCommand {
  static override paths = [['logs']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'print the output of a run',
    details: `Prints standard output, then standard error, of the last run unless another is named. A pipe gets the bytes as they
      are; on a terminal colours pass, and other control characters are made visible.

      --follow shows both as they are written, whichever worker runs the job, until the job ends; it may still be pending.
      Ctrl-C stops following, not the job. Only one job can be followed; without --follow, the output of several is
      printed with each id as a heading.\n\n${ABOUT_IDS}`,
    examples: [
      ['The last run', 'queuectl logs job1'],
      ['As it is written, with times', 'queuectl logs -f -T job1'],
      ['The end of the errors of the first attempt', 'queuectl logs job1 --attempt 1 --stderr --tail 20'],
    ],
  })
  static override forms = SELECTION.map((form) => `${form} [options]`)

  // Hides the option: this command changes nothing.
  override dryRun = false
  runNumber = Option.String('--run', { description: '<N> run number N; show ID lists them', validator: isCount(1) })
  attempt = Option.String('--attempt', {
    description: '<N> the newest run that counted as attempt N',
    validator: isCount(1),
  })
  stdout = Option.Boolean('--stdout', false, { description: 'standard output only' })
  stderr = Option.Boolean('--stderr', false, { description: 'standard error only' })
  tail = Option.String('-n,--tail', { description: '<N> only the last N lines of each', validator: isCount(0) })

  follow = Option.Boolean('-f,--follow', false, { description: 'keep showing output until the job ends' })
  timestamps = Option.Boolean('-T,--timestamps', false, {
    description: 'with --follow: before each line, its time and stream',
  })

  protected async run(queue: Queue): Promise<number> {
    if (this.timestamps && !this.follow)
      throw new QueueError('USAGE', 'logs: --timestamps goes with --follow', 'what was written before bears no times')
    const { jobs, isMany, isOne } = await this.selected(queue, 'show the output of', STATES)
    const [first] = jobs
    if (this.follow && jobs.length > 1)
      throw new QueueError('USAGE', 'logs: --follow follows one job', 'see how all go on: queuectl list')
    if (first && this.follow && !(first instanceof QueueError)) return this.followJob(queue, idOf(first))
    if (!first) this.io.message('no job matches')
    const list = this.jsonList(isOne)
    const status = forEachJob(jobs, this.io, {
      done: 'shown',
      act: (job) => this.showOne(queue, idOf(job), { isMany, list }),
    })
    return status.finally(() => list?.end())
  }

  private async showOne(
    queue: Queue,
    id: string,
    { isMany, list }: { readonly isMany: boolean; readonly list: JsonList | undefined },
  ): Promise<void> {
    const { run, stdout, stderr } = await queue.output({ id }, await this.runWanted(queue, id))
    const both = this.stdout === this.stderr
    if (list) return list.add({ id, run, stdout, stderr })
    if (this.json) return this.printJson({ id, run, stdout, stderr })
    if (isMany) this.print(`==> ${visible(id)} <==`)
    if (both || this.stdout) this.copy(queue, id, run, 'stdout')
    if (both || this.stderr) this.copy(queue, id, run, 'stderr')
  }

  private async followJob(queue: Queue, id: string): Promise<number> {
    const run = await this.runWanted(queue, id)
    if (run !== undefined) await queue.output({ id }, run)
    const { jsonLines, mergedStreams, timestampedLines } = await import('../output/follow-format.ts')
    const { followOnScreen } = await import('../output/follow.ts')
    const view = this.json ? jsonLines(this.io) : this.timestamps ? timestampedLines(this.io) : mergedStreams(this.io)
    const both = this.stdout === this.stderr
    const result = await followOnScreen(queue, this.io, id, {
      view: {
        show: (wrote) => {
          if (both || (wrote.stream === 'stdout') === this.stdout) view.show(wrote)
        },
        flush: () => view.flush(),
      },
      ...(run === undefined ? {} : { run }),
      ...(this.tail === undefined ? {} : { tail: this.tail }),
    })
    return 'job' in result ? 0 : result.detached
  }

  private async runWanted(queue: Queue, id: string): Promise<number | undefined> {
    if (this.attempt === undefined) return this.runNumber
    if (this.runNumber !== undefined)
      throw new QueueError('USAGE', 'logs: --run and --attempt both say which one: give one of them')
    const job = await queue.get(id)
    const run = job.history.findLast((one) => one.attempt === this.attempt)
    if (run) return run.run
    throw new QueueError('NOT_FOUND', `${id} has no attempt ${this.attempt}`, `see its runs: queuectl show ${id}`)
  }

  private copy(queue: Queue, id: string, run: number, stream: 'stdout' | 'stderr'): void {
    const { io } = this
    const text = new StringDecoder('utf8')
    for (const block of queue.read(id, run, stream, this.tail)) {
      if (io.stdoutIsTerminal) io.print(text.write(block))
      else io.write(block)
      if (io.isReaderGone) return
    }
    if (io.stdoutIsTerminal) io.print(text.end())
  }
}

const idOf = (job: JobRefOrId): string => (typeof job === 'string' ? job : job.id)
