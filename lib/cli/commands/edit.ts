/** `edit`: opens a job in an editor and saves what comes out. */
import { ALLOWED_IN } from '../../job/state.ts'
import { Command } from 'clipanion'
import { QueueError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import type { Editing, JobRefOrId, Queue } from '../../queue.ts'
import { openEditor } from '../input/editor.ts'
import { jobJson } from '../output/job-view.ts'
import type { JsonList } from '../output/json.ts'
import { forEachJob } from '../input/for-each.ts'
import { ABOUT_IDS, SELECTION, SelectingCommand } from '../input/selection.ts'

export class EditCommand extends SelectingCommand {
  static override paths = [['edit']]
  static override usage = Command.Usage({
    category: 'Jobs',
    description: 'edit a job that is not running',
    details: `Opens the job as JSON in $VISUAL, $EDITOR or vi. The job is held while the editor is open, so no worker takes it;
      then it goes back to where it was. If the result is not a valid job you can edit it again or give up: nothing is
      lost. Several jobs are edited one after another.\n\n${ABOUT_IDS}`,
    examples: [
      ['A job', 'queuectl edit job1'],
      ['In an editor of your choice', 'EDITOR="code --wait" queuectl edit last'],
      ['By a command instead of an editor', `EDITOR="sed -i s/480p/720p/" queuectl edit job1`],
    ],
  })
  static override forms = SELECTION

  protected async run(queue: Queue): Promise<number> {
    const { jobs, isOne } = await this.selected(queue, 'edit', ALLOWED_IN.edit)
    if (jobs.length === 0) this.io.message('no job matches')
    const list = this.jsonList(isOne)
    const status = forEachJob(jobs, this.io, { done: 'edited', act: (job) => this.edit(queue, job, list) })
    return status.finally(() => list?.end())
  }

  private async edit(queue: Queue, selected: JobRefOrId, list: JsonList | undefined): Promise<void> {
    const show = (job: Job): void => (list ? list.add(jobJson(job)) : this.printJson(jobJson(job)))
    if (this.dryRun && this.json) return show(await queue.get(selected))
    if (this.dryRun) return this.print(`Would edit ${typeof selected === 'string' ? selected : selected.id}`)
    const editing = await queue.edit(selected)
    const job = await this.inEditor(editing)
    if (this.json) show(job ?? (await queue.get(editing.id)))
    else this.print(job ? `Changed ${editing.id}` : `${editing.id} was not changed`)
  }

  private async inEditor(editing: Editing): Promise<Job | undefined> {
    for (;;) {
      try {
        await openEditor(editing.file)
        return await editing.save()
      } catch (error) {
        const isRefused = error instanceof QueueError
        if (isRefused && error.code === 'INVALID_JOB' && (await this.wantsAgain(error))) continue
        const kept = editing.giveUp()
        if (kept && isRefused) throw new QueueError(error.code, error.message, `your text is in ${kept}`)
        throw error
      }
    }
  }

  private async wantsAgain(error: QueueError): Promise<boolean> {
    if (!this.io.inputIsTerminal || !this.io.stderrIsTerminal) return false
    this.io.message(`queuectl: ${error.message}`)
    return !/^(n|no|q|quit)$/i.test((await this.io.ask('edit again? [Y/n] ')) ?? 'no')
  }
}
