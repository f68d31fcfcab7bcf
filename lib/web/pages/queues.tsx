/** The queues: what waits in each and runs, what they did lately, and which are paused. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { ListOf, PauseAnswer, QueueRow } from '../api-types.ts'
import { post, type Problem } from '../api.ts'
import { useNow } from '../clock.ts'
import { Activity, WINDOWS } from '../components/activity.tsx'
import { ChoiceGroup } from '../components/choice-group.tsx'
import { EmptyState } from '../components/empty-state.tsx'
import { Icon } from '../components/icons.tsx'
import { PauseDialog } from '../components/pause-dialog.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { showProblem, showToast } from '../components/toasts.tsx'
import { clockTime, duration, elapsed, shortCount } from '../format.ts'
import { refreshAll, useResource } from '../refetch.ts'
import { useRoute } from '../route.ts'
import { useSession } from '../session.ts'
import { urlWithQuery } from '../url.ts'

const ALL = '_all'
const EVERY_MS = 1000

export function QueuesPage() {
  const { isReadOnly } = useSession()
  const { query } = useRoute()
  const [shown, setShown] = useState<(typeof WINDOWS)[number]>('1h')
  const [pausing, setPausing] = useState<string>()
  const { data, problem } = useResource<ListOf<QueueRow>>(`/queues?window=${shown}`, ['jobs', 'events', 'stats'], {
    everyMs: EVERY_MS,
  })
  const rows = data?.items ?? []
  const allPaused = rows.some(({ paused }) => paused?.all)
  const chosen = query.get('queue')
  const resume = (queue: string): void => {
    post(`/queues/${encodeURIComponent(queue)}/resume`).then(
      () => {
        showToast(queue === ALL ? 'All queues resumed' : `${queue} resumed`)
        refreshAll()
      },
      (error: Problem) => showProblem(error),
    )
  }
  const pause = async (queue: string, how: object): Promise<void> => {
    const { not_obeying: others } = await post<PauseAnswer>(`/queues/${encodeURIComponent(queue)}/pause`, how)
    showToast(
      `${queue === ALL ? 'All queues' : queue} paused${others.length > 0 ? `; not obeyed by ${others.join(', ')}` : ''}`,
    )
    refreshAll()
  }
  return (
    <>
      <header class="page-head">
        <h1>Queues</h1>
        {data && <span class="hint">{rows.length}</span>}
        {!isReadOnly && rows.length > 0 && (
          <div class="actions">
            {allPaused ? (
              <button type="button" class="button" onClick={() => resume(ALL)}>
                <Icon name="release" /> Resume all
              </button>
            ) : (
              <button type="button" class="button" onClick={() => setPausing(ALL)}>
                <Icon name="hold" /> Pause all
              </button>
            )}
          </div>
        )}
      </header>
      <ProblemNotice problem={problem} />
      {chosen !== null && (
        <div class="grid chosen-queue">
          <Activity key={chosen} queue={chosen} />
        </div>
      )}
      <div class="bar">
        <ChoiceGroup label="Time range" of={WINDOWS} chosen={shown} onChoose={setShown} />
        {chosen !== null && (
          <a class="button chip" href="/queues">
            Close the chart <Icon name="close" size={12} />
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
          <table class="table queue-table" role="table">
            <thead role="rowgroup">
              <tr role="row">
                {HEADS.map(([name, label]) => (
                  <th key={name} class={name} role="columnheader">
                    {label}
                  </th>
                ))}
                {!isReadOnly && (
                  <th class="q-do" role="columnheader">
                    <span class="unseen">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {rows.map((row) => (
                <QueueLine key={row.queue} row={row}>
                  {!isReadOnly && (
                    <td class="q-do" role="cell">
                      {row.paused && !row.paused.all ? (
                        <button type="button" class="button small" onClick={() => resume(row.queue)}>
                          Resume<span class="unseen"> {row.queue}</span>
                        </button>
                      ) : (
                        <button type="button" class="button small" onClick={() => setPausing(row.queue)}>
                          Pause<span class="unseen"> {row.queue}</span>
                        </button>
                      )}
                    </td>
                  )}
                </QueueLine>
              ))}
            </tbody>
          </table>
        )}
      </div>
      {pausing !== undefined && (
        <PauseDialog
          name={pausing === ALL ? 'all queues' : pausing}
          pause={(how) => pause(pausing, how)}
          onClose={() => setPausing(undefined)}
        />
      )}
    </>
  )
}

const HEADS = [
  ['q-name', 'Queue'],
  ['right', 'Waiting'],
  ['right', 'Running'],
  ['right q-more', 'Failed'],
  ['right q-more', 'Dead'],
  ['right q-old', 'Oldest ready'],
  ['right', 'Done'],
  ['right q-more', 'Wait p95'],
  ['right q-more', 'Run p50'],
  ['right q-more', 'Run p95'],
] as const

interface QueueLineProps {
  readonly row: QueueRow
  readonly children: ComponentChildren
}

function QueueLine({ row, children }: QueueLineProps) {
  const now = useNow()
  const { queue, paused, recent, oldest_ready_at: oldest } = row
  const jobs = (state: string, n: number, more = '') => (
    <td class={`right ${n === 0 ? 'faint' : ''} ${more}`} role="cell">
      <a href={urlWithQuery('/jobs', { state, queue })} aria-label={`${n} ${state} in ${queue}`}>
        {shortCount(n)}
      </a>
    </td>
  )
  const ms = (value: number | null | undefined) => (
    <td class="right q-more" role="cell">
      {value == null ? '–' : duration(value)}
    </td>
  )
  return (
    <tr role="row">
      <td class="q-name" role="cell">
        <a href={urlWithQuery('/queues', { queue })} class="id" title={`What ${queue} did over time`}>
          {queue}
        </a>
        {paused && (
          <span class="why-paused" title={paused.reason}>
            <span class="tag">{paused.all ? 'all paused' : 'paused'}</span> {paused.reason}
            <span class="faint">
              {paused.by && ` by ${paused.by}`}
              {paused.until && ` until ${clockTime(paused.until, now)}`}
            </span>
          </span>
        )}
      </td>
      {jobs('pending', row.pending)}
      {jobs('processing', row.processing)}
      {jobs('failed', row.failed, 'q-more')}
      {jobs('dead', row.dead, 'q-more')}
      <td class="right q-old" role="cell">
        {oldest ? elapsed(now - Date.parse(oldest)) : <span class="faint">–</span>}
      </td>
      <td class={`right ${recent?.completed ? '' : 'faint'}`} role="cell">
        {shortCount(recent?.completed ?? 0)}
      </td>
      {ms(recent?.wait_ms.p95)}
      {ms(recent?.run_ms.p50)}
      {ms(recent?.run_ms.p95)}
      {children}
    </tr>
  )
}
