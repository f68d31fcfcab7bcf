/** `schedule edit`: opens a schedule in an editor; what comes out is checked before it is obeyed. */
import { Command } from 'clipanion'
import { nowMs } from '../../../clock.ts'
import { QueueError } from '../../../errors.ts'
import type { Queue } from '../../../queue.ts'
import { openEditor } from '../../input/editor.ts'
import { previewLines } from '../../output/schedule-view.ts'
import { ScheduleNamingCommand } from './naming.ts'

export class ScheduleEditCommand extends ScheduleNamingCommand {
  static override paths = [['schedule', 'edit']]
  static override usage = Command.Usage({
    category: 'Schedules',
    description: 'edit a schedule',
    details: `Opens a copy in $VISUAL, $EDITOR or vi. What comes out takes effect only if it is a valid schedule; else your text is
      kept and named. When its times have changed they count from now: an edit never fires anything.`,
    examples: [['Another time', 'queuectl schedule edit backup']],
  })

  protected async run(queue: Queue): Promise<void> {
    const editing = await queue.editSchedule(this.name)
    let isChanged = false
    try {
      await openEditor(editing.file)
      isChanged = await editing.save()
    } catch (error) {
      const kept = editing.giveUp()
      if (kept !== undefined && error instanceof QueueError)
        throw new QueueError(error.code, error.message, `your text is in ${kept}`)
      throw error
    }
    if (this.json) return this.printJson(await queue.schedule(this.name))
    this.print(isChanged ? `Changed ${this.name}` : `${this.name} was not changed`)
    if (isChanged) for (const line of previewLines(await this.readable(queue, 'show'), nowMs())) this.print(line)
  }
}
