/**
 * The output of a run as it is written. It follows the end; scrolling up pauses that, scrolling back to the end resumes
 * it, and the footer says which. Output is untrusted and only ever becomes text nodes.
 */
import { useEffect, useRef, useState } from 'preact/hooks'
import { get, jobApiPath } from '../api.ts'
import { clockTime, count } from '../format.ts'
import { useShortcuts } from '../keys.ts'
import { LogModel } from '../log/model.ts'
import { type LineTarget, targetOf } from '../log/target.ts'
import { useRoute } from '../route.ts'
import type { Attempt, LogMatches } from '../api-types.ts'
import { ChoiceGroup } from './choice-group.tsx'
import { Icon, type IconName } from './icons.tsx'
import { LogRow } from './log-row.tsx'
import { LogSearch } from './log-search.tsx'
import { LogView } from './log-view.tsx'
import { showToast } from './toasts.tsx'

const SHOWN = ['both', 'stdout', 'stderr'] as const

interface RunLogProps {
  readonly id: string
  readonly attempt: Attempt
}

export function RunLog({ id, attempt }: RunLogProps) {
  const { run } = attempt
  const { hash, path } = useRoute()
  const [version, setVersion] = useState(0)
  const [shown, setShown] = useState<(typeof SHOWN)[number]>('both')
  const [follows, setFollows] = useState(targetOf(hash) === undefined)
  const [wraps, setWraps] = useState(true)
  const [isRaw, setRaw] = useState(false)
  const [hasTimes, setTimes] = useState(false)
  const [isFull, setFull] = useState(false)
  const [found, setFound] = useState<{ text: string; match: LineTarget | undefined }>({ text: '', match: undefined })
  const [goTo, setGoTo] = useState<{ row: number }>()
  const model = useModel(id, attempt, () => setVersion((n) => n + 1))
  model.show(shown, isRaw)
  const { isLoaded, problem } = model.state

  const reveal = ({ stream, line }: LineTarget): void => {
    if (shown !== 'both' && shown !== stream) {
      setShown('both')
      model.show('both', isRaw)
    }
    const row = model.reveal(stream, line)
    if (row !== undefined) setGoTo({ row })
  }
  const target = targetOf(hash)
  useEffect(() => {
    if (isLoaded && target) reveal(target)
  }, [hash, isLoaded])

  const toFirstError = (): void => {
    get<LogMatches>(`${jobApiPath(id)}/attempts/${run}/log/search?errors=1&limit=1`).then(
      ({ items }) => {
        const [first] = items
        const error = first ?? (model.linesOf('stderr') > 0 ? { stream: 'stderr' as const, line: 1 } : undefined)
        if (!error) return showToast('No line looks like an error')
        setFound({ text: found.text, match: error })
        reveal(error)
      },
      (error: Error) => showToast(error.message),
    )
  }
  useShortcuts([
    { keys: 'f', does: 'Follow output on or off', group: 'Job', run: () => setFollows(!follows) },
    { keys: 'e', does: 'First error line', group: 'Job', run: toFirstError },
    { keys: 'w', does: 'Output on the full screen or not', group: 'Job', run: () => setFull(!isFull) },
    ...(isFull
      ? [{ keys: 'Escape', does: 'Leave the full screen', group: 'Job', run: () => setFull(false) } as const]
      : []),
  ])

  const renderRow = (index: number) => {
    const row = model.row(index)
    if (!row) return null
    if (row.kind === 'note')
      return (
        <p key="note" class="log-note">
          {row.text}
        </p>
      )
    const { stream, line } = row
    const group = model.groupAt(stream, line)
    const seenAt = hasTimes ? model.seenAt(stream, line) : undefined
    const isTarget = [target, found.match].some((one) => one?.stream === stream && one.line === line)
    return (
      <LogRow
        key={`${stream} ${line}`}
        stream={stream}
        line={line}
        pieces={model.line(stream, line)}
        url={`${path}?run=${run}`}
        time={hasTimes ? (seenAt === undefined ? '' : clockTime(new Date(seenAt).toISOString(), seenAt)) : undefined}
        group={group}
        onFold={() => model.fold(stream, line, !group?.isFolded)}
        mark={found.text.toLowerCase()}
        isTarget={isTarget}
      />
    )
  }
  return (
    <section class={isFull ? 'card log-card full' : 'card log-card'} aria-label="Output">
      <div class="log-head">
        <h2>Output of run {run}</h2>
        <ChoiceGroup label="Output stream" of={SHOWN} chosen={shown} onChoose={setShown} />
        <LogSearch
          id={id}
          run={run}
          stream={shown}
          onFind={(text, match) => {
            setFound({ text, match })
            if (match) reveal(match)
          }}
        />
        <div class="actions">
          <button
            type="button"
            class="button plain small"
            onClick={toFirstError}
            title="Jump to the first error line (e)"
          >
            <Icon name="dead" size={14} /> First error
          </button>
          {model.hasGroups && (
            <Toggle icon="fold" label="Fold groups" isOn={model.isAllFolded} onToggle={(isOn) => model.foldAll(isOn)} />
          )}
          <Toggle icon="clock" label="Times" title="When this page saw each line" isOn={hasTimes} onToggle={setTimes} />
          <Toggle icon="wrap" label="Wrap" title="Wrap long lines" isOn={wraps} onToggle={setWraps} />
          <Toggle icon="jobs" label="Raw" title="Show every byte" isOn={isRaw} onToggle={setRaw} />
          <Toggle icon="full" label="Full screen" title="Full screen (w)" isOn={isFull} onToggle={setFull} />
        </div>
      </div>
      <LogView
        label={`Output of run ${run}`}
        rows={model.rows}
        wraps={wraps}
        row={renderRow}
        follows={follows}
        onFollow={setFollows}
        goTo={goTo}
        version={`${version} ${isRaw} ${hasTimes}`}
      />
      <div class="log-foot">
        <span role="status">{problem ?? statusText(model, follows)}</span>
        {!follows && (
          <button type="button" class="button small" onClick={() => setFollows(true)}>
            <Icon name="down" size={12} /> Jump to end
          </button>
        )}
        <span class="downloads">
          <Icon name="download" size={14} /> Download
          {(['stdout', 'stderr', 'merged'] as const).map((which) => (
            <a
              key={which}
              href={model.downloadUrl(which)}
              download
              aria-label={`Download ${which === 'merged' ? 'both' : which}`}
            >
              {which === 'merged' ? 'both' : which}
            </a>
          ))}
        </span>
      </div>
    </section>
  )
}

