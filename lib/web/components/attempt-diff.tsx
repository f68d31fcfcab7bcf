/** Two attempts of a job beside each other: what differs in their records, and in the last lines that they wrote. */
import { useEffect, useState } from 'preact/hooks'
import type { Attempt, LogLines } from '../api-types.ts'
import { get, jobApiPath } from '../api.ts'
import { differingMembers, diffLines } from '../diff.ts'

/** This many lines at the end of each stream are compared. */
const LINES = 60
const STREAMS = ['stdout', 'stderr'] as const

interface AttemptDiffProps {
  readonly id: string
  readonly attempts: readonly Attempt[]
}

export function AttemptDiff({ id, attempts }: AttemptDiffProps) {
  const [before, setBefore] = useState(attempts.at(-2)?.run)
  const [after, setAfter] = useState(attempts.at(-1)?.run)
  const one = attempts.find(({ run }) => run === before)
  const other = attempts.find(({ run }) => run === after)
  const choose = (label: string, value: number | undefined, set: (run: number) => void) => (
    <label>
      {label}{' '}
      <select class="field" value={value} onChange={(event) => set(Number(event.currentTarget.value))}>
        {attempts.map(({ run }) => (
          <option key={run} value={run}>
            run {run}
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <section class="diff" aria-label="Comparison of two attempts">
      <div class="bar">
        {choose('From', before, setBefore)}
        {choose('to', after, setAfter)}
      </div>
      {one && other && (
        <>
          <table class="table">
            <thead>
              <tr>
                <th>Member</th>
                <th>run {one.run}</th>
                <th>run {other.run}</th>
              </tr>
            </thead>
            <tbody>
              {differingMembers(one, other).map(([member, old, young]) => (
                <tr key={member}>
                  <td>{member}</td>
                  <td title={old}>{old}</td>
                  <td title={young}>{young}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {STREAMS.map((stream) => (
            <StreamDiff key={`${stream} ${one.run} ${other.run}`} id={id} runs={[one.run, other.run]} stream={stream} />
          ))}
        </>
      )}
    </section>
  )
}

interface StreamDiffProps {
  readonly id: string
  readonly runs: readonly [number, number]
  readonly stream: (typeof STREAMS)[number]
}

function StreamDiff({ id, runs, stream }: StreamDiffProps) {
  const [lines, setLines] = useState<readonly [string[], string[]]>()
  useEffect(() => {
    // A run without output has no lines.
    const read = (run: number): Promise<string[]> => lastLines(id, run, stream).catch(() => [])
    void Promise.all([read(runs[0]), read(runs[1])]).then(setLines)
  }, [])
  if (!lines || (lines[0].length === 0 && lines[1].length === 0)) return null
  const diff = diffLines(lines[0], lines[1])
  const signs = { same: ' ', removed: '-', added: '+' }
  return (
    <>
      <h3>
        {stream}
        <span class="faint">
          {diff.every(({ kind }) => kind === 'same') ? ', the same' : ''} (last {LINES} lines)
        </span>
      </h3>
      <pre tabIndex={0} aria-label={`What differs in ${stream}`}>
        {diff.map(({ kind, text }, index) => (
          <span key={index} class={kind}>
            {signs[kind]} {text}
          </span>
        ))}
      </pre>
    </>
  )
}

async function lastLines(id: string, run: number, stream: string): Promise<string[]> {
  const path = `${jobApiPath(id)}/attempts/${run}/log/lines?stream=${stream}`
  const { total } = await get<LogLines>(`${path}&limit=0`)
  if (total === 0) return []
  const { items } = await get<LogLines>(`${path}&from=${Math.max(1, total - LINES + 1)}&limit=${LINES}`)
  return items.map(({ text }) => text)
}
