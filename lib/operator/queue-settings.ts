/** Changes the settings of queues. Who changes them at the same time as another may undo that: the last one is right. */
import { QueueError } from '../errors.ts'
import {
  isUnreadable,
  type QueueMember,
  type QueueSettings,
  settingsWords,
  whyNotMember,
  whyNotSetting,
} from '../job/queue-settings.ts'
import { recordEvents } from '../journal/journal.ts'
import type { Home } from '../spool/layout.ts'
import { removeSettings, settingsOf, settingsPath, writeSettings } from '../spool/queue-files.ts'
import { requireQueue, untilObeyed } from './obeyed.ts'

/** New values by name; null takes one back. */
export type QueueChanges = { readonly [N in QueueMember]?: QueueSettings[N] | null }

/** Settings that were changed. */
export interface SettingsResult {
  readonly queue: string
  readonly settings: QueueSettings
  /** Workers that may not obey them yet: they do not answer, or are of a version that knows no such settings. */
  readonly not_obeying: readonly string[]
}

/** @throws QueueError FAILED when the file cannot be read as it is */
function known(home: Home, queue: string): QueueSettings | undefined {
  requireQueue(queue, 'change')
  const settings = settingsOf(home, queue)
  if (!isUnreadable(settings)) return settings
  throw new QueueError(
    'FAILED',
    `cannot change ${settingsPath(home, queue)}: ${settings.unreadable}`,
    'mend it with an editor, or remove it',
  )
}

async function change(home: Home, queue: string, settings: QueueSettings): Promise<SettingsResult> {
  writeSettings(home, queue, settings)
  recordEvents(home, [{ event: 'queue_set', job: '', queue, error: settingsWords(settings) }])
  return { queue, settings, not_obeying: await untilObeyed(home, queue, 'settings') }
}

/** Changes these, and leaves the others. @throws QueueError USAGE, FAILED; NOT_FOUND when there is nothing to take back */
export async function setQueue(home: Home, queue: string, changes: QueueChanges): Promise<SettingsResult> {
  const old = known(home, queue)
  if (!old && Object.values(changes).every((value) => value === null)) throw noSettings(queue)
  const next: Record<string, unknown> = { ...old }
  for (const [name, value] of Object.entries(changes)) {
    const why = value === null ? whyNotMember(name) : whyNotSetting(queue, name, value)
    if (why) throw new QueueError('USAGE', `cannot set queue ${queue}: ${why}`)
    if (value === null) delete next[name]
    else next[name] = value
  }
  return change(home, queue, next)
}

const noSettings = (queue: string): QueueError =>
  new QueueError('NOT_FOUND', `queue ${queue} has no settings`, 'see all queues with: queuectl queue list')

/** Removes the settings also when they cannot be read. @throws QueueError USAGE; NOT_FOUND when there are none */
export async function removeQueue(home: Home, queue: string): Promise<SettingsResult> {
  requireQueue(queue, 'remove')
  if (!settingsOf(home, queue)) throw noSettings(queue)
  // Workers obey a file that is only gone for some seconds more. If we die after this: settings that say nothing.
  const result = await change(home, queue, {})
  removeSettings(home, queue)
  return result
}
