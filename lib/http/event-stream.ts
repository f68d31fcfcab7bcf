/**
 * What changes, told to every open stream: worked out once, whoever listens, at most some times a second. What was told
 * last is kept for a while, so that a slow client, or one that comes back, gets what it has missed; who is too far
 * behind is told to fetch again what he shows.
 */
import { monotonicMs, randomHex, sleep } from '../clock.ts'
import type { Event } from '../journal/journal.ts'
import { describeEvent } from '../journal/describe.ts'
import type { CatalogChange, JournalOffset, WorkerInfo } from '../queue.ts'
import { rowJson } from './job-json.ts'
import type { Site } from './context.ts'
import { BEAT, BEAT_MS, frame } from './sse.ts'

export const TOPICS = ['jobs', 'stats', 'workers', 'events'] as const
export type Topic = (typeof TOPICS)[number]

/** What happens within this time (ms) is told together. */
const TOGETHER_MS = 125
/** Of workers that die nobody tells: they are looked at so often (ms) while somebody listens. */
const WORKERS_MS = 1000
/** More jobs than this in one go are not told one by one. */
const MOST_JOBS = 500
/** Frames that are kept, and how many characters they may have together. */
const KEPT = 600
const KEPT_CHARS = 8_000_000
/** So many events that were missed are told; more are a reset. */
const MOST_EVENTS = 1000

interface Told {
  readonly topic: Topic | 'reset'
  readonly text: string
}

export class Broadcast {
  readonly #site: Site
  /** Tells the frames of this server from those of another. */
  readonly #epoch = randomHex(8)
  #frames: Told[] = []
  #chars = 0
  /** The number of the first frame that is kept. */
  #first = 1
  #listening = 0
  #changed = new Set<string>()
  #removed = new Set<string>()
  #events: Event[] = []
  #holders = true
  #last: Partial<Record<Topic, string>> = {}
  #workers: readonly WorkerInfo[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  #toldAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isTelling = false
  readonly #waiting = new Set<() => void>()

