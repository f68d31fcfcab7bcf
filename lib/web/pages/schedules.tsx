/** The schedules: when each occurs next, what came of its last time, and the buttons that run and pause it. */
import { useState } from 'preact/hooks'
import type { ListOf, ScheduleRow } from '../api-types.ts'
import { programLine } from '../command-line.ts'
import { EmptyState } from '../components/empty-state.tsx'
import { LastTime } from '../components/fired-time.tsx'
import { ProblemNotice } from '../components/problem-notice.tsx'
import { SchedulePauseDialog } from '../components/schedule-buttons.tsx'
import { TimeAgo } from '../components/time-ago.tsx'
import { count } from '../format.ts'
import { useResource } from '../refetch.ts'
import { resumeTimes, runNow, scheduleUrl } from '../schedule-actions.ts'
import { useSession } from '../session.ts'

/** Files of schedules are written by hand, too, and their times go by without an event. */
export const SCHEDULE_RULES = { everyMs: 1000, againMs: 3000 }

export function SchedulesPage() {
  const { home, isReadOnly } = useSession()
  const [pausing, setPausing] = useState<string>()
  const { data, problem } = useResource<ListOf<ScheduleRow>>('/schedules', ['jobs', 'events'], SCHEDULE_RULES)
  const rows = data?.items ?? []
  return (
    <>
      <header class="page-head">
        <h1>Schedules</h1>
        {data && <span class="hint">{count(rows.length)}</span>}
      </header>
      <ProblemNotice problem={problem} />
      <div class="card">
        {data && rows.length === 0 && (
          <EmptyState icon="schedules" title="No schedules yet">
            <span>A schedule enqueues its job again and again. Add one from a shell:</span>
            <br />
            <code>{programLine(home, 'schedule add backup --cron "30 2 * * *" -- ./backup.sh')}</code>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <table class="table schedule-table" role="table">
            <thead role="rowgroup">
              <tr role="row">
                <th class="s-name" role="columnheader">
                  Schedule
                </th>
                <th class="s-when" role="columnheader">
                  When
                </th>
                <th class="s-next" role="columnheader">
                  Next
                </th>
                <th class="s-last" role="columnheader">
                  Last
                </th>
                <th class="right s-made" role="columnheader">
                  Jobs made
                </th>
                {!isReadOnly && (
                  <th class="s-do" role="columnheader">
                    <span class="unseen">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {rows.map((row) => (
                <ScheduleLine key={row.name} row={row} onPause={() => setPausing(row.name)} />
              ))}
            </tbody>
          </table>
        )}
      </div>
      {pausing !== undefined && <SchedulePauseDialog name={pausing} onClose={() => setPausing(undefined)} />}
    </>
  )
}

function ScheduleLine({ row, onPause }: { readonly row: ScheduleRow; readonly onPause: () => void }) {
  const { isReadOnly } = useSession()
  const { name, state, when, next, reason, description, warnings } = row
  return (
    <tr role="row">
      <td class="s-name" role="cell">
        <a class="id" href={scheduleUrl(name)}>
          {name}
        </a>
        {state === 'paused' ? (
          <span class="beneath" title={reason}>
            <span class="tag">paused</span> {reason}
          </span>
        ) : (
          description !== undefined && (
            <span class="beneath" title={description}>
              {description}
            </span>
          )
        )}
      </td>
      <td class="s-when" role="cell" title={[when, ...warnings].join('\n')}>
        <span class={state === 'bad' ? 'bad' : ''}>{state === 'bad' ? `Fires nothing: ${when}` : when}</span>
        {warnings.length > 0 && <span class="beneath warned">{warnings[0]}</span>}
      </td>
      <td class="s-next" role="cell">
        {next === null ? (
          <span class={state === 'over' ? 'faint' : 'faint none'}>{state === 'over' ? 'no more' : '–'}</span>
        ) : (
          <TimeAgo at={next} />
        )}
      </td>
      <td class="s-last" role="cell">
        <LastTime last={row.last} />
      </td>
      <td class={`right s-made ${row.runs === 0 ? 'faint' : ''}`} role="cell">
        {count(row.runs)}
      </td>
      {!isReadOnly && (
        <td class="s-do" role="cell">
          <span class="actions">
            {state !== 'bad' && (
              <button type="button" class="button small" onClick={() => runNow(name)}>
                Run now<span class="unseen"> {name}</span>
              </button>
            )}
            {state === 'paused' ? (
              <button type="button" class="button small" onClick={() => resumeTimes(name)}>
                Resume<span class="unseen"> {name}</span>
              </button>
            ) : (
              <button type="button" class="button small" onClick={onPause}>
                Pause<span class="unseen"> {name}</span>
              </button>
            )}
          </span>
        </td>
      )}
    </tr>
  )
}
