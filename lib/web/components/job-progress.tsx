/** The progress that a running job reports: a bar, a percentage, a note. */
import type { JobRecord } from '../api-types.ts'

export function JobProgress({ progress }: { readonly progress: JobRecord['progress'] }) {
  if (!progress) return null
  const { pct, note } = progress
  return (
    <span class="progress">
      {pct !== undefined && (
        <>
          <progress max={100} value={pct} aria-label="Progress" />
          <span>{Math.floor(pct)} %</span>
        </>
      )}
      {note !== undefined && (
        <span class="cut" title={note}>
          {note}
        </span>
      )}
    </span>
  )
}
