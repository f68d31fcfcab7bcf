/** The attempts of a job on a common time axis: how long each waited and ran, and how it ended. */
import { useNow } from '../clock.ts'
import { countNoun, clockTime, relativeTime, elapsed, duration } from '../format.ts'
import type { Attempt, JobRecord, State } from '../api-types.ts'

const OUTCOME_STATES: Record<Attempt['outcome'], State> = {
  running: 'processing',
  completed: 'completed',
  failed: 'failed',
  retry_later: 'scheduled',
  gave_up: 'dead',
  cancelled: 'held',
  interrupted: 'held',
  given_back: 'held',
}

const OUTCOME_LABELS: Record<Attempt['outcome'], string> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  retry_later: 'Asked to run later',
  gave_up: 'Gave up',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
  given_back: 'Returned to the queue',
}

/** How the attempt ended, and why. */
function outcomeText(attempt: Attempt): string {
  const how = attempt.timed_out ? 'Timed out' : OUTCOME_LABELS[attempt.outcome]
  const code = attempt.error ?? (attempt.signal ? `by ${attempt.signal}` : undefined)
  if (code === undefined) return how
  // Some errors start with the outcome already, such as that of a cancelled job.
  return code.toLowerCase().startsWith(how.toLowerCase()) ? how + code.slice(how.length) : `${how}: ${code}`
}

interface TimelineProps {
  readonly job: JobRecord
  readonly attempts: readonly Attempt[]
  readonly chosen: number | undefined
  readonly onChoose: (run: number) => void
}

export function AttemptTimeline({ job, attempts, chosen, onChoose }: TimelineProps) {
  const now = useNow()
  const last = attempts.at(-1)
  const due = job.next_retry_at ? Date.parse(job.next_retry_at) : 0
  const begin = Date.parse(attempts[0]?.started_at ?? job.created_at)
  const end = Math.max(begin + 1, due, last?.finished_at ? Date.parse(last.finished_at) : now)
  const share = (ms: number): string => `${Math.min(100, Math.max(0, (100 * (ms - begin)) / (end - begin)))}%`
  const width = (from: number, to: number): string => `${(100 * Math.max(0, to - from)) / (end - begin)}%`
  return (
    <ol class="attempts">
      {attempts.map((attempt, index) => {
        const from = Date.parse(attempt.started_at ?? attempt.finished_at ?? job.created_at)
        const to = attempt.finished_at ? Date.parse(attempt.finished_at) : Math.max(now, from)
        const before = attempts[index - 1]?.finished_at
        return (
          <li key={attempt.run}>
            <button
              type="button"
              class={`attempt is-${OUTCOME_STATES[attempt.outcome]}`}
              aria-pressed={attempt.run === chosen}
              onClick={() => onChoose(attempt.run)}
            >
              <span>{attempt.attempt === undefined ? `Run ${attempt.run}` : `Attempt ${attempt.attempt}`}</span>
              <span class="track" aria-hidden="true">
                {before && (
                  <span
                    class="wait"
                    style={{ left: share(Date.parse(before)), width: width(Date.parse(before), from) }}
                  />
                )}
                <span
                  class={attempt.outcome === 'running' ? 'run goes-on' : 'run'}
                  style={{ left: `min(${share(from)}, calc(100% - 3px))`, width: width(from, to) }}
                />
              </span>
              <span class="length">
                {attempt.outcome === 'running' ? elapsed(to - from) : duration(attempt.duration_ms ?? to - from)}
              </span>
              <span class="why">
                {outcomeText(attempt)}
                <span class="faint">
                  {attempt.started_at && ` · ${clockTime(attempt.started_at, now)}`}
                  {attempt.worker && ` on ${attempt.worker}`}
                  {attempt.strays && `, left ${countNoun(attempt.strays.length, 'process', 'processes')} behind`}
                </span>
              </span>
            </button>
          </li>
        )
      })}
      {due > 0 && last?.finished_at && job.lies_in === 'failed' && (
        <li class="attempt" aria-label={`Next attempt at ${clockTime(job.next_retry_at ?? '', now)}`}>
          <span class="faint">Next</span>
          <span class="track" aria-hidden="true">
            <span
              class="wait"
              style={{ left: share(Date.parse(last.finished_at)), width: width(Date.parse(last.finished_at), due) }}
            />
          </span>
          <span class="length faint">{due > now ? relativeTime(job.next_retry_at ?? '', now) : 'due'}</span>
        </li>
      )}
    </ol>
  )
}
