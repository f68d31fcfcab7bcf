/** Rounds: one at a time, started by a timer or a wake-up; a wake-up during a round is followed by another one. */
export class Loop {
  /** One round; the milliseconds until the next one, or undefined when that was the last. */
  readonly #round: () => Promise<number | undefined>
  #timer: NodeJS.Timeout | undefined
  #woken = false
  #running = false
  #again = false
  #isOver = false
  #over: () => void = () => {}
  /** Resolves after the last round. */
  readonly over = new Promise<void>((resolve) => {
    this.#over = resolve
  })

  constructor(round: () => Promise<number | undefined>) {
    this.#round = round
  }

  /** Asks for a round soon; after the last one there is none any more. */
  wake(): void {
    if (this.#woken) return
    this.#woken = true
    // Not at once: what happens together is looked at together.
    setImmediate(() => {
      this.#woken = false
      void this.#go()
    })
  }

  async #go(): Promise<void> {
    // Whoever claims now would not be there to see to the job.
    if (this.#isOver) return
    if (this.#running) {
      this.#again = true
      return
    }
    clearTimeout(this.#timer)
    this.#running = true
    this.#again = false
    const pause = await this.#round()
    this.#running = false
    this.#isOver = pause === undefined
    if (pause === undefined) this.#over()
    else this.#timer = setTimeout(() => void this.#go(), this.#again ? 0 : Math.max(0, pause))
  }
}
