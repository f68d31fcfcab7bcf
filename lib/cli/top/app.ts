/** The live screen at work: it looks at the queue again and again, draws, and does what keys ask for. */
import { monotonicMs, nowMs, sleep } from '../../clock.ts'
import type { Queue } from '../../queue.ts'
import { cut, visible } from '../output/text.ts'
import { Screen } from './screen.ts'
import type { Colors, Io } from '../terminal.ts'
import { FollowedOutput } from './run-output.ts'
import { look, type Snapshot, SPAN_S, Throughput } from './snapshot.ts'
import { KEYS, rowsOf, view } from './view.ts'

const EVERY_MS = 1000
/** Looking takes at most a tenth of the time, however many jobs there are. */
const REST = 9
const OUTPUT_EVERY_MS = 200
/** What came of a key is shown so long. */
const SAID_MS = 5000

export class Top {
  readonly #queue: Queue
  readonly #io: Io
  readonly #end = new AbortController()
  readonly #throughput = new Throughput()
  #screen: Screen | undefined
  #snapshot: Snapshot | undefined
  #selected: string | undefined
  #followed: { readonly id: string; readonly output: FollowedOutput } | undefined
  /** A question that the next key answers. */
  #asked: { readonly text: string; readonly yes: () => Promise<string> } | undefined
  #said: { readonly text: string; readonly until: number } | undefined
  #status = 0
  /** Cuts the pause before the next look short. */
  #soon = new AbortController()

  constructor(queue: Queue, io: Io) {
    this.#queue = queue
    this.#io = io
  }

  /** @returns the exit status */
  async run(): Promise<number> {
    this.#snapshot = await look(this.#queue)
    this.#screen = new Screen(this.#io, {
      key: (key) => this.#press(key),
      resized: () => this.#draw(),
      ended: (status) => this.#stop(status),
    })
    try {
      await Promise.all([this.#lookAgain(), this.#count(), this.#readOutput()])
    } finally {
      this.#end.abort()
      this.#screen.close()
    }
    return this.#status
  }

  #stop(status: number): void {
    this.#status = status
    this.#end.abort()
    this.#soon.abort()
    // At once, and not after what is being looked at: whoever quits wants his terminal.
    this.#screen?.close()
  }

  async #lookAgain(): Promise<void> {
    while (!this.#end.signal.aborted) {
      this.#soon = new AbortController()
      this.#snapshot = await look(this.#queue)
      this.#draw()
      await sleep(Math.max(EVERY_MS, REST * this.#snapshot.cost), this.#soon.signal)
    }
  }

  async #count(): Promise<void> {
    const events = this.#queue.events({ since: nowMs() - SPAN_S * 1000, follow: this.#end.signal })
    for await (const event of events) this.#throughput.add(event)
  }

  async #readOutput(): Promise<void> {
    while (!this.#end.signal.aborted) {
      if (this.#followed) {
        const { id, output } = this.#followed
        try {
          output.read(await this.#queue.output(id))
        } catch {
          // It has not been started yet, or was removed: then there is nothing to show.
        }
        this.#draw()
      }
      await sleep(OUTPUT_EVERY_MS, this.#end.signal)
    }
  }

  #draw(): void {
    const screen = this.#screen
    if (!screen || !this.#snapshot || this.#end.signal.aborted) return
    const { columns, rows } = screen
    screen.draw(this.#followed ? this.#outputLines(columns, rows) : this.#queueLines(this.#snapshot, columns, rows))
  }

  #queueLines(snapshot: Snapshot, columns: number, rows: number): string[] {
    const all = rowsOf(snapshot)
    if (!all.some(({ id }) => id === this.#selected)) this.#selected = all[0]?.id
    return view({
      snapshot,
      minute: this.#throughput.lastMinute(nowMs()),
      home: this.#queue.home,
      selected: this.#selected,
      footer: this.#footer(KEYS),
      columns,
      rows,
      colors: this.#io.colors,
    })
  }

  #outputLines(columns: number, rows: number): string[] {
    const { id, output } = this.#followed ?? { id: '', output: new FollowedOutput() }
    const { colors } = this.#io
    const run = output.run === undefined ? 'no output yet' : `run ${output.run}`
    const lines = output.shown(rows - 2, columns, colors)
    const filled = [...lines, ...Array.from({ length: Math.max(0, rows - 2 - lines.length) }, () => '')]
    const keys = 'Escape back  c cancel  r retry  q quit'
    return [
      colors.bold(cut(`${visible(id)}  ${run}`, columns)),
      ...filled,
      colors.bold(cut(this.#footer(keys), columns)),
    ]
  }

  #footer(keys: string): string {
    if (this.#asked) return `${this.#asked.text} y/n`
    return this.#said && monotonicMs() < this.#said.until ? this.#said.text : keys
  }

  #press(key: string): void {
    const asked = this.#asked
    if (asked) {
      this.#asked = undefined
      if (key === 'y' || key === 'Y') this.#do(asked.yes)
      return this.#draw()
    }
    const id = this.#followed?.id ?? this.#selected
    if (key === 'q') return this.#stop(0)
    if (key === 'escape') this.#followed = undefined
    else if (key === 'up' || key === 'k') this.#move(-1)
    else if (key === 'down' || key === 'j') this.#move(1)
    else if (id !== undefined) this.#act(key, id)
    this.#draw()
  }

  #move(by: number): void {
    if (!this.#snapshot || this.#followed) return
    const all = rowsOf(this.#snapshot)
    const at = all.findIndex(({ id }) => id === this.#selected)
    this.#selected = all[Math.min(all.length - 1, Math.max(0, at + by))]?.id
  }

  #act(key: string, id: string): void {
    if (key === 'f' || key === 'enter') this.#followed = { id, output: new FollowedOutput() }
    if (key === 'c') this.#asked = { text: `Cancel ${visible(id)}?`, yes: () => this.#cancel(id) }
    if (key === 'r') this.#do(() => this.#retry(id))
    if (key === 'h') this.#do(() => this.#hold(id))
  }

  /** Does something meanwhile, and says what came of it. */
  #do(act: () => Promise<string>): void {
    void act()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((text) => {
        this.#said = { text: visible(text), until: monotonicMs() + SAID_MS }
        this.#soon.abort()
        this.#draw()
      })
  }

  async #cancel(id: string): Promise<string> {
    const job = await this.#queue.cancel(id, 'from the live screen', { waitMs: 300 })
    return job.state === 'processing' ? `${job.id} was told to end` : `Cancelled ${job.id}`
  }

  async #retry(id: string): Promise<string> {
    return `Job ${(await this.#queue.retry(id)).id} is pending again`
  }

  async #hold(id: string): Promise<string> {
    return `Held ${(await this.#queue.hold(id)).id}: queuectl release puts it back`
  }
}

const PLAIN: Colors = { bold: String, red: String, green: String, yellow: String, cyan: String }

/** One screen as lines, for where there is no terminal. */
export async function stillOf(queue: Queue): Promise<string[]> {
  const throughput = new Throughput()
  for await (const event of queue.events({ since: nowMs() - SPAN_S * 1000 })) throughput.add(event)
  const lines = view({
    snapshot: await look(queue),
    minute: throughput.lastMinute(nowMs()),
    home: queue.home,
    selected: undefined,
    footer: '',
    columns: 200,
    rows: 50,
    colors: PLAIN,
  })
  return lines.map((line) => line.trimEnd()).filter((line, i, all) => line !== '' || all.slice(i).some(Boolean))
}
