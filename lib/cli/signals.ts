/** Being told to stop, for commands that wait: the first signal is theirs to answer, a second one ends the program. */

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Calls `told` once with the exit status that belongs to the signal. The result takes the ear away again. */
export function onInterrupt(told: (status: number) => void): () => void {
  const handlers = Object.entries(SIGNALS).map(([name, status]) => {
    const handler = (): void => {
      forget()
      told(status)
    }
    process.on(name, handler)
    return [name, handler] as const
  })
  const forget = (): void => {
    for (const [name, handler] of handlers) process.off(name, handler)
  }
  return forget
}
