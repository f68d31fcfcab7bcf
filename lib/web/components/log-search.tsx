/** Searches all of a run's output on the server, and walks through the matches. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { get, jobApiPath, type Problem } from '../api.ts'
import { count } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import type { LogMatches } from '../api-types.ts'
import type { LineTarget } from '../log/target.ts'
import type { LogStream } from '../log/lines.ts'
import { Icon } from './icons.tsx'

const DEBOUNCE_MS = 250

interface LogSearchProps {
  readonly id: string
  readonly run: number
  readonly stream: LogStream | 'both'
  /** The text to highlight, and the current match. */
  readonly onFind: (text: string, match: LineTarget | undefined) => void
}

export function LogSearch({ id, run, stream, onFind }: LogSearchProps) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [found, setFound] = useState<LogMatches>()
  const [problem, setProblem] = useState<string>()
  const [at, setAt] = useState(0)
  useShortcuts([{ keys: '/', does: 'Search output', group: 'Job', run: () => input.current?.focus() }])

  useEffect(() => {
    setFound(undefined)
    setProblem(undefined)
    if (text === '') {
      onFind('', undefined)
      return undefined
    }
    let isCurrent = true
    const timer = setTimeout(() => {
      const which = stream === 'both' ? 'merged' : stream
      get<LogMatches>(
        `${jobApiPath(id)}/attempts/${run}/log/search?stream=${which}&q=${encodeURIComponent(text)}`,
      ).then(
        (matches) => {
          if (!isCurrent) return
          setFound(matches)
          setAt(0)
          onFind(text, matches.items[0])
        },
        (error: Problem) => isCurrent && setProblem(error.message),
      )
    }, DEBOUNCE_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [text, id, run, stream])

  const walk = (by: number): void => {
    if (!found || found.items.length === 0) return
    const next = (at + by + found.items.length) % found.items.length
    setAt(next)
    onFind(text, found.items[next])
  }
  return (
    <div class="log-search" role="search">
      <Icon name="search" size={14} />
      <input
        ref={input}
        class="field"
        type="text"
        aria-label="Search output"
        placeholder="Search output"
        spellcheck={false}
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') walk(event.shiftKey ? -1 : 1)
          if (event.key === 'Escape') setText('')
        }}
      />
      {text !== '' && (
        <>
          <span class="hint" role="status">
            {problem ?? (found ? foundText(found, at) : '…')}
          </span>
          <button
            type="button"
            class="button plain small only-icon"
            aria-label="Previous match"
            onClick={() => walk(-1)}
          >
            <Icon name="up" size={12} />
          </button>
          <button type="button" class="button plain small only-icon" aria-label="Next match" onClick={() => walk(1)}>
            <Icon name="down" size={12} />
          </button>
        </>
      )}
    </div>
  )
}

const foundText = ({ items, is_complete: isComplete }: LogMatches, at: number): string =>
  items.length === 0 ? 'no line' : `${count(at + 1)} of ${count(items.length)}${isComplete ? '' : ' or more'}`
