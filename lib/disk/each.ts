/** Does something with each of many entries, so that one that fails does not keep the others from it. */

/** @throws the first failure, once all have been tried */
export function eachOf<T>(entries: Iterable<T>, act: (entry: T) => void): void {
  const failures: unknown[] = []
  for (const entry of entries) {
    try {
      act(entry)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
