/** Lets a command that waits handle the first SIGINT, SIGTERM or SIGHUP; a second one ends the program. */

const EXIT_STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/**
 * Calls `interrupted` once with the exit status for the signal. @returns removes the handlers
 * @param how `evenHangup`: by default; else SIGHUP does nothing
 */
export function onInterrupt(interrupted: (status: number) => void, how = { evenHangup: true }): () => void {
  const handlers = Object.entries(EXIT_STATUS).map(([name, status]) => {
    const handler = (): void => {
      if (name === 'SIGHUP' && !how.evenHangup) return
      remove()
      interrupted(status)
    }
    process.on(name, handler)
    return [name, handler] as const
  })
  const remove = (): void => {
    for (const [name, handler] of handlers) process.off(name, handler)
  }
  return remove
}
