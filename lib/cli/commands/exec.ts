/** `exec`: runs a job file in the foreground, outside the queue. */
import { basename, resolve } from 'node:path'
import { Command, Option } from 'clipanion'
import { nowMs } from '../../clock.ts'
import { homePath } from '../../config/env.ts'
import { QueueError } from '../../errors.ts'
import { idFromStem, whyNotId } from '../../job/file-name.ts'
import type { RunnableJob } from '../../job/runnable.ts'
import { NotJson } from '../../job/parse.ts'
import { parseJobFile } from '../../job/script.ts'
import { readForeign } from '../../job/spelling.ts'
import { runForeground } from '../../run/foreground.ts'
import { QueueCommand } from '../command.ts'
import { openSource } from '../input/batch.ts'
import { visible } from '../../job/sanitize.ts'

export class ExecCommand extends QueueCommand {
  static override paths = [['exec']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'run a job file in the foreground, outside the queue',
    details: `FILE is a job as JSON, from any queue or written by hand, or a script called *.sh; a dash is standard input. It gets the
      directory, environment, input and time limit that it names, one attempt, and nothing is recorded. So a job that failed
      elsewhere can be tried here.

      The exit status is that of run: the command's own, 124 when it timed out, 128+n when signal n ended it.`,
    examples: [
      ['A job that failed', 'queuectl show job1 --json >job1.json; queuectl exec job1.json'],
      ['In another directory than it names', 'queuectl exec job1.json --cwd .'],
      ['As a script to read and change', 'queuectl show --script job1 >job1.sh'],
    ],
  })
  static override forms = ['[--cwd DIR] FILE', '[--cwd DIR] -']

  file = Option.String({ name: 'file' })
  cwd = Option.String('--cwd', { description: '<DIR> where the command runs (the directory that the job names)' })

  override async execute(): Promise<number> {
    const job = await this.readJob()
    const where = { cwd: this.io.cwd, home: homePath(this.context.home) }
    const cwd = this.cwd === undefined ? job.cwd : resolve(this.io.cwd, this.cwd)
    const end = await runForeground({ ...job, ...(cwd === undefined ? {} : { cwd }) }, where, this.json ? 2 : 1)
    const isSuccess = !end.timedOut && end.signal === undefined && (job.success_codes ?? [0]).includes(end.code)
    const status = end.timedOut ? 124 : end.code || (isSuccess ? 0 : 1)
    if (this.json) {
      const { code, signal, timedOut, error } = end
      this.printJson({ id: job.id, exit_code: code, signal, timed_out: timedOut, succeeded: isSuccess, error })
    } else if (!isSuccess) this.io.message(`${visible(job.id)} failed: ${visible(end.error ?? this.reason(end, job))}`)
    return status
  }

  /** Never called: the queue is not opened, and no home is made. */
  protected async run(): Promise<void> {}

  private reason(
    { code, signal, timedOut }: Awaited<ReturnType<typeof runForeground>>,
    { timeout }: RunnableJob,
  ): string {
    if (timedOut) return `timed out after ${timeout} s`
    return signal === undefined ? `exit code ${code}` : `ended by ${signal}`
  }

  private async readJob(): Promise<RunnableJob> {
    const chunks: Uint8Array[] = []
    const path = this.file === '-' ? '-' : resolve(this.io.cwd, this.file)
    for await (const chunk of openSource(path, this.io)) chunks.push(chunk)
    try {
      return readRunnable(parseJobFile(Buffer.concat(chunks).toString('utf8'), this.file), basename(this.file))
    } catch (error) {
      if (!(error instanceof NotJson)) throw error
      const name = this.file === '-' ? 'standard input' : visible(this.file)
      throw new QueueError('INVALID_JOB', `exec: ${name} is not JSON: ${error.message}`, 'a script is called NAME.sh')
    }
  }
}

/** A job of a queue may have an id that a new one may not choose. */
function readRunnable(value: unknown, fileName: string): RunnableJob {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  const isKnown = typeof id === 'string' && whyNotId(id) === undefined
  const { request } = readForeign(isKnown ? { ...(value as object), id: undefined } : value, nowMs())
  return { ...request, id: isKnown ? id : (idFromStem(fileName) ?? 'job') }
}
