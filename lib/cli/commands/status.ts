/** `status`, also bare `queuectl`: how many jobs are in each state. */
import { Command, Option } from 'clipanion'
import type { Queue, Room } from '../../queue.ts'
import { QueueCommand } from '../command.ts'
import { jobJson, wholeJob } from '../jobs.ts'
import { bytes } from '../print.ts'
import type { Io } from '../terminal.ts'
import { watch } from '../watch.ts'

export class StatusCommand extends QueueCommand {
  static override paths = [['status']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'count the jobs in each state, and the workers',
    details: `Pending includes jobs that are scheduled for later. Active workers are slots: a worker started with
      --count 3 counts as 3. With an ID it shows that job.`,
    examples: [
      ['How it stands', 'queuectl status'],
      ['Again every two seconds, until Ctrl-C', 'queuectl status --watch'],
      ['For a script', 'queuectl status --json'],
    ],
  })
  static override forms = ['[--watch]', 'ID']

  watch = Option.Boolean('-w,--watch', false, { description: 'show it again every two seconds' })
  id = Option.String({ name: 'id', required: false })

  protected async run(queue: Queue): Promise<number | void> {
    if (this.watch) return watch(this.io, () => this.lines(queue))
    for (const line of await this.lines(queue)) this.print(line)
  }

  private async lines(queue: Queue): Promise<string[]> {
    if (this.id !== undefined) {
      const job = await queue.get(this.id)
      const progress = queue.progress(job)
      return this.json ? [JSON.stringify(jobJson(job, progress))] : wholeJob(job, this.io, progress)
    }
    const counts = await queue.count()
    const alive = (await queue.workers()).filter((worker) => worker.life !== 'dead')
    const slots = alive.reduce((sum, worker) => sum + worker.slots, 0)
    const disk = await queue.room()
    if (this.json) {
      const about = { active_workers: slots, worker_processes: alive.length, home: queue.home, disk }
      return [JSON.stringify({ ...counts, ...about })]
    }
    return [
      `Pending:    ${counts.pending}`,
      ...(counts.scheduled > 0 ? [`Scheduled:  ${counts.scheduled} (of the pending; not due yet)`] : []),
      `Processing: ${counts.processing}`,
      `Completed:  ${counts.completed}`,
      `Failed:     ${counts.failed}`,
      `Dead (DLQ): ${counts.dead}`,
      ...(counts.held > 0 ? [`Held:       ${counts.held}`] : []),
      ...(counts.corrupt > 0
        ? [`Corrupt:    ${counts.corrupt} (files in ${queue.home}/corrupt that are no jobs)`]
        : []),
      '',
      `Active Workers: ${slots}`,
      ...(disk.state === 'ok' ? [] : ['', diskLine(disk, this.io)]),
    ]
  }
}

function diskLine({ state, free_bytes, free_inodes }: Room, { colors }: Io): string {
  const left = `${bytes(free_bytes)}${free_inodes === undefined ? '' : ` and ${free_inodes} files`} free`
  return state === 'full'
    ? colors.red(`Disk: full (${left}). No job is started until there is room; nothing is lost`)
    : colors.yellow(`Disk: low (${left})`)
}
