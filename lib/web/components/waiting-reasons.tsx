/** Why a job is not running, in the words of `queuectl explain`, and when it will probably start. */
import { jobApiPath } from '../api.ts'
import { useNow } from '../clock.ts'
import { clockTime, relativeTime } from '../format.ts'
import { useResource } from '../refetch.ts'
import { jobUrl } from '../url.ts'
import type { JobExplanation } from '../api-types.ts'
import { ProblemNotice } from './problem-notice.tsx'

/** The server lists all pending jobs to answer. */
const EVERY_MS = 1000

export function WaitingReasons({ id }: { readonly id: string }) {
  const now = useNow()
  const { data, problem } = useResource<JobExplanation>(`${jobApiPath(id)}/explain`, ['jobs', 'workers'], {
    everyMs: EVERY_MS,
  })
  if (!data) return problem?.status === 404 ? null : <ProblemNotice problem={problem} />
  const ids = data.reasons.flatMap(({ next = [], by = [] }) => [...next, ...by.map((run) => run.id)])
  return (
    <div class="reasons">
      <ul aria-label="Why it waits">
        {data.sentences.map((sentence) => (
          <li key={sentence} class={sentence.startsWith(' ') ? 'detail' : ''}>
            <Linked text={sentence.startsWith(' ') ? sentence.trim() : capitalized(sentence)} ids={ids} />
          </li>
        ))}
      </ul>
      {data.starts_at && (
        <p class="soft">
          Expected start:{' '}
          {Date.parse(data.starts_at) - now < 1000
            ? 'at once'
            : `${clockTime(data.starts_at, now)} (${relativeTime(data.starts_at, now)})`}
          {data.history && <span class="faint">, from the last {data.history.runs} runs</span>}
        </p>
      )}
    </div>
  )
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A text in which ids of jobs are links. */
const Linked = ({ text, ids }: { readonly text: string; readonly ids: readonly string[] }) => (
  <>
    {text.split(/([\w.-]+)/).map((word) =>
      ids.includes(word) ? (
        <a key={word} href={jobUrl(word)}>
          {word}
        </a>
      ) : (
        word
      ),
    )}
  </>
)
