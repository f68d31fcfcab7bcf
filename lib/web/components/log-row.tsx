/** One line of output: its number, which links to it, the mark of its stream, and its text. */
import type { ComponentChildren } from 'preact'
import type { Line, LogStream } from '../log/lines.ts'
import { lineHash } from '../log/target.ts'

interface LogRowProps {
  readonly stream: LogStream
  readonly line: number
  /** Undefined while it is being fetched. */
  readonly pieces: Line | undefined
  readonly url: string
  readonly time?: string | undefined
  readonly group?: { readonly title: string; readonly isFolded: boolean } | undefined
  readonly onFold?: () => void
  /** Highlighted where it occurs, in lower case. */
  readonly mark: string
  /** The line that the address names, or the current match. */
  readonly isTarget: boolean
}

export function LogRow({ stream, line, pieces, url, time, group, onFold, mark, isTarget }: LogRowProps) {
  return (
    <div
      class={`log-row is-${stream}${isTarget ? ' target' : ''}`}
      id={lineHash(stream, line).slice(1)}
      data-row={`${stream} ${line}`}
    >
      <a
        class="number"
        href={url + lineHash(stream, line)}
        data-number={lineHash(stream, line).replace(/^#L?/, '')}
        aria-label={stream === 'stderr' ? `Line ${line} of stderr` : `Line ${line}`}
      />
      {time !== undefined && <span class="time">{time}</span>}
      <span class="text">
        {group ? (
          <button type="button" class="fold" aria-expanded={!group.isFolded} onClick={onFold}>
            {group.title === '' ? 'Group' : group.title}
          </button>
        ) : (
          pieces?.map((piece, index) => <Piece key={index} piece={piece} mark={mark} />)
        )}
      </span>
    </div>
  )
}

function Piece({ piece, mark }: { readonly piece: Line[number]; readonly mark: string }) {
  const { text, classes, color, background, link } = piece
  const content = mark === '' ? text : marked(text, mark)
  if (classes === '' && !color && !background && !link) return <>{content}</>
  const style = { ...(color ? { color } : {}), ...(background ? { background } : {}) }
  if (!link)
    return (
      <span class={classes} style={style}>
        {content}
      </span>
    )
  // The target is shown: the text could claim another one.
  return (
    <span class={classes} style={style}>
      {/^https?:[/]{2}/i.test(link) ? (
        <a href={link} target="_blank" rel="noopener noreferrer nofollow">
          {content}
        </a>
      ) : (
        content
      )}{' '}
      <span class="link-target">({link})</span>
    </span>
  )
}

/** The text with each occurrence marked. */
function marked(text: string, mark: string): ComponentChildren {
  const lower = text.toLowerCase()
  const parts: ComponentChildren[] = []
  let from = 0
  for (let at = lower.indexOf(mark); at >= 0; at = lower.indexOf(mark, from)) {
    if (at > from) parts.push(text.slice(from, at))
    parts.push(<mark key={at}>{text.slice(at, at + mark.length)}</mark>)
    from = at + mark.length
  }
  return parts.length === 0 ? text : [...parts, text.slice(from)]
}
