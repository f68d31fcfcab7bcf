/** The command palette: a page, a queue, a saved view, an action or a job, by a few letters of its name. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobList, ListOf, QueueRow } from '../api-types.ts'
import { activeShortcuts, type Shortcut } from '../keys.ts'
import { useResource } from '../refetch.ts'
import { navigate } from '../route.ts'
import { jobUrl, urlWithQuery } from '../url.ts'
import { openView, savedViews } from '../views.ts'
import { Dialog } from './dialog.tsx'

interface Choice {
  readonly kind: string
  readonly label: string
  readonly key?: string
  readonly run: () => void
}

const MAX_CHOICES = 12
const MAX_JOBS = 6
/** Time (ms) after the last key before the server is asked. */
const DEBOUNCE_MS = 120

const KINDS: Record<Shortcut['group'], string> = {
  Anywhere: 'do',
  'Go to': 'page',
  List: 'do',
  Job: 'this job',
  Queue: 'this queue',
  Schedule: 'this schedule',
}

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  // What works on the page beneath.
  const [shortcuts] = useState(() => activeShortcuts().filter(({ group }) => group !== 'List'))
  const jobs = useJobs(text.trim())
  const queues = useResource<ListOf<QueueRow>>('/queues', ['jobs']).data?.items ?? []
  const known: Choice[] = [
    ...shortcuts.map(({ does, keys, group, run }) => ({ kind: KINDS[group], label: does, key: keys, run })),
    ...savedViews().map((view) => ({ kind: 'view', label: view.name, run: () => openView(view) })),
    ...queues.map(({ queue }) => ({
      kind: 'queue',
      label: queue,
      run: () => navigate(urlWithQuery('/jobs', { queue })),
    })),
  ]
  const choices: Choice[] = [
    ...known.filter((one) => matches(text, one)),
    ...jobs.map((id) => ({ kind: 'job', label: id, run: () => navigate(jobUrl(id)) })),
  ].slice(0, MAX_CHOICES)
  const at = Math.min(active, choices.length - 1)
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const choose = (choice: Choice | undefined): void => {
    if (!choice) return
    onClose()
    // Once the focus is back where it was.
    setTimeout(choice.run)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by === 0 && event.key !== 'Enter') return
    event.preventDefault()
    if (by === 0) choose(choices[at])
    else if (choices.length > 0) setActive((at + by + choices.length) % choices.length)
  }
  return (
    <Dialog title="Go to or do" onClose={onClose}>
      <div class="dialog-body palette">
        <input
          class="field"
          type="text"
          role="combobox"
          autofocus
          aria-label="A page, queue, view, action or job"
          aria-expanded="true"
          aria-controls="palette-options"
          aria-activedescendant={choices[at] ? `palette-option-${at}` : undefined}
          placeholder="A page, queue, view, action or job"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value)
            setActive(0)
          }}
          onKeyDown={onKeyDown}
        />
        <ul ref={list} id="palette-options" role="listbox" aria-label="Choices">
          {choices.map((choice, index) => (
            <li
              key={`${choice.kind} ${choice.label}`}
              id={`palette-option-${index}`}
              role="option"
              aria-selected={index === at}
              onClick={() => choose(choice)}
            >
              <span class="faint">{choice.kind}</span>
              <span class="cut">{choice.label}</span>
              {choice.key && <kbd>{choice.key}</kbd>}
            </li>
          ))}
        </ul>
        {choices.length === 0 && <p class="soft">Nothing has this name.</p>}
      </div>
    </Dialog>
  )
}

/** Does each word occur in it? */
const matches = (text: string, { kind, label }: Choice): boolean =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => `${kind} ${label}`.toLowerCase().includes(word))

/** The ids of jobs in which a text occurs. */
function useJobs(text: string): readonly string[] {
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), DEBOUNCE_MS)
    return () => clearTimeout(timer)
  }, [text])
  const path = asked === '' ? undefined : urlWithQuery('/jobs', { q: asked, limit: String(MAX_JOBS) })
  const { data } = useResource<JobList>(path, [])
  return text === '' ? [] : (data?.items ?? []).map(({ id }) => id)
}