  constructor(site: Site) {
    this.#site = site
    const forget = [
      site.live.listen((heard) => this.#hear(heard)),
      site.ledger.listen((events) => {
        this.#events.push(...events)
        this.#soon()
      }),
    ]
    site.end.addEventListener('abort', () => {
      for (const one of forget) one()
      clearTimeout(this.#timer)
    })
  }

  /** The workers as they were told last, not older than a second while anybody listens. */
  async workers(): Promise<readonly WorkerInfo[]> {
    if (this.#holders || monotonicMs() - this.#lookedAt > WORKERS_MS) await this.#lookAtWorkers()
    return this.#workers
  }

  async counts(): Promise<Record<string, number>> {
    const alive = (await this.workers()).filter((worker) => worker.life !== 'dead')
    return {
      ...this.#site.live.counts(),
      active_workers: alive.reduce((sum, worker) => sum + worker.slots, 0),
      worker_processes: alive.length,
    }
  }

  /** Everything that is told from now on, or since the event of this id. */
  async *listen(topics: ReadonlySet<Topic>, since: string | undefined, cut: AbortSignal): AsyncGenerator<string> {
    this.#listening++
    try {
      let next = yield* this.#begin(topics, since)
      while (!cut.aborted) {
        if (next < this.#first) {
          yield frame('reset', { reason: 'too much has happened meanwhile' }, this.#id(this.#next - 1))
          next = this.#next
        }
        const told = this.#frames[next - this.#first]
        if (told) {
          next++
          if (told.topic === 'reset' || topics.has(told.topic)) yield told.text
          continue
        }
        this.#soon(WORKERS_MS)
        if (!(await this.#heard(cut))) yield BEAT
      }
    } finally {
      this.#listening--
    }
  }

  /** What a stream begins with. @returns the number of the frame that comes next */
  async *#begin(topics: ReadonlySet<Topic>, since: string | undefined): AsyncGenerator<string, number> {
    const [epoch, number, day, offset] = since?.split('.') ?? []
    const missed = epoch === this.#epoch ? Number(number) + 1 : 0
    // Asked before anything is awaited: what is told meanwhile comes after it.
    const next = this.#next
    if (topics.has('stats')) yield frame('stats', await this.counts(), this.#id(next - 1))
    if (topics.has('workers')) yield frame('workers', { items: await this.workers() }, this.#id(next - 1))
    if (since === undefined) return next
    if (missed >= this.#first && missed <= next) return missed
    if (topics.has('jobs'))
      yield frame('reset', { reason: 'this server does not know what you have seen' }, this.#id(next - 1))
    if (topics.has('events')) yield* this.#eventsSince({ day: day ?? '', offset: Number(offset) }, next)
    return next
  }

  async *#eventsSince(place: JournalOffset, next: number): AsyncGenerator<string> {
    const isPlace = /^\d{4}-\d{2}-\d{2}$/.test(place.day) && Number.isSafeInteger(place.offset) && place.offset >= 0
    const missed = isPlace ? await this.#site.queue.eventsSince(place, MOST_EVENTS) : undefined
    const id = this.#id(next - 1)
    if (!missed) yield frame('reset', { reason: 'too much has happened meanwhile' }, id)
    else if (missed.length > 0) yield frame('events', { items: missed.map(eventJson) }, id)
  }

  get #next(): number {
    return this.#first + this.#frames.length
  }

  /** Opaque to clients: which server, which frame, and where in the journal that is, which any server understands. */
  #id(number: number): string {
    const place = this.#site.ledger.position
    return [this.#epoch, number, ...(place ? [place.day, place.offset] : [])].join('.')
  }

  /** Resolves to true once something is told, to false when nothing was for long. */
  async #heard(cut: AbortSignal): Promise<boolean> {
    const before = this.#next
    const told = new AbortController()
    const wake = (): void => told.abort()
    this.#waiting.add(wake)
    cut.addEventListener('abort', wake)
    await sleep(BEAT_MS, told.signal)
    this.#waiting.delete(wake)
    cut.removeEventListener('abort', wake)
    return this.#next !== before || cut.aborted
  }

  #hear({ changed, removed, holders }: CatalogChange): void {
    for (const id of changed) {
      this.#removed.delete(id)
      this.#changed.add(id)
    }
    for (const id of removed) {
      this.#changed.delete(id)
      this.#removed.add(id)
    }
    this.#holders ||= holders
    this.#soon()
  }

  /** Tells what there is to tell as soon as it may, or after `ms` at the latest. */
  #soon(ms = 0): void {
    if (this.#site.end.aborted || this.#isTelling) return
    if (ms === 0) clearTimeout(this.#timer)
    else if (this.#timer) return
    const rest = Math.max(ms, this.#toldAt + TOGETHER_MS - monotonicMs(), 0)
    this.#timer = setTimeout(() => void this.#tellAll(), rest).unref()
  }

  async #tellAll(): Promise<void> {
    this.#timer = undefined
    this.#isTelling = true
    try {
      this.#toldAt = monotonicMs()
      await this.#tell()
    } catch (error) {
      // Nobody asked for it: there is nobody to answer.
      this.#site.options.tell(error)
    } finally {
      this.#isTelling = false
    }
    const isMore = this.#changed.size + this.#removed.size + this.#events.length > 0 || this.#holders
    if (isMore) this.#soon()
    else if (this.#listening > 0) this.#soon(WORKERS_MS)
  }

  async #tell(): Promise<void> {
    const [changed, removed, events] = [this.#changed, this.#removed, this.#events]
    this.#changed = new Set()
    this.#removed = new Set()
    this.#events = []
    if (changed.size + removed.size > MOST_JOBS) this.#keep('reset', { reason: 'many jobs have changed' })
    else if (changed.size + removed.size > 0) {
      // One that is on its way at this moment is told as it arrives.
      const rows = this.#site.live.read(changed).map(rowJson)
      if (rows.length + removed.size > 0) this.#keep('jobs', { changed: rows, removed: [...removed] })
    }
    if (events.length > MOST_EVENTS) this.#keep('reset', { reason: 'much has happened' })
    else if (events.length > 0) this.#keep('events', { items: events.map(eventJson) })
    if (this.#listening === 0) return
    if (this.#holders || monotonicMs() - this.#lookedAt >= WORKERS_MS) await this.#lookAtWorkers()
    this.#keepNew('workers', { items: this.#workers })
    this.#keepNew('stats', await this.counts())
  }

  async #lookAtWorkers(): Promise<void> {
    this.#holders = false
    this.#lookedAt = monotonicMs()
    this.#workers = await this.#site.queue.workers()
  }

  #keepNew(topic: Topic, value: unknown): void {
    const text = JSON.stringify(value)
    if (this.#last[topic] === text) return
    this.#last[topic] = text
    this.#keep(topic, text)
  }

  #keep(topic: Told['topic'], value: unknown): void {
    const text = frame(topic, value, this.#id(this.#next))
    this.#frames.push({ topic, text })
    this.#chars += text.length
    while (this.#frames.length > KEPT || this.#chars > KEPT_CHARS) {
      this.#chars -= this.#frames.shift()?.text.length ?? 0
      this.#first++
    }
    for (const wake of this.#waiting) wake()
  }
}

export const eventJson = (event: Event): object => ({ ...event, text: describeEvent(event) })
