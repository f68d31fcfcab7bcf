/** One queue, or all together: its limits, who holds each of their numbers, and what can be done to it. */
import { useState } from 'preact/hooks'
import type { LimitRow, ListOf, QueueRow, QueueRows } from '../api-types.ts'
import { elapsed } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { ALL_TOGETHER, resumeNow } from '../queue-actions.ts'
import { useResource } from '../refetch.ts'
import { useSession } from '../session.ts'
import { jobUrl } from '../url.ts'
import { Card } from './card.tsx'
import { Icon } from './icons.tsx'
import { type Fact, Facts } from './facts.tsx'
import { SettingsDialog } from './settings-dialog.tsx'

interface QueueCardProps {
  readonly queue: string
  readonly about: QueueRows['all'] | undefined
  readonly running: number
  readonly onPause: (verb: 'Pause' | 'Drain') => void
}

export function QueueCard({ queue, about, running, onPause }: QueueCardProps) {
  const { isReadOnly } = useSession()
  const [isEditing, setEditing] = useState(false)
  const limits = useLimits()
  const settings = about?.settings ?? {}
  const unreadable = 'unreadable' in settings ? settings.unreadable : undefined
  const known = 'unreadable' in settings ? {} : settings
  const isPaused = about?.paused != null && (queue === ALL_TOGETHER || !about.paused.all)
  const limit = limits.get(queue)
  useShortcuts(
    isReadOnly
      ? []
      : [
          { keys: 'l', does: 'Edit limits', group: 'Queue', run: () => setEditing(true) },
          isPaused
            ? { keys: 'h', does: 'Resume', group: 'Queue', run: () => resumeNow(queue) }
            : { keys: 'h', does: 'Pause', group: 'Queue', run: () => onPause('Pause') },
        ],
  )
  const facts: readonly Fact[] = [
    ['What it is for', known.description],
    ['Running', `${running}${known.limit === undefined ? ', no limit' : ` of ${known.limit}`}`],
    ['Of one key', known.key_limit === undefined ? undefined : `${known.key_limit} at a time`],
    ['Rate of starts', known.rate ?? 'no limit'],
    ['Pause after', known.halt_after === undefined ? undefined : `${known.halt_after} dead jobs in a row`],
    ['Timeout', known.timeout === undefined ? undefined : known.timeout === 0 ? 'none' : elapsed(known.timeout * 1000)],
    ['Attempts', known.max_retries?.toString()],
    ['Backoff base', known.backoff_base?.toString()],
    ['Longest wait', known.max_backoff === undefined ? undefined : elapsed(known.max_backoff * 1000)],
  ]
  return (
    <>
      <Card
        title={queue === ALL_TOGETHER ? 'All queues together' : queue}
        class="half"
        aside={
          !isReadOnly && (
            <span class="actions">
              {!unreadable && (
                <button type="button" class="button small" onClick={() => setEditing(true)}>
                  <Icon name="edit" size={14} /> Edit limits
                </button>
              )}
              {(!isPaused || running > 0) && (
                <button type="button" class="button small" onClick={() => onPause('Drain')}>
                  Drain
                </button>
              )}
            </span>
          )
        }
      >
        {unreadable && (
          <p class="about-limits bad">Its settings cannot be obeyed, so that no job of it starts: {unreadable}</p>
        )}
        <Facts facts={facts} />
        {isEditing && <SettingsDialog queue={queue} settings={known} onClose={() => setEditing(false)} />}
      </Card>
      <Holders limit={limit} />
    </>
  )
}

/** The limits by the name of their queue. */
export function useLimits(): ReadonlyMap<string, LimitRow> {
  const { data } = useResource<ListOf<LimitRow>>('/limits', ['jobs', 'workers'], { everyMs: 500, againMs: 3000 })
  return new Map(data?.items.map((limit) => [limit.queue, limit]))
}

/** Who holds each number of a limit. */
function Holders({ limit }: { readonly limit: LimitRow | undefined }) {
  if (!limit)
    return (
      <Card title="Numbers" class="half">
        <p class="about-limits soft">Without a limit a job needs no number to start; it takes any free slot.</p>
      </Card>
    )
  const { cap, taken } = limit
  const free = (cap ?? 0) - taken.length
  return (
    <Card
      title="Numbers"
      class="half"
      aside={
        <span class={free > 0 ? 'faint' : 'busy'}>
          {taken.length} of {cap ?? 0} taken
        </span>
      }
    >
      <ul class="list holders">
        {taken.map(({ number, job, worker }) => (
          <li key={number} class="list-row">
            <span class="faint">{number}</span>
            {job === undefined ? (
              <span>taken by hand</span>
            ) : (
              <a class="cut" href={jobUrl(job)}>
                {job}
              </a>
            )}
            <span class="cut faint" title={worker}>
              {worker}
            </span>
          </li>
        ))}
        {free > 0 && (
          <li class="list-row faint">
            <span />
            <span>{free} free</span>
          </li>
        )}
      </ul>
    </Card>
  )
}

/** What is set for a queue, where it can be read. */
export const obeyedSettings = ({ settings }: Pick<QueueRow, 'settings'>) =>
  settings === null || 'unreadable' in settings ? {} : settings
