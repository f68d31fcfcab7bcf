/**
 * The rows of a log, of which only those in sight are on the page when there are many. The place of the scroll bar says
 * which row is where: at its upper end the first row is at the top, at its lower end the last row is at the bottom. So rows
 * may be of any height, and there may be more than the browser could lay out.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

/** As in log.css. */
const ROW_PX = 18
/** Up to this many rows all are on the page. */
const ALL_ROWS = 1500
const OVERSCAN = 30
/** Browsers lay out no more than some 16 million pixels. */
const MAX_PX = 8_000_000
/** This close to the end still counts as at the end. */
const END_PX = 24

interface LogViewProps {
  readonly label: string
  readonly rows: number
  readonly wraps: boolean
  readonly row: (index: number) => ComponentChildren
  /** Whether the end is kept in sight. */
  readonly follows: boolean
  readonly onFollow: (follows: boolean) => void
  /** The row to bring into sight, whenever `at` is another object. */
  readonly goTo: { readonly row: number } | undefined
  /** Whatever changes this renders the rows again. */
  readonly version: unknown
}

export function LogView({ label, rows, wraps, row, follows, onFollow, goTo, version }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const isVirtual = rows > ALL_ROWS
  const height = scroller.current?.clientHeight ?? 400
  const anchor = anchorOf(scroller.current, rows)
  const from = isVirtual ? Math.max(0, Math.floor(anchor) - OVERSCAN - Math.floor(height / ROW_PX)) : 0
  const to = isVirtual ? Math.min(rows, Math.ceil(anchor) + OVERSCAN + Math.ceil(height / ROW_PX)) : rows

  useLayoutEffect(() => {
    const { current } = scroller
    if (current && follows) current.scrollTop = current.scrollHeight
  }, [rows, wraps, version, follows])
  // Puts the row that belongs to the place of the scroll bar there.
  useLayoutEffect(() => {
    const { current } = scroller
    const box = content.current
    if (!current || !box) return
    if (!isVirtual) {
      box.style.top = ''
      return
    }
    const at = anchorOf(current, rows)
    const index = Math.min(rows - 1, Math.floor(at))
    const element = box.children[index - from] as HTMLElement | undefined
    if (!element) return setTop(current.scrollTop)
    const share = current.scrollTop / Math.max(1, current.scrollHeight - current.clientHeight)
    const wanted = current.scrollTop + share * current.clientHeight
    box.style.top = `${wanted - element.offsetTop - (at - index) * element.offsetHeight}px`
  })
  useEffect(() => {
    const { current } = scroller
    if (!current || !goTo) return
    onFollow(false)
    if (isVirtual) {
      current.scrollTop = ((goTo.row + 0.5) / rows) * (current.scrollHeight - current.clientHeight)
      setTop(current.scrollTop)
    } else content.current?.children[goTo.row]?.scrollIntoView({ block: 'center' })
  }, [goTo])

  const onScroll = (): void => {
    const { current } = scroller
    if (!current) return
    const isAtEnd = current.scrollHeight - current.scrollTop - current.clientHeight < END_PX
    if (isAtEnd !== follows) onFollow(isAtEnd)
    if (isVirtual && current.scrollTop !== top) setTop(current.scrollTop)
  }
  return (
    <div
      ref={scroller}
      class={`log${wraps ? ' wraps' : ''}${isVirtual ? ' virtual' : ''}`}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={label}
      onScroll={onScroll}
    >
      <div class="log-space" style={{ height: isVirtual ? `${Math.min(MAX_PX, rows * ROW_PX)}px` : 'auto' }}>
        <div ref={content} class="log-rows">
          {Array.from({ length: Math.max(0, to - from) }, (_, i) => row(from + i))}
        </div>
      </div>
    </div>
  )
}

/** The row, with a fraction, that belongs to the place of the scroll bar. */
function anchorOf(scroller: HTMLElement | null, rows: number): number {
  if (!scroller) return rows
  return (scroller.scrollTop / Math.max(1, scroller.scrollHeight - scroller.clientHeight)) * rows
}
