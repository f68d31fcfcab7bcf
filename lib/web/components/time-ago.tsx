/** A time relative to now, such as `3m ago`. */
import { useNow } from '../clock.ts'
import { clockTime, relativeTime } from '../format.ts'

export function TimeAgo({ at }: { readonly at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={clockTime(at, 0)}>
      {relativeTime(at, now)}
    </time>
  )
}
