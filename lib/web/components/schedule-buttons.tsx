/** The buttons and the question that run and pause a schedule. */
import { useState } from 'preact/hooks'
import type { ScheduleRow } from '../api-types.ts'
import { useShortcuts } from '../keys.ts'
import { pauseTimes, resumeTimes, runNow } from '../schedule-actions.ts'
import { Icon } from './icons.tsx'
import { PauseDialog } from './pause-dialog.tsx'

export const SchedulePauseDialog = ({ name, onClose }: { readonly name: string; readonly onClose: () => void }) => (
  <PauseDialog
    name={name}
    verb="Pause"
    meaning="Its times until it is resumed come to nothing. Jobs that it has made go on."
    isUntimed
    pause={(how) => pauseTimes(name, how)}
    onClose={onClose}
  />
)

export function ScheduleButtons({ name, state }: Pick<ScheduleRow, 'name' | 'state'>) {
  const [isPausing, setPausing] = useState(false)
  const pause = { keys: 'h', does: 'Pause', group: 'Schedule', run: () => setPausing(true) } as const
  const resume = { keys: 'h', does: 'Resume', group: 'Schedule', run: () => resumeTimes(name) } as const
  const run = { keys: 'r', does: 'Run now', group: 'Schedule', run: () => runNow(name) } as const
  useShortcuts([...(state === 'bad' ? [] : [run]), state === 'paused' ? resume : pause])
  return (
    <div class="actions">
      {state !== 'bad' && (
        <button type="button" class="button" onClick={run.run}>
          <Icon name="release" /> Run now
        </button>
      )}
      {state === 'paused' ? (
        <button type="button" class="button" onClick={resume.run}>
          <Icon name="release" /> Resume
        </button>
      ) : (
        <button type="button" class="button" onClick={pause.run}>
          <Icon name="hold" /> Pause
        </button>
      )}
      {isPausing && <SchedulePauseDialog name={name} onClose={() => setPausing(false)} />}
    </div>
  )
}
