/** The options of `enqueue` and `run` that describe a job, and the ways to give its command. */
import { isAbsolute, resolve } from 'node:path'
import { Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import type { Parent } from '../../job/after.ts'
import { type JobRequest, MAX_JOB_BYTES } from '../../job/job.ts'
import { memberValue, overridden } from '../../job/spelling.ts'
import { isoTime } from '../../job/time.ts'
import type { Queue } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { type JobSource, parseScript, parseVariables, parseWords } from './job-source.ts'
import { isDuration, isNumber, isOneOf, isWhen } from './option-types.ts'

export abstract class JobCommand extends QueueCommand {
  static override takesExact = true

  command = Option.String('-c,--command', { description: '<LINE> the command, a line for the shell' })
  chosenId = Option.String('-i,--id', {
    description: '<ID> 1 to 128 letters, digits, dots, dashes, underscores; generated if not given',
  })
  priority = Option.String('-p,--priority', {
    description: '<N> -999 to 999, higher runs first (0)',
    validator: isNumber,
  })
  maxRetries = Option.String('-r,--max-retries', { description: '<N> attempts in total (3)', validator: isNumber })
  timeout = Option.String('-t,--timeout', {
    description: '<TIME> time limit of an attempt: 90, 10m, 0 for none (300)',
    validator: isDuration,
  })
  runAt = Option.String('--run-at', {
    description: '<WHEN> not before this time: ISO 8601, local unless it has a zone; +5m, in 2h, 23:30, tomorrow 9:00',
    validator: isWhen,
  })
  delay = Option.String('--delay', {
    description: '<TIME> not before this long from now: 90, 10m, 1h30m',
    validator: isDuration,
  })
  after = Option.Array('--after', { description: '<ID,...> not before these jobs have succeeded; repeatable' })
  afterAny = Option.Array('--after-any', { description: '<ID,...> not before these jobs have ended; repeatable' })
  afterFail = Option.Array('--after-fail', { description: '<ID,...> only once these jobs are dead; repeatable' })
  afterDelay = Option.String('--after-delay', {
    description: '<TIME> this long after the last of these has ended: 30, 5m',
    validator: isDuration,
  })
  ifImpossible = Option.String('--if-impossible', {
    description: '<cancel|wait> when one of these has ended otherwise (cancel)',
    validator: isOneOf(['cancel', 'wait']),
  })
  unique = Option.String('--unique', { description: '<KEY> unless there is a job of this key that has not ended' })
  uniqueWhile = Option.String('--while', {
    description: '<queued|active|success:TIME> which job of the key keeps it out (active)',
  })
  onConflict = Option.String('--on-conflict', {
    description: '<ignore|reject> when one does: print its id, or fail (ignore)',
    validator: isOneOf(['ignore', 'reject']),
  })
  queueName = Option.String('--queue', { description: '<NAME> a label to select jobs by (default)' })
  key = Option.String('--key', {
    description: '<KEY> beside no other job of this key: as many run as the queue allows (1)',
  })
  tags = Option.Array('--tag', { description: '<TAG> a label to select jobs by; repeatable' })
  cwd = Option.String('--cwd', { description: '<DIR> where the command runs (the current directory)' })
  variables = Option.Array('--env', { description: "<NAME=VALUE> added to the worker's environment; repeatable" })
  backoffBase = Option.String('--backoff-base', {
    description: '<N> after attempt n, wait N ^ n seconds (2)',
    validator: isNumber,
  })
  nice = Option.String('--nice', { description: '<N> 0 to 19, lets other processes go first', validator: isNumber })
  ionice = Option.String('--ionice', {
    description: '<CLASS> idle: uses the disk only while nobody else does',
    validator: isOneOf(['idle']),
  })
  words = Option.Rest({ name: 'job' })

  protected abstract readonly verb: string

  /** Where the job comes from. @param more sources that only this command has @throws QueueError USAGE unless there is exactly one */
  protected async jobSource(...more: readonly JobSource[]): Promise<JobSource> {
    const { exact } = this.context
    const sources: JobSource[] = [...more]
    if (this.words.length > 0) sources.push(parseWords(this.words))
    if (this.command !== undefined) sources.push({ job: { command: this.command } })
    if (exact) sources.push({ job: { command: exact } })
    if (sources.length === 0) sources.push(...(await this.stdinScript()))
    const [source] = sources
    if (source === undefined)
      throw new QueueError(
        'USAGE',
        `${this.verb}: what is to be run?`,
        `for example: queuectl ${this.verb} -c "echo hello"`,
      )
    if (sources.length === 1) return source
    throw new QueueError(
      'USAGE',
      `${this.verb}: the command is given more than once: as an argument, with --command, with --file or after --`,
      `options for the program itself go after --: queuectl ${this.verb} -- sh -c "echo hello"`,
    )
  }

  /** Standard input as a command, when no other is given and it is not a terminal: a here-document needs no quoting. */
  private async stdinScript(): Promise<JobSource[]> {
    if (this.io.inputIsTerminal) return []
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.io.input) {
      size += chunk.length
      if (size > MAX_JOB_BYTES)
        throw new QueueError(
          'INVALID_JOB',
          `${this.verb}: the command on standard input is larger than ${MAX_JOB_BYTES} bytes`,
          'many jobs are read with: queuectl enqueue -',
        )
      chunks.push(chunk)
    }
    return parseScript(Buffer.concat(chunks), (text) => this.io.message(text))
  }

  /** The given job with the options added. */
  protected request(given: unknown): JobRequest {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return given as never
    const env = memberValue(given, 'env')
    const options = Object.entries({
      id: this.chosenId,
      priority: this.priority,
      max_retries: this.maxRetries,
      timeout: this.timeout,
      run_at: this.startTime(),
      after: this.parents(),
      after_delay: this.afterDelay,
      when_impossible: this.ifImpossible,
      unique: this.unique,
      unique_while: this.uniqueWhile,
      on_conflict: this.onConflict,
      queue: this.queueName,
      key: this.key,
      tags: this.tags,
      cwd: this.workingDirectory(),
      env: this.variables && { ...(typeof env === 'object' ? env : {}), ...parseVariables(this.variables) },
      backoff_base: this.backoffBase,
      nice: this.nice,
      ionice: this.ionice,
    }).filter(([, value]) => value !== undefined)
    const job = overridden(given, Object.fromEntries(options))
    // The current directory may have been removed: ask for it only when it is needed.
    return (memberValue(job, 'cwd') === undefined ? { ...job, cwd: this.io.cwd } : job) as JobRequest
  }

  private workingDirectory(): string | undefined {
    return this.cwd === undefined || isAbsolute(this.cwd) ? this.cwd : resolve(this.io.cwd, this.cwd)
  }

  /** Replaces `last` among the jobs to wait for. @throws QueueError NOT_FOUND when there is none */
  protected async findParents(queue: Queue): Promise<void> {
    const found = (given: readonly string[] | undefined): Promise<string[]> =>
      Promise.all(
        (given ?? [])
          .flatMap((text) => text.split(','))
          .map(async (id) => (id === 'last' ? (await queue.get(id)).id : id)),
      )
    if (this.after) this.after = await found(this.after)
    if (this.afterAny) this.afterAny = await found(this.afterAny)
    if (this.afterFail) this.afterFail = await found(this.afterFail)
  }

  private parents(): readonly Parent[] | undefined {
    const all = [
      ...(this.after ?? []),
      ...(this.afterAny ?? []).map((job) => ({ job, when: 'any' as const })),
      ...(this.afterFail ?? []).map((job) => ({ job, when: 'fail' as const })),
    ]
    return all.length === 0 ? undefined : all
  }

  private startTime(): string | undefined {
    if (this.delay === undefined) return this.runAt === undefined ? undefined : isoTime(this.runAt)
    if (this.runAt !== undefined)
      throw new QueueError('USAGE', `${this.verb}: --run-at and --delay say the same thing: give one of them`)
    return isoTime(nowMs() + this.delay * 1000)
  }
}
