/**
 * Publishes changes to all open event streams. Frames are built once for all subscribers, at most eight times a second.
 * Recent frames are kept, so that a slow or reconnecting client gets what it missed; one that is too far behind gets a
 * `reset` and fetches its data again.
 */
import { countWorkers } from '../query/workers.ts'
import { monotonicMs, randomHex, sleep } from '../clock.ts'
import type { Event } from '../journal/journal.ts'
import type { CatalogChange, JournalOffset, WorkerInfo } from '../queue.ts'
import { eventJson, jobRowJson } from './job-json.ts'
import type { ServerContext } from './context.ts'
import { HEARTBEAT, HEARTBEAT_MS, sseFrame } from './sse.ts'

export const TOPICS = ['jobs', 'stats', 'workers', 'events'] as const
export type Topic = (typeof TOPICS)[number]

/** Changes within this time (ms) share a frame. */
const DEBOUNCE_MS = 125
/** A worker that is killed causes no event: workers are read this often (ms) while there are subscribers. */
const WORKERS_POLL_MS = 1000
/** More changed jobs than this in one frame become a reset. */
const MAX_JOBS = 500
/** How many frames are kept, and how many characters they may have in all. */
const MAX_FRAMES = 600
const MAX_FRAME_CHARS = 8_000_000
/** More missed events than this become a reset. */
const MAX_EVENTS = 1000

interface Frame {
  readonly topic: Topic | 'reset'
  readonly text: string
}

export class EventFeed {
  readonly #ctx: ServerContext
  /** Distinguishes the frames of this server from those of another one. */
  readonly #epoch = randomHex(8)
  #frames: Frame[] = []
  #chars = 0
  /** The number of the oldest kept frame. */
  #firstNumber = 1
  #subscribers = 0
  #changedJobs = new Set<string>()
  #removedJobs = new Set<string>()
  #events: Event[] = []
  #workersChanged = true
  #lastText: Partial<Record<Topic, string>> = {}
  #workers: readonly WorkerInfo[] = []
  #workersReadAt = Number.NEGATIVE_INFINITY
  #publishedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isPublishing = false
  readonly #wakers = new Set<() => void>()

