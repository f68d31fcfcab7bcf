/**
 * The output of one run as rows: which line of which stream stands where. Lines that were there when the page was opened
 * are fetched when they are shown; new ones are kept as they come. Output may be of any size.
 *
 * In which order two streams were written is not recorded. Of what was there before, stdout comes first; what is seen to
 * come stands in the order in which it came.
 */
import { apiUrl, get, jobApiPath } from '../api.ts'
import { wallNow } from '../clock.ts'
import { followStream } from '../stream.ts'
import type { LogLines } from '../api-types.ts'
import { type Line, LineSplitter, rawLine, type LogStream, styledLines, textOf } from './lines.ts'

export const STREAMS = ['stdout', 'stderr'] as const satisfies readonly LogStream[]

/** Lines that are fetched together. */
const PAGE = 500
/** New lines that are kept; older ones are fetched again when they are shown. */
const MAX_LIVE = 20_000
/** Pages that are kept. */
const MAX_PAGES = 40

export type Row =
  | { readonly kind: 'line'; readonly stream: LogStream; readonly line: number }
  | { readonly kind: 'note'; readonly text: string }

/** Lines of one stream that follow one another, or a note. */
type Block =
  | { readonly stream: LogStream; readonly from: number; readonly to: number; readonly row: number }
  | { readonly note: string; readonly row: number }

type LogGroup = LogLines['groups'][number]

interface Segment {
  readonly stream: LogStream
  readonly from: number
  to: number
  /** Whether it is known to come after the one before it. */
  readonly isOrdered: boolean
}

class StreamLines {
  splitter = new LineSplitter()
  /** How many lines had an end when the page was opened, and how many there were. */
  complete = 0
  total = 0
  offset = 0
  /** Lines that have come since, from line `liveFrom` on. */
  live: Line[] = []
  liveFrom = 1
  groups: LogGroup[] = []
  readonly folded = new Set<number>()
  readonly pages = new Map<number, readonly Line[]>()
  readonly rawPages = new Map<number, readonly Line[]>()
  readonly loading = new Set<string>()
  /** When lines up to a number were seen (ms). */
  readonly seen: { readonly to: number; readonly at: number }[] = []

  get liveTo(): number {
    return this.liveFrom + this.live.length - 1
  }
}

const NOTE =
  'Output of stderr from here: in which order the two streams were written before this page was opened is not known'

export interface LogState {
  readonly isLoaded: boolean
  readonly isOver: boolean
  readonly isLost: boolean
  readonly problem: string | undefined
}

export class LogModel {
  readonly #path: string
  readonly #isRunning: boolean
  readonly #changed: () => void
  #streams: Record<LogStream, StreamLines> = { stdout: new StreamLines(), stderr: new StreamLines() }
  #segments: Segment[] = []
  #blocks: Block[] = []
  #rows = 0
  #shown: LogStream | 'both' = 'both'
  #isRaw = false
  #stop: (() => void) | undefined
  #isClosed = false
  #state: LogState = { isLoaded: false, isOver: false, isLost: false, problem: undefined }

  /** @param changed called when anything to show has changed */
  constructor(id: string, run: number, isRunning: boolean, changed: () => void) {
    this.#path = `${jobApiPath(id)}/attempts/${run}/log`
    this.#isRunning = isRunning
    this.#changed = changed
  }

