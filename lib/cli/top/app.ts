/** Runs the live screen: takes snapshots of the queue, draws them and acts on keys. */
import { monotonicMs, nowMs, sleep } from '../../clock.ts'
import type { Queue } from '../../queue.ts'
import { clip } from '../output/text.ts'
import { visible } from '../../job/sanitize.ts'
import { Screen } from './screen.ts'
import type { Colors, Io } from '../terminal.ts'
import { FollowedOutput } from './run-output.ts'
import { HELP_LINES } from './help.ts'
import { filtered, takeSnapshot, type Snapshot, SPAN_S, Throughput } from './snapshot.ts'
import { KEYS, selectableJobs, screenLines } from './view.ts'

const REFRESH_MS = 1000
/** Pause this many times as long as a snapshot took, so that snapshots take at most a tenth of the time. */
const IDLE_FACTOR = 9
const OUTPUT_MS = 200
/** How long the result of a key is shown. */
const NOTICE_MS = 5000

export class Top {
  readonly #queue: Queue
  readonly #io: Io
  readonly #ended = new AbortController()
  readonly #throughput = new Throughput()
  #screen: Screen | undefined
  #snapshot: Snapshot | undefined
  #selected: string | undefined
  #followed: FollowedOutput | undefined
  /** What is shown must have this in it. */
  #filter = ''
  /** The filter is being typed. */
  #isTyping = false
  #isHelp = false
  /** A question, which the next key answers. */
  #question: { readonly text: string; readonly yes: () => Promise<string> } | undefined
  #notice: { readonly text: string; readonly until: number } | undefined
  #status = 0
  /** Ends the pause before the next snapshot. */
  #refreshNow = new AbortController()

  constructor(queue: Queue, io: Io) {
    this.#queue = queue
    this.#io = io
  }

