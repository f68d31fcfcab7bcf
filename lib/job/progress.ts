/**
 * How far a job says it is: what it writes to the file named in QUEUECTL_PROGRESS. Pure.
 */

export interface Progress {
  /** 0 to 100. */
  readonly pct?: number
  readonly note?: string
}

/** A note is a line, not a log. */
const LONGEST_NOTE = 200

/**
 * The last line that says something: `37`, `37.5%`, or `{"pct":37,"note":"..."}` with one or both of them. Undefined
 * when there is none: a job may write anything.
 */
export function parseProgress(text: string): Progress | undefined {
  for (const line of text.split('\n').reverse()) {
    const progress = parseLine(line.trim())
    if (progress) return progress
  }
  return undefined
}

function parseLine(line: string): Progress | undefined {
  const number = /^(\d+(?:\.\d+)?)\s*%?$/.exec(line)?.[1]
  if (number !== undefined) return { pct: within(Number(number)) }
  if (!line.startsWith('{')) return undefined
  try {
    const { pct, note } = JSON.parse(line) as { pct?: unknown; note?: unknown }
    const said = {
      ...(typeof pct === 'number' ? { pct: within(pct) } : {}),
      ...(typeof note === 'string' ? { note: note.slice(0, LONGEST_NOTE) } : {}),
    }
    return Object.keys(said).length > 0 ? said : undefined
  } catch {
    // Half written, or no JSON: the line before it counts.
    return undefined
  }
}

const within = (pct: number): number => Math.min(100, Math.max(0, pct))

/** As one reads it: `37 % halfway there`. */
export const progressText = ({ pct, note }: Progress): string =>
  [pct === undefined ? '' : `${Math.floor(pct)} %`, note ?? ''].filter(Boolean).join(' ')
