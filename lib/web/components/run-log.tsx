/**
 * The output of a run as it comes. It opens at its end and follows it; scrolling up pauses that, coming back to the end
 * goes on, and the foot says which. What a job writes is hostile until proven otherwise: it gets into text nodes only.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Terminal } from '../ansi.ts'
import { jobApi, streamOf } from '../api.ts'
import { count } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import type { Attempt } from '../api-types.ts'
import { follow as keepUp } from '../stream.ts'
import { Icon } from './icons.tsx'
import { Choices } from './pieces.tsx'

const STREAMS = ['both', 'stdout', 'stderr'] as const
/** Of what was there before, so many lines; and so many pieces are kept on the page. */
const TAIL = 2000
const MOST_PIECES = 6000
/** So far from the end still counts as at the end. */
const NEAR = 24

interface Told {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

class Screen {
  readonly #terminals = { stdout: new Terminal(), stderr: new Terminal() }
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
  /** Whether earlier lines were let go. */
  get isCut(): boolean {
    return this.#isCut
  }

  write({ stream, text }: Told): void {
    const fresh = document.createDocumentFragment()
    for (const piece of this.#terminals[stream].read(text)) {
      this.#lines += piece.text.split('\n').length - 1
      const node = document.createTextNode(piece.text)
      if (piece.looks === '' && !piece.color && !piece.background) {
        fresh.append(node)
        continue
      }
      const span = document.createElement('span')
      span.className = piece.looks
      if (piece.color) span.style.color = piece.color
      if (piece.background) span.style.background = piece.background
      span.append(node)
      fresh.append(span)
    }
    this.#element.append(fresh)
    while (this.#element.childNodes.length > MOST_PIECES) {
      this.#element.firstChild?.remove()
      this.#isCut = true
    }
  }
}

interface LogProps {
  readonly id: string
  readonly attempt: Attempt
}

export function Log({ id, attempt }: LogProps) {
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
    let screen = new Screen(element)
    const wanted = stream === 'both' ? 'merged' : stream
    const show = (more: object): void =>
      setState((before) => ({ ...before, lines: screen.lines, isCut: screen.isCut, ...more }))
    const stop = keepUp(`${jobApi(id)}/attempts/${run}/log/stream?stream=${wanted}&tail=${TAIL}`, {
      on: {
        log: (told) => {
          screen.write(told as Told)
          if (following.current) element.scrollTop = element.scrollHeight
          show({})
        },
        end: () => {
          stop()
          show({ isOver: true })
        },
      },
      opened: (isAnew) => {
        if (isAnew) screen = new Screen(element)
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
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR
    if (isAtEnd !== following.current) {
      following.current = isAtEnd
      setFollows(isAtEnd)
    }
  }

  useShortcuts([{ keys: 'f', does: 'Follow the output, or stop following', group: 'Job', run: () => follow(!follows) }])

  // Each stream is a file of its own.
  const file = stream === 'stderr' ? 'stderr' : 'stdout'
  return (
    <section class="card" aria-label="Output">
      <div class="log-head">
        <h2>Output of run {run}</h2>
        <Choices label="Which output" of={STREAMS} chosen={stream} onChoose={setStream} />
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
            href={streamOf(`${jobApi(id)}/attempts/${run}/log?stream=${file}&download=1`)}
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
        <span role="status">{footing(state, follows)}</span>
        {!follows && (
          <button type="button" class="button small" onClick={() => follow(true)}>
            <Icon name="down" size={12} /> To the end
          </button>
        )}
      </div>
    </section>
  )
}

function footing(state: { lines: number; isCut: boolean; isOver: boolean; isLost: boolean }, follows: boolean): string {
  const lines = state.lines === 0 ? 'No output' : `${count(state.lines)} ${state.lines === 1 ? 'line' : 'lines'}`
  const cut = state.isCut || state.lines >= TAIL ? ', the earlier ones left out: download shows all' : ''
  if (state.isOver) return `${lines}${cut}. The run is over.`
  if (state.isLost) return `${lines}${cut}. Connection lost, trying again.`
  return `${state.lines === 0 ? 'No output yet' : lines}${cut}. ${follows ? 'Following.' : 'Paused, since you scrolled up.'}`
}
