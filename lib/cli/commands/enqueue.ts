/** `enqueue`: adds one job, or a stream of them. */
import { Command, Option } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Queue } from '../../queue.ts'
import { ensureWorker } from '../input/ensure-worker.ts'
import { JobCommand } from '../input/job-options.ts'
import { jobJson } from '../output/job-view.ts'
import { EnqueueReport } from '../output/enqueue-report.ts'
import type { JobSource } from '../input/job-source.ts'

export class EnqueueCommand extends JobCommand {
  static override paths = [['enqueue']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'add jobs to the queue',
    details: `A job is JSON, a command line for the shell, or, after --, a program with its arguments, run as given and without
      a shell. Options override members of the JSON.

      Without any of these, standard input is the command, as in a here-document: nothing needs quoting. A FILE, or
      standard input given as -, holds one JSON object, an array of them, or one per line. Invalid jobs are reported with
      their line and the others are enqueued: exit status 6, or 2 when none was.

      Once this command has printed an id, the job is on disk and survives a power cut.`,
    examples: [
      ['A job as JSON', `queuectl enqueue '{"id":"job1","command":"sleep 2"}'`],
      ['A command line, ahead of the others', 'queuectl enqueue "make && make install" -p 10'],
      ['In ten minutes, with at most two attempts', 'queuectl enqueue -c "./sync.sh" --delay 10m --max-retries 2'],
      [
        'A program without a shell, and many jobs from a file',
        'queuectl enqueue -- rm "old file"; queuectl enqueue -f jobs.ndjson',
      ],
      ['A job for each file', `ls *.jpg | queuectl enqueue --each-line 'convert {} {.}.png'`],
      ['Names with anything in them', `find . -name '*.wav' -print0 | queuectl enqueue -0 --each-line 'flac {}'`],
      ['Wait for the job, and exit with its status', 'queuectl enqueue --wait -c "make test"'],
    ],
  })
  static override readonly makesHome = true
  static override forms = [
    '[options] \'{"command":"..."}\'',
    '[options] COMMAND LINE',
    '[options] -c LINE',
    '[options] -- PROGRAM [ARG...]',
    '[options] @FILE | -f FILE | -',
    "[options] <<'EOF'",
    '[options] --each-line TEMPLATE [-f FILE]',
  ]

  file = Option.String('-f,--file', { description: '<FILE> read jobs from a file, - for standard input' })
  wait = Option.Boolean('--wait', false, { description: 'wait until the job ends, and exit with its status' })

  printId = Option.Boolean('-q,--print-id,--quiet', false, { description: 'print only the id' })
  eachLine = Option.String('--each-line', {
    description: '<TEMPLATE> a job for each line of input; {} is the line, {.} {/} {//} {/.} parts of it as a path',
  })

  isNull = Option.Boolean('--null', false, {
    description: 'with --each-line: names that a NUL ends, as from find -print0; also -0',
  })

  protected readonly verb = 'enqueue'

  protected async run(queue: Queue): Promise<number | void> {
    if (this.isNull && this.eachLine === undefined)
      throw new QueueError('USAGE', 'enqueue: --null goes with --each-line')
    await this.findParents(queue)
    const source = await this.source()
    const isOne = !('from' in source)
    const ids = this.wait && this.json ? 'later' : isOne && this.json ? 'one' : this.jsonList()
    const report = new EnqueueReport(queue, this.io, { json: ids === 'later' ? undefined : ids, idsOnly: this.printId })
    const show = ids === 'later' ? report.collect.bind(report) : report.add.bind(report)
    let refused: QueueError | undefined
    if ('from' in source) {
      const { enqueueFrom } = await import('../input/batch.ts')
      refused = await enqueueFrom({
        queue,
        io: this.io,
        source: source.from,
        complete: (value) => this.request(value),
        report: { show, finish: () => report.finish() },
        parse: await this.parser(),
      })
    } else {
      const job = await queue.enqueue(this.request(source.job))
      show(job)
      await report.finish()
      if (this.wait) await ensureWorker(queue, job, this.io)
    }
    const status = this.wait ? await this.waitFor(queue, report.ids, isOne) : 0
    if (refused) throw refused
    return status
  }

  private async source(): Promise<JobSource> {
    const list = this.file ?? (this.eachLine === undefined ? undefined : '-')
    const isDash = this.eachLine !== undefined && this.words.length === 1 && this.words[0] === '-'
    return this.jobSource(...(list === undefined || (isDash && this.file === undefined) ? [] : [{ from: list }]))
  }

  private async parser() {
    const template = this.eachLine
    if (template === undefined) return undefined
    const { eachLine, isQuotedTwice } = await import('../input/template.ts')
    if (isQuotedTwice(template))
      this.io.message('warning: {} is quoted for the shell already, and the quotes around it undo that; leave them out')
    return (stream: AsyncIterable<Uint8Array>) => eachLine(stream, template, this.isNull)
  }

  private async waitFor(queue: Queue, ids: readonly string[], isOne: boolean): Promise<number> {
    const { waitFor } = await import('../output/wait.ts')
    const list = this.jsonList(isOne)
    const status = waitFor(queue, this.io, ids, {
      onEnd: ({ id, job, status: ended, line }) => {
        const json = job ? jobJson(job) : { id, state: 'removed' }
        if (list) list.add(json)
        else if (this.json) this.printJson(json)
        else if (ended !== 0) this.io.message(line)
      },
    })
    return status.finally(() => list?.end())
  }
}