  constructor(ctx: ServerContext) {
    this.#ctx = ctx
    const unsubscribe = [
      ctx.live.listen((change) => this.#onChange(change)),
      ctx.journal.listen((events) => {
        this.#events.push(...events)
        this.#schedule()
      }),
    ]
    ctx.end.addEventListener('abort', () => {
      for (const one of unsubscribe) one()
      clearTimeout(this.#timer)
    })
  }

  /** The workers, at most a second old. */
  async workers(): Promise<readonly WorkerInfo[]> {
    if (this.#workersChanged || monotonicMs() - this.#workersReadAt > WORKERS_POLL_MS) await this.#readWorkers()
    return this.#workers
  }

  async counts(): Promise<Record<string, number>> {
    return { ...this.#ctx.live.counts(), ...countWorkers(await this.workers()) }
  }

  /** Yields the frames of these topics from now on, or since the frame with the id `since`. */
  async *subscribe(topics: ReadonlySet<Topic>, since: string | undefined, signal: AbortSignal): AsyncGenerator<string> {
    this.#subscribers++
    try {
      let next = yield* this.#opening(topics, since)
      while (!signal.aborted) {
        if (next < this.#firstNumber) {
          yield sseFrame('reset', { reason: 'too many changes in the meantime' }, this.#id(this.#nextNumber - 1))
          next = this.#nextNumber
        }
        const kept = this.#frames[next - this.#firstNumber]
        if (kept) {
          next++
          if (kept.topic === 'reset' || topics.has(kept.topic)) yield kept.text
          continue
        }
        this.#schedule(WORKERS_POLL_MS)
        if (!(await this.#nextFrame(signal))) yield HEARTBEAT
      }
    } finally {
      this.#subscribers--
    }
  }

  /** The first frames of a stream. @returns the number of the frame to continue with */
  async *#opening(topics: ReadonlySet<Topic>, since: string | undefined): AsyncGenerator<string, number> {
    const [epoch, number, day, offset] = since?.split('.') ?? []
    const missed = epoch === this.#epoch ? Number(number) + 1 : 0
    // Read before the first await: frames that are published meanwhile follow after it.
    const next = this.#nextNumber
    if (topics.has('stats')) yield sseFrame('stats', await this.counts(), this.#id(next - 1))
    if (topics.has('workers')) yield sseFrame('workers', { items: await this.workers() }, this.#id(next - 1))
    if (since === undefined) return next
    if (missed >= this.#firstNumber && missed <= next) return missed
    if (topics.has('jobs'))
      yield sseFrame('reset', { reason: 'this server does not know your last event' }, this.#id(next - 1))
    if (topics.has('events')) yield* this.#eventsSince({ day: day ?? '', offset: Number(offset) }, next)
    return next
  }

  async *#eventsSince(since: JournalOffset, next: number): AsyncGenerator<string> {
    const { day, offset } = since
    const isValid = /^\d{4}-\d{2}-\d{2}$/.test(day) && Number.isSafeInteger(offset) && offset >= 0
    const missed = isValid ? await this.#ctx.queue.eventsSince(since, MAX_EVENTS) : undefined
    const id = this.#id(next - 1)
    if (!missed) yield sseFrame('reset', { reason: 'too many changes in the meantime' }, id)
    else if (missed.length > 0) yield sseFrame('events', { items: missed.map(eventJson) }, id)
  }

  get #nextNumber(): number {
    return this.#firstNumber + this.#frames.length
  }

  /** The id of a frame, opaque to clients: server, frame number, and the journal offset, which every server understands. */
  #id(number: number): string {
    const place = this.#ctx.journal.position
    return [this.#epoch, number, ...(place ? [place.day, place.offset] : [])].join('.')
  }

  /** Resolves to true once there is a new frame, to false after HEARTBEAT_MS without one. */
  async #nextFrame(signal: AbortSignal): Promise<boolean> {
    const before = this.#nextNumber
    const woken = new AbortController()
    const wake = (): void => woken.abort()
    this.#wakers.add(wake)
    signal.addEventListener('abort', wake)
    await sleep(HEARTBEAT_MS, woken.signal)
    this.#wakers.delete(wake)
    signal.removeEventListener('abort', wake)
    return this.#nextNumber !== before || signal.aborted
  }

  #onChange({ changed, removed, holders }: CatalogChange): void {
    for (const id of changed) {
      this.#removedJobs.delete(id)
      this.#changedJobs.add(id)
    }
    for (const id of removed) {
      this.#changedJobs.delete(id)
      this.#removedJobs.add(id)
    }
    this.#workersChanged ||= holders
    this.#schedule()
  }

  /** Publishes as soon as the debounce allows, or with `ms` after that time unless a timer runs already. */
  #schedule(ms = 0): void {
    if (this.#ctx.end.aborted || this.#isPublishing) return
    if (ms === 0) clearTimeout(this.#timer)
    else if (this.#timer) return
    const delay = Math.max(ms, this.#publishedAt + DEBOUNCE_MS - monotonicMs(), 0)
    this.#timer = setTimeout(() => void this.#publishAll(), delay).unref()
  }

  async #publishAll(): Promise<void> {
    this.#timer = undefined
    this.#isPublishing = true
    try {
      this.#publishedAt = monotonicMs()
      await this.#publish()
    } catch (error) {
      // No request is waiting for this.
      this.#ctx.options.report(error)
    } finally {
      this.#isPublishing = false
    }
    const isMore = this.#changedJobs.size + this.#removedJobs.size + this.#events.length > 0 || this.#workersChanged
    if (isMore) this.#schedule()
    else if (this.#subscribers > 0) this.#schedule(WORKERS_POLL_MS)
  }

  async #publish(): Promise<void> {
    const [changed, removed, events] = [this.#changedJobs, this.#removedJobs, this.#events]
    this.#changedJobs = new Set()
    this.#removedJobs = new Set()
    this.#events = []
    if (changed.size + removed.size > MAX_JOBS) this.#push('reset', { reason: 'many jobs have changed' })
    else if (changed.size + removed.size > 0) {
      // A job that moves at this moment is missing here; its arrival is a change of its own.
      const rows = this.#ctx.live.read(changed).map(jobRowJson)
      if (rows.length + removed.size > 0) this.#push('jobs', { changed: rows, removed: [...removed] })
    }
    if (events.length > MAX_EVENTS) this.#push('reset', { reason: 'many events' })
    else if (events.length > 0) this.#push('events', { items: events.map(eventJson) })
    if (this.#subscribers === 0) return
    if (this.#workersChanged || monotonicMs() - this.#workersReadAt >= WORKERS_POLL_MS) await this.#readWorkers()
    this.#pushIfNew('workers', { items: this.#workers })
    this.#pushIfNew('stats', await this.counts())
  }

  async #readWorkers(): Promise<void> {
    this.#workersChanged = false
    this.#workersReadAt = monotonicMs()
    this.#workers = await this.#ctx.queue.workers()
  }

  #pushIfNew(topic: Topic, value: unknown): void {
    const text = JSON.stringify(value)
    if (this.#lastText[topic] === text) return
    this.#lastText[topic] = text
    this.#push(topic, text)
  }

  #push(topic: Frame['topic'], value: unknown): void {
    const text = sseFrame(topic, value, this.#id(this.#nextNumber))
    this.#frames.push({ topic, text })
    this.#chars += text.length
    while (this.#frames.length > MAX_FRAMES || this.#chars > MAX_FRAME_CHARS) {
      this.#chars -= this.#frames.shift()?.text.length ?? 0
      this.#firstNumber++
    }
    for (const wake of this.#wakers) wake()
  }
}