  /** @returns the exit status */
  async run(): Promise<number> {
    this.#snapshot = await takeSnapshot(this.#queue)
    this.#screen = new Screen(this.#io, {
      key: (key) => this.#press(key),
      resized: () => this.#draw(),
      ended: (status) => this.#stop(status),
    })
    try {
      await Promise.all([this.#refresh(), this.#countEvents(), this.#readOutput()])
    } finally {
      this.#ended.abort()
      this.#follow(undefined)
      this.#screen.close()
    }
    return this.#status
  }

  #stop(status: number): void {
    this.#status = status
    this.#ended.abort()
    this.#refreshNow.abort()
    // Before the snapshot in progress is done: the terminal must come back at once.
    this.#screen?.close()
  }

  async #refresh(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      this.#refreshNow = new AbortController()
      this.#snapshot = await takeSnapshot(this.#queue, this.#filter)
      this.#draw()
      await sleep(Math.max(REFRESH_MS, IDLE_FACTOR * this.#snapshot.cost), this.#refreshNow.signal)
    }
  }

  async #countEvents(): Promise<void> {
    const events = this.#queue.events({ since: nowMs() - SPAN_S * 1000, follow: true, signal: this.#ended.signal })
    for await (const event of events) this.#throughput.add(event)
  }

  async #readOutput(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      if (this.#followed) {
        try {
          await this.#followed.read()
        } catch {
          // Not started yet, or removed: there is nothing to show.
        }
        this.#draw()
      }
      await sleep(OUTPUT_MS, this.#ended.signal)
    }
  }

  #draw(): void {
    const screen = this.#screen
    if (!screen || !this.#snapshot || this.#ended.signal.aborted) return
    const { columns, rows } = screen
    if (this.#isHelp) screen.draw(HELP_LINES.slice(0, rows).map((line) => clip(line, columns)))
    else if (this.#followed) screen.draw(this.#outputLines(this.#followed, columns, rows))
    else screen.draw(this.#queueLines(this.#snapshot, columns, rows))
  }

  #queueLines(snapshot: Snapshot, columns: number, rows: number): string[] {
    const all = selectableJobs(snapshot)
    if (!all.some(({ id }) => id === this.#selected)) this.#selected = all[0]?.id
    return screenLines({
      snapshot,
      minute: this.#throughput.lastMinute(nowMs()),
      home: this.#queue.home,
      filter: this.#filter,
      selected: this.#selected,
      footer: this.#footer(KEYS),
      columns,
      rows,
      colors: this.#io.colors,
    })
  }

  #outputLines(output: FollowedOutput, columns: number, rows: number): string[] {
    const { colors } = this.#io
    const run = output.run === undefined ? 'no output yet' : `run ${output.run}`
    const lines = output.shown(rows - 2, columns, colors)
    const filled = [...lines, ...Array.from({ length: Math.max(0, rows - 2 - lines.length) }, () => '')]
    const keys = 'Escape back  c cancel  r retry  q quit'
    return [
      colors.bold(clip(`${visible(output.id)}  ${run}`, columns)),
      ...filled,
      colors.bold(clip(this.#footer(keys), columns)),
    ]
  }

  #footer(keys: string): string {
    if (this.#isTyping) return `/${visible(this.#filter)}_   Enter keeps it, Escape shows all`
    if (this.#question) return `${this.#question.text} y/n`
    return this.#notice && monotonicMs() < this.#notice.until ? this.#notice.text : keys
  }

  #press(key: string): void {
    const question = this.#question
    if (question) {
      this.#question = undefined
      if (key === 'y' || key === 'Y') this.#run(question.yes)
      return this.#draw()
    }
    if (this.#isHelp) {
      this.#isHelp = false
      return this.#draw()
    }
    if (this.#isTyping) return this.#type(key)
    const id = this.#followed?.id ?? this.#selected
    if (key === '?') this.#isHelp = true
    else if (key === '/' && !this.#followed) this.#isTyping = true
    else if (key === 'q') return this.#stop(0)
    else if (key === 'escape' && !this.#followed) this.#look('')
    else if (key === 'escape') this.#follow(undefined)
    else if (key === 'up' || key === 'k') this.#move(-1)
    else if (key === 'down' || key === 'j') this.#move(1)
    else if (id !== undefined) this.#act(key, id)
    this.#draw()
  }

  /** A key while the filter is typed: jobs go as soon as they do not match. */
  #type(key: string): void {
    if (key === 'enter' || key === 'escape') this.#isTyping = false
    if (key === 'escape') this.#look('')
    else if (key === '\x7f' || key === '\b') this.#look(this.#filter.slice(0, -1))
    else if (key.length === 1 && key >= ' ') this.#look(this.#filter + key)
    this.#draw()
  }

  #look(filter: string): void {
    if (filter === this.#filter) return
    this.#filter = filter
    if (this.#snapshot) this.#snapshot = filtered(this.#snapshot, filter)
    this.#refreshNow.abort()
  }

  #move(by: number): void {
    if (!this.#snapshot || this.#followed) return
    const all = selectableJobs(this.#snapshot)
    const at = all.findIndex(({ id }) => id === this.#selected)
    this.#selected = all[Math.min(all.length - 1, Math.max(0, at + by))]?.id
  }

  #follow(id: string | undefined): void {
    this.#followed?.close()
    this.#followed = id === undefined ? undefined : new FollowedOutput(this.#queue, id)
  }

  #act(key: string, id: string): void {
    if (key === 'f' || key === 'enter') this.#follow(id)
    if (key === 'c') this.#question = { text: `Cancel ${visible(id)}?`, yes: () => this.#cancel(id) }
    if (key === 'r') this.#run(() => this.#retry(id))
    if (key === 'h') this.#run(() => this.#hold(id))
  }

  /** Runs an action in the background and shows its result. */
  #run(act: () => Promise<string>): void {
    void act()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((text) => {
        this.#notice = { text: visible(text), until: monotonicMs() + NOTICE_MS }
        this.#refreshNow.abort()
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

/** One screen as lines, for output that is not a terminal. */
export async function oneScreen(queue: Queue): Promise<string[]> {
  const throughput = new Throughput()
  for await (const event of queue.events({ since: nowMs() - SPAN_S * 1000 })) throughput.add(event)
  const lines = screenLines({
    snapshot: await takeSnapshot(queue),
    minute: throughput.lastMinute(nowMs()),
    home: queue.home,
    filter: '',
    selected: undefined,
    footer: '',
    columns: 200,
    rows: 50,
    colors: PLAIN,
  })
  return lines.map((line) => line.trimEnd()).filter((line, i, all) => line !== '' || all.slice(i).some(Boolean))
}
