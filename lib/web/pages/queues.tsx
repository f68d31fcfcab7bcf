/** The queues: what waits in each and runs, under which limits, what they did lately, and which are paused. */
import { useState } from 'preact/hooks'
import type { QueueRows } from '../api-types.ts'
import { Activity, WINDOWS } from '../components/activity.tsx'
import { ChoiceGroup } from '../components/choice-group.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { Icon } from '../components/icons.tsx'
import { PauseDialog } from '../components/pause-dialog.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { QueueCard, useLimits } from '../components/queue-card.tsx'
import { QueueLine, QueueTable } from '../components/queue-table.tsx'
import { ALL_TOGETHER, drainNow, pauseNow, resumeNow } from '../queue-actions.ts'
import { useResource } from '../refetch.ts'
import { useRoute } from '../route.ts'
import { useSession } from '../session.ts'
import { urlWithQuery } from '../url.ts'

const EVERY_MS = 1000
/** Files of settings and pauses are also written by hand. */
const AGAIN_MS = 3000

interface Pausing {
  readonly queue: string
  readonly verb: 'Pause' | 'Drain'
}

export function QueuesPage() {
  const { isReadOnly } = useSession()
  const { query } = useRoute()
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>('1h')
  const [pausing, setPausing] = useState<Pausing>()
  const { data, problem } = useResource<QueueRows>(`/queues?window=${shown}`, ['jobs', 'events', 'stats'], {
    everyMs: EVERY_MS,
    againMs: AGAIN_MS,
  })
  const limits = useLimits()
  const rows = data?.items ?? []
  const allPaused = data?.all.paused != null
  const chosen = query.get('queue')
  const chosenRow = rows.find(({ queue }) => queue === chosen)
  const running =
    chosen === ALL_TOGETHER ? rows.reduce((sum, { processing }) => sum + processing, 0) : (chosenRow?.processing ?? 0)
  return (
    <>
      <header class="page-head">
        <h1>Queues</h1>
        {data && <span class="hint">{rows.length}</span>}
        {rows.length > 0 && (
          <div class="actions">
            <a class="button" href={urlWithQuery('/queues', { queue: ALL_TOGETHER })}>
              <Icon name="config" /> All together
            </a>
            {isReadOnly ? null : allPaused ? (
              <button type="button" class="button" onClick={() => resumeNow(ALL_TOGETHER)}>
                <Icon name="release" /> Resume all
              </button>
            ) : (
              <button type="button" class="button" onClick={() => setPausing({ queue: ALL_TOGETHER, verb: 'Pause' })}>
                <Icon name="hold" /> Pause all
              </button>
            )}
          </div>
        )}
      </header>
      <ProblemNotice problem={problem} />
      {chosen !== null && data && (
        <div class="grid chosen-queue">
          <QueueCard
            key={`card of ${chosen}`}
            queue={chosen}
            about={chosen === ALL_TOGETHER ? data.all : chosenRow}
            running={running}
            onPause={(verb) => setPausing({ queue: chosen, verb })}
          />
          {chosen !== ALL_TOGETHER && <Activity key={chosen} queue={chosen} />}
        </div>
      )}
      <div class="bar">
        <ChoiceGroup label="Time range" of={WINDOWS} chosen={shown} onChoose={setShown} />
        {chosen !== null && (
          <a class="button chip" href="/queues">
            Close {chosen === ALL_TOGETHER ? 'all together' : chosen} <Icon name="close" size={12} />
          </a>
        )}
        <span class="faint">Done and times are of jobs that are still kept.</span>
      </div>
      <div class="card">
        {data && rows.length === 0 && (
          <EmptyState icon="queues" title="No queues yet">
            <span>A queue exists while it has jobs. Every job is in one; without a name it is “default”.</span>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <QueueTable>
            {rows.map((row) => (
              <QueueLine
                key={row.queue}
                row={row}
                limit={limits.get(row.queue)}
                onPause={() => setPausing({ queue: row.queue, verb: 'Pause' })}
              />
            ))}
          </QueueTable>
        )}
      </div>
      {pausing && (
        <PauseDialog
          name={pausing.queue === ALL_TOGETHER ? 'all queues' : pausing.queue}
          verb={pausing.verb}
          pause={(how) => (pausing.verb === 'Drain' ? drainNow : pauseNow)(pausing.queue, how)}
          onClose={() => setPausing(undefined)}
        />
      )}
    </>
  )
}