function useModel(id: string, attempt: Attempt, changed: () => void): LogModel {
  const latest = useRef(changed)
  latest.current = changed
  const [model] = useState(() => new LogModel(id, attempt.run, attempt.outcome === 'running', () => latest.current()))
  useEffect(() => {
    void model.open()
    return () => model.close()
  }, [])
  return model
}

interface ToggleProps {
  readonly icon: IconName
  readonly label: string
  readonly title?: string
  readonly isOn: boolean
  readonly onToggle: (isOn: boolean) => void
}

const Toggle = ({ icon, label, title, isOn, onToggle }: ToggleProps) => (
  <button
    type="button"
    class="button plain small"
    aria-pressed={isOn}
    title={title ?? label}
    onClick={() => onToggle(!isOn)}
  >
    <Icon name={icon} size={14} /> {label}
  </button>
)

function statusText(model: LogModel, follows: boolean): string {
  const { isLoaded, isOver, isLost } = model.state
  if (!isLoaded) return 'Loading'
  const lines = model.lines === 0 ? 'No output' : `${count(model.lines)} ${model.lines === 1 ? 'line' : 'lines'}`
  if (isOver) return `${lines}. The run has ended.`
  if (isLost) return `${lines}. Connection lost, reconnecting.`
  return `${model.lines === 0 ? 'No output yet' : lines}. ${follows ? 'Following.' : 'Paused because you scrolled up.'}`
}
