/** Runs rounds one at a time, by a timer or a wake-up; a wake-up during a round starts another one after it. */
export class Loop {
  /** One round; resolves to the milliseconds until the next one, undefined after the last. */
  readonly #round: () => Promise<number | undefined>
  #timer: NodeJS.Timeout | undefined
  #isWoken = false
  #isRunning = false
  #runAgain = false
  #isOver = false
  #resolveOver: () => void = () => {}
  /** Resolves after the last round. */
  readonly over = new Promise<void>((resolve) => {
    this.#resolveOver = resolve
  })

  constructor(round: () => Promise<number | undefined>) {
    this.#round = round
  }

  /** Starts a round soon, unless the last one is over. */
  wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    // Deferred: one round serves all wake-ups of this turn of the event loop.
    setImmediate(() => {
      this.#isWoken = false
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    // A worker that is over must not claim: it would not watch the run.
    if (this.#isOver) return
    if (this.#isRunning) {
      this.#runAgain = true
      return
    }
    clearTimeout(this.#timer)
    this.#isRunning = true
    this.#runAgain = false
    const pause = await this.#round()
    this.#isRunning = false
    this.#isOver = pause === undefined
    if (pause === undefined) this.#resolveOver()
    else this.#timer = setTimeout(() => void this.#run(), this.#runAgain ? 0 : Math.max(0, pause))
  }
}
