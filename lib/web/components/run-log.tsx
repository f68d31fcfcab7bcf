/**
 * The output of a run as it is written. It follows the end; scrolling up pauses that, scrolling back to the end resumes
 * it, and the footer says which. Output is untrusted and only ever becomes text nodes.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Terminal } from '../ansi.ts'
import { apiUrl, jobApiPath } from '../api.ts'
import { count } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import type { Attempt } from '../api-types.ts'
import { followStream as keepUp } from '../stream.ts'
import { Icon } from './icons.tsx'
import { ChoiceGroup } from './choice-group.tsx'

const STREAMS = ['both', 'stdout', 'stderr'] as const
/** How many earlier lines are loaded, and how many nodes are kept on the page. */
const TAIL_LINES = 2000
const MAX_NODES = 6000
/** This close to the end still counts as at the end. */
const END_TOLERANCE_PX = 24

interface LogChunk {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

class LogView {
  readonly #terminals = { stdout: new Terminal(), stderr: new Terminal() }
  /** The text nodes of each stream's last line, which a later chunk may overwrite. */
  readonly #lastLine: Record<LogChunk['stream'], Text[]> = { stdout: [], stderr: [] }
  #lines = 0
  #isCut = false
  readonly #element: HTMLElement

  constructor(element: HTMLElement) {
    this.#element = element
    element.textContent = ''
  }

  get lines(): number {
    return this.#lines
  }
  /** Whether earlier lines were removed. */
  get isCut(): boolean {
    return this.#isCut
  }

  write({ stream, text }: LogChunk): void {
    const fresh = document.createDocumentFragment()
    for (const piece of this.#terminals[stream].read(text)) {
      if (piece.erase) this.#erase(stream, piece.erase)
      this.#lines += piece.text.split('\n').length - 1
      const node = document.createTextNode(piece.text)
      if (piece.text.endsWith('\n')) this.#lastLine[stream] = []
      else this.#lastLine[stream].push(node)
      if (piece.classes === '' && !piece.color && !piece.background && !piece.link) {
        fresh.append(node)
        continue
      }
      const span = document.createElement('span')
      span.className = piece.classes
      if (piece.color) span.style.color = piece.color
      if (piece.background) span.style.background = piece.background
      span.append(node)
      if (piece.link) span.append(` (${piece.link})`)
      fresh.append(span)
    }
    this.#element.append(fresh)
    while (this.#element.childNodes.length > MAX_NODES) {
      this.#element.firstChild?.remove()
      this.#isCut = true
    }
  }

  /** Removes so many characters from the end of a stream's last line. */
  #erase(stream: LogChunk['stream'], length: number): void {
    const nodes = this.#lastLine[stream]
    for (let left = length; left > 0 && nodes.length > 0; ) {
      const node = nodes.at(-1)
      if (!node) return
      const cut = Math.min(left, node.data.length)
      node.data = node.data.slice(0, node.data.length - cut)
      left -= cut
      if (node.data === '') nodes.pop()
    }
  }
}

interface RunLogProps {
  readonly id: string
  readonly attempt: Attempt
}

export function RunLog({ id, attempt }: RunLogProps) {
  const { run } = attempt
  const pre = useRef<HTMLPreElement>(null)
  const [stream, setStream] = useState<(typeof STREAMS)[number]>('both')
  const [follows, setFollows] = useState(true)
  const [wraps, setWraps] = useState(true)
  const [state, setState] = useState({ lines: 0, isCut: false, isOver: false, isLost: false })
  const following = useRef(true)

  const follow = (does: boolean): void => {
    following.current = does
    setFollows(does)
    if (does && pre.current) pre.current.scrollTop = pre.current.scrollHeight
  }

  useEffect(() => {
    if (!pre.current) return undefined
    const element = pre.current
    let view = new LogView(element)
    const wanted = stream === 'both' ? 'merged' : stream
    const show = (more: object): void =>
      setState((before) => ({ ...before, lines: view.lines, isCut: view.isCut, ...more }))
    const stop = keepUp(`${jobApiPath(id)}/attempts/${run}/log/stream?stream=${wanted}&tail=${TAIL_LINES}`, {
      on: {
        log: (chunk) => {
          view.write(chunk as LogChunk)
          if (following.current) element.scrollTop = element.scrollHeight
          show({})
        },
        end: () => {
          stop()
          show({ isOver: true })
        },
      },
      opened: (isNew) => {
        if (isNew) view = new LogView(element)
        show({ isLost: false })
      },
      lost: () => show({ isLost: true }),
    })
    setState({ lines: 0, isCut: false, isOver: false, isLost: false })
    follow(true)
    return stop
  }, [id, run, stream])

  const onScroll = (): void => {
    const { current } = pre
    if (!current) return
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < END_TOLERANCE_PX
    if (isAtEnd !== following.current) {
      following.current = isAtEnd
      setFollows(isAtEnd)
    }
  }

  useShortcuts([{ keys: 'f', does: 'Follow output on or off', group: 'Job', run: () => follow(!follows) }])

  // Each stream is its own file.
  const file = stream === 'stderr' ? 'stderr' : 'stdout'
  return (
    <section class="card" aria-label="Output">
      <div class="log-head">
        <h2>Output of run {run}</h2>
        <ChoiceGroup label="Output stream" of={STREAMS} chosen={stream} onChoose={setStream} />
        <div class="actions">
          <button
            type="button"
            class="button plain small"
            aria-pressed={wraps}
            onClick={() => setWraps(!wraps)}
            title="Wrap long lines"
          >
            <Icon name="wrap" size={14} /> Wrap
          </button>
          <a
            class="button plain small"
            href={apiUrl(`${jobApiPath(id)}/attempts/${run}/log?stream=${file}&download=1`)}
            download
          >
            <Icon name="download" size={14} /> Download {file}
          </a>
        </div>
      </div>
      <pre
        ref={pre}
        class={wraps ? 'log wraps' : 'log'}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`Output of run ${run}`}
        onScroll={onScroll}
      />
      <div class="log-foot">
        <span role="status">{statusText(state, follows)}</span>
        {!follows && (
          <button type="button" class="button small" onClick={() => follow(true)}>
            <Icon name="down" size={12} /> Jump to end
          </button>
        )}
      </div>
    </section>
  )
}

function statusText(
  state: { lines: number; isCut: boolean; isOver: boolean; isLost: boolean },
  follows: boolean,
): string {
  const lines = state.lines === 0 ? 'No output' : `${count(state.lines)} ${state.lines === 1 ? 'line' : 'lines'}`
  const cut = state.isCut || state.lines >= TAIL_LINES ? ', earlier ones omitted: download for all' : ''
  if (state.isOver) return `${lines}${cut}. The run has ended.`
  if (state.isLost) return `${lines}${cut}. Connection lost, reconnecting.`
  return `${state.lines === 0 ? 'No output yet' : lines}${cut}. ${follows ? 'Following.' : 'Paused because you scrolled up.'}`
}
