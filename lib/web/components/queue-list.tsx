/** The names of the queues, which a field with this list suggests. */
import type { ListOf, QueueRow } from '../api-types.ts'
import { useResource } from '../refetch.ts'

export const QUEUE_LIST = 'known-queues'

export function QueueList() {
  const queues = useResource<ListOf<QueueRow>>('/queues', ['jobs']).data?.items ?? []
  return (
    <datalist id={QUEUE_LIST}>
      {queues.map(({ queue }) => (
        <option key={queue} value={queue} />
      ))}
    </datalist>
  )
}
