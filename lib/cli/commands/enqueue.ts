/** `enqueue`: one job, or a stream of them. */
import { isAbsolute, resolve } from 'node:path'
import { Command, Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import type { JobRequest } from '../../job/job.ts'
import { isoTime } from '../../job/times.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { Receipts } from '../receipts.ts'
import { type Meant, readVariables, readWords } from '../requests.ts'
import { isDuration, isNumber } from '../values.ts'

export class EnqueueCommand extends QueueCommand {
  static override paths = [['enqueue']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'add jobs to the queue',
    details: `The job is JSON, a command line for the shell, or, after --, a program with its arguments that is run
      exactly so, without a shell. Options win over members of the JSON.

      FILE and standard input (-) hold one JSON object, an array of them, or one a line. What is wrong is named with
      its line and the others are enqueued: exit status 6, or 2 when none was.

      When this command has printed an id, the job is on disk and survives a power cut.`,
    examples: [
      ['A job as JSON', `queuectl enqueue '{"id":"job1","command":"sleep 2"}'`],
      ['A command line, before all others', 'queuectl enqueue "make && make install" -p 10'],
      ['In ten minutes, at most twice', 'queuectl enqueue -c "./sync.sh" --delay 10m --max-retries 2'],
      [
        'A program without a shell, and many jobs from a file',
        'queuectl enqueue -- rm "old file"; queuectl enqueue -f jobs.ndjson',
      ],
    ],
  })
  static override forms = [
    '[options] \'{"command":"..."}\'',
    '[options] COMMAND LINE',
    '[options] -c LINE',
    '[options] -- PROGRAM [ARG...]',
    '[options] @FILE | -f FILE | -',
  ]
  static override takesExact = true

  command = Option.String('-c,--command', { description: '<LINE> the command, a line for the shell' })
  file = Option.String('-f,--file', { description: '<FILE> read jobs from a file, - for standard input' })
  chosenId = Option.String('-i,--id', {
    description: '<ID> 1 to 128 letters, digits, dots, dashes, underscores; else one is made',
  })
  priority = Option.String('-p,--priority', {
    description: '<N> -999 to 999, higher runs first (0)',
    validator: isNumber,
  })
  maxRetries = Option.String('-r,--max-retries', { description: '<N> attempts in all (3)', validator: isNumber })
  timeout = Option.String('-t,--timeout', {
    description: '<TIME> how long an attempt may take: 90, 10m, 0 for ever (300)',
    validator: isDuration,
  })
  runAt = Option.String('--run-at', { description: '<WHEN> not before this ISO 8601 time; without a zone local' })
  delay = Option.String('--delay', {
    description: '<TIME> not before so long from now: 90, 10m, 1h30m',
    validator: isDuration,
  })
  queueName = Option.String('--queue', { description: '<NAME> a label to list jobs by (default)' })
  tags = Option.Array('--tag', { description: '<TAG> a label to list jobs by; may be repeated' })
  cwd = Option.String('--cwd', { description: '<DIR> where the command runs (the current directory)' })
  variables = Option.Array('--env', { description: "<NAME=VALUE> added to the worker's environment; may be repeated" })
  backoffBase = Option.String('--backoff-base', {
    description: '<N> attempt n is followed by a wait of N ^ n seconds (2)',
    validator: isNumber,
  })
  words = Option.Rest({ name: 'job' })

  protected async run(queue: Queue): Promise<number | void> {
    const meant = this.meant()
    const receipts = new Receipts(queue, this.io, this.json)
    if ('from' in meant) {
      const { enqueueFrom } = await import('../batch.ts')
      return enqueueFrom(meant.from, (value) => this.request(value), receipts, queue, this.io)
    }
    receipts.give(await queue.enqueue(this.request(meant.job)))
    await receipts.conclude()
  }

  private meant(): Meant {
    const { exact } = this.context
    const forms: Meant[] = []
    if (this.words.length > 0) forms.push(readWords(this.words))
    if (this.command !== undefined) forms.push({ job: { command: this.command } })
    if (this.file !== undefined) forms.push({ from: this.file })
    if (exact) forms.push({ job: { command: exact } })
    const [one] = forms
    if (one === undefined)
      throw new QueueError('USAGE', 'enqueue: what is to be run?', 'for example: queuectl enqueue -c "echo hello"')
    if (forms.length === 1) return one
    throw new QueueError(
      'USAGE',
      'enqueue: the command is given more than once: as an argument, with --command, with --file or after --',
      'options for the program itself go after --: queuectl enqueue -- sh -c "echo hello"',
    )
  }

  /** What was given, completed by the options. */
  private request(given: unknown): JobRequest {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as never
    const job = given as JobRequest
    const options = Object.entries({
      id: this.chosenId,
      priority: this.priority,
      max_retries: this.maxRetries,
      timeout: this.timeout,
      run_at: this.due(),
      queue: this.queueName,
      tags: this.tags,
      cwd: this.directory() ?? job.cwd ?? this.io.cwd,
      env: this.variables && { ...job.env, ...readVariables(this.variables) },
      backoff_base: this.backoffBase,
    }).filter(([, value]) => value !== undefined)
    return { ...job, ...Object.fromEntries(options) }
  }

  private directory(): string | undefined {
    return this.cwd === undefined || isAbsolute(this.cwd) ? this.cwd : resolve(this.io.cwd, this.cwd)
  }

  private due(): string | undefined {
    if (this.delay === undefined) return this.runAt
    if (this.runAt !== undefined)
      throw new QueueError('USAGE', 'enqueue: --run-at and --delay say the same thing: give one of them')
    return isoTime(nowMs() + this.delay * 1000)
  }
}