  get state(): LogState {
    return this.#state
  }
  get rows(): number {
    return this.#rows
  }
  get isRaw(): boolean {
    return this.#isRaw
  }
  /** How many lines there are in the streams that are shown. */
  get lines(): number {
    return STREAMS.reduce((sum, one) => sum + (this.#isShown(one) ? this.#streams[one].total : 0), 0)
  }
  linesOf(stream: LogStream): number {
    return this.#streams[stream].total
  }

  downloadUrl = (which: LogStream | 'merged'): string => apiUrl(`${this.#path}?stream=${which}&download=1`)

  /** Loads what there is, and follows what comes while the run goes on. */
  async open(): Promise<void> {
    this.#stop?.()
    this.#streams = { stdout: new StreamLines(), stderr: new StreamLines() }
    this.#segments = []
    try {
      const [stdout, stderr] = await Promise.all(
        STREAMS.map((stream) => this.#fetch(stream, 1, this.#isRunning ? 0 : PAGE)),
      )
      if (this.#isClosed) return
      for (const one of [stdout, stderr]) if (one) this.#begin(one)
    } catch (error) {
      if (!this.#isClosed) this.#set({ problem: (error as Error).message })
      return
    }
    this.#layOut()
    this.#set({ isLoaded: true, isOver: !this.#isRunning, problem: undefined })
    if (this.#isRunning) this.#follow()
  }

  close(): void {
    this.#isClosed = true
    this.#stop?.()
  }

  show(stream: LogStream | 'both', isRaw: boolean): void {
    if (stream === this.#shown && isRaw === this.#isRaw) return
    this.#shown = stream
    this.#isRaw = isRaw
    this.#layOut()
  }

  /** Whether a line begins a group, and whether that is folded. */
  groupAt(stream: LogStream, line: number): { readonly title: string; readonly isFolded: boolean } | undefined {
    const { groups, folded } = this.#streams[stream]
    const group = this.#isRaw ? undefined : groups.find(({ from }) => from === line)
    return group && { title: group.title, isFolded: folded.has(line) }
  }

  get hasGroups(): boolean {
    return !this.#isRaw && STREAMS.some((one) => this.#isShown(one) && this.#streams[one].groups.length > 0)
  }
  get isAllFolded(): boolean {
    return STREAMS.every((one) => this.#streams[one].groups.every(({ from }) => this.#streams[one].folded.has(from)))
  }

  fold(stream: LogStream, line: number, isFolded: boolean): void {
    const { folded } = this.#streams[stream]
    if (isFolded) folded.add(line)
    else folded.delete(line)
    this.#layOut()
    this.#changed()
  }

  foldAll(isFolded: boolean): void {
    for (const one of STREAMS) {
      const { folded, groups } = this.#streams[one]
      folded.clear()
      if (isFolded) for (const { from } of groups) folded.add(from)
    }
    this.#layOut()
    this.#changed()
  }

  /** What stands in a row, from 0. */
  row(index: number): Row | undefined {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#blocks[middle]?.row ?? 0) <= index) low = middle
      else high = middle - 1
    }
    const block = this.#blocks[low]
    if (!block) return undefined
    if ('note' in block) return { kind: 'note', text: block.note }
    return { kind: 'line', stream: block.stream, line: block.from + index - block.row }
  }

  /** The row of a line, which is unfolded when it is in a group; undefined when there is none. */
  reveal(stream: LogStream, line: number): number | undefined {
    const { groups, folded } = this.#streams[stream]
    for (const group of groups)
      if (folded.has(group.from) && line > group.from && line <= (group.to ?? line))
        this.fold(stream, group.from, false)
    for (const block of this.#blocks)
      if ('stream' in block && block.stream === stream && line >= block.from && line <= block.to)
        return block.row + line - block.from
    return undefined
  }

  /** The pieces of a line; undefined while it is being fetched. */
  line(stream: LogStream, line: number): Line | undefined {
    const lines = this.#streams[stream]
    if (!this.#isRaw && line >= lines.liveFrom) {
      if (line <= lines.liveTo) return lines.live[line - lines.liveFrom]
      if (line === lines.liveTo + 1 && this.#isRunning) return lines.splitter.open
    }
    const page = Math.floor((line - 1) / PAGE)
    const found = (this.#isRaw ? lines.rawPages : lines.pages).get(page)?.[line - 1 - page * PAGE]
    if (found === undefined) void this.#load(stream, page)
    return found
  }

  /** When a line was seen (ms since the epoch); undefined when it was there before. */
  seenAt(stream: LogStream, line: number): number | undefined {
    const { seen, complete } = this.#streams[stream]
    if (line <= complete) return undefined
    let low = 0
    let high = seen.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((seen[middle]?.to ?? 0) >= line) high = middle
      else low = middle + 1
    }
    const found = seen[low]
    return found && found.to >= line ? found.at : undefined
  }

  #isShown(stream: LogStream): boolean {
    return this.#shown === 'both' || this.#shown === stream
  }

  #set(more: Partial<LogState>): void {
    this.#state = { ...this.#state, ...more }
    this.#changed()
  }

  #fetch(stream: LogStream, from: number, limit: number): Promise<LogLines> {
    const raw = this.#isRaw ? '&raw=1' : ''
    return get<LogLines>(`${this.#path}/lines?stream=${stream}&from=${from}&limit=${limit}${raw}`)
  }

  #begin({ stream, total, complete, offset, groups, items }: LogLines): void {
    const lines = this.#streams[stream]
    // While the run goes on, its unfinished line comes by the event stream.
    Object.assign(lines, { complete, offset, total: this.#isRunning ? complete : total, liveFrom: complete + 1 })
    lines.groups = [...groups]
    if (items.length > 0) lines.pages.set(0, styledLines(items))
    if (lines.total > 0) this.#segments.push({ stream, from: 1, to: lines.total, isOrdered: false })
  }

  async #load(stream: LogStream, page: number): Promise<void> {
    const lines = this.#streams[stream]
    const isRaw = this.#isRaw
    const key = `${isRaw} ${page}`
    if (lines.loading.has(key)) return
    lines.loading.add(key)
    try {
      const found: Line[] = []
      const from = page * PAGE + 1
      const wanted = Math.min(PAGE, lines.total - from + 1)
      // Fewer lines than asked for come when they are long.
      while (found.length < wanted) {
        const { items } = await this.#fetch(stream, from + found.length, wanted - found.length)
        if (items.length === 0) break
        found.push(...(isRaw ? items.map(rawLine) : styledLines(items)))
      }
      const pages = isRaw ? lines.rawPages : lines.pages
      pages.set(page, found)
      for (const [oldest] of pages) {
        if (pages.size <= MAX_PAGES) break
        pages.delete(oldest)
      }
    } catch (error) {
      if (!this.#isClosed) this.#set({ problem: (error as Error).message })
      return
    } finally {
      lines.loading.delete(key)
    }
    if (!this.#isClosed) this.#changed()
  }

  #follow(): void {
    const { stdout, stderr } = this.#streams
    let isFirst = true
    const stop = followStream(`${this.#path}/stream?stream=merged&from=${stdout.offset}.${stderr.offset}`, {
      on: {
        log: (chunk) => this.#add(chunk as { readonly stream: LogStream; readonly text: string }),
        end: () => {
          stop()
          this.#set({ isOver: true })
        },
      },
      opened: (isNew) => {
        // It does not continue where it was lost: begin again.
        if (isNew && !isFirst) void this.open()
        isFirst = false
        this.#set({ isLost: false })
      },
      lost: () => this.#set({ isLost: true }),
    })
    this.#stop = stop
  }

  #add({ stream, text }: { readonly stream: LogStream; readonly text: string }): void {
    const lines = this.#streams[stream]
    // The last line of a page that was fetched may grow.
    const lastPage = Math.floor(Math.max(0, lines.total - 1) / PAGE)
    for (const page of lines.rawPages.keys()) if (page >= lastPage) lines.rawPages.delete(page)
    const ended = lines.splitter.read(text)
    for (const line of ended) {
      lines.live.push(line)
      this.#noteGroup(lines, line)
    }
    if (lines.live.length > MAX_LIVE) {
      const surplus = lines.live.length - MAX_LIVE
      lines.live.splice(0, surplus)
      lines.liveFrom += surplus
    }
    const total = lines.liveTo + (lines.splitter.open.length > 0 ? 1 : 0)
    if (total > lines.total) {
      const last = this.#segments.at(-1)
      if (last?.stream === stream) last.to = total
      else this.#segments.push({ stream, from: lines.total + 1, to: total, isOrdered: true })
    }
    lines.total = Math.max(total, lines.liveTo)
    lines.seen.push({ to: total, at: wallNow() })
    this.#layOut()
    this.#changed()
  }

  #noteGroup({ groups, liveTo }: StreamLines, line: Line): void {
    const text = textOf(line)
    const title = /^(?:::group::|##\[group\])(.*)/.exec(text)?.[1]
    const isEnd = /^(?:::endgroup::|##\[endgroup\])/.test(text)
    const open = groups.at(-1)
    if (open && open.to === undefined && (isEnd || title !== undefined))
      groups[groups.length - 1] = { ...open, to: liveTo - (isEnd ? 0 : 1) }
    if (title !== undefined) groups.push({ from: liveTo, title: title.trim() })
  }

  /** Computes which row each line has. */
  #layOut(): void {
    const blocks: Block[] = []
    let row = 0
    const add = (stream: LogStream, from: number, to: number): void => {
      if (to < from) return
      blocks.push({ stream, from, to, row })
      row += to - from + 1
    }
    let before: Segment | undefined
    for (const segment of this.#segments) {
      const { stream, isOrdered } = segment
      if (!this.#isShown(stream)) continue
      if (before && !isOrdered) {
        blocks.push({ note: NOTE, row })
        row++
      }
      before = segment
      let { from } = segment
      for (const group of this.#isRaw ? [] : this.#streams[stream].groups) {
        const end = group.to ?? Number.POSITIVE_INFINITY
        if (!this.#streams[stream].folded.has(group.from) || end < from || group.from >= segment.to) continue
        add(stream, from, Math.min(group.from, segment.to))
        from = Math.max(from, end + 1)
      }
      add(stream, from, segment.to)
    }
    this.#blocks = blocks
    this.#rows = row
  }
}
