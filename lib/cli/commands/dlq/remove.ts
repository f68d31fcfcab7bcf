/** `dlq remove` and `dlq clear`: remove dead jobs for good, after a question. */
import type { State } from '../../../job/state.ts'
import { ClearCommand, RemoveCommand } from '../remove.ts'

export class DlqRemoveCommand extends RemoveCommand {
  static override paths = [['dlq', 'remove']]
  protected override meant: readonly State[] = ['dead']
  protected override onlyDead = true
}

export class DlqClearCommand extends ClearCommand {
  static override paths = [['dlq', 'clear']]
  protected override meant: readonly State[] = ['dead']
  protected override onlyDead = true
}
