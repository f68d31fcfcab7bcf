/** Parses the progress that a job writes to the file named in QUEUECTL_PROGRESS. Pure. */

export interface Progress {
  /** 0 to 100. */
  readonly pct?: number
  readonly note?: string
}

/** Characters of a note that are kept. */
const LONGEST_NOTE = 200

/**
 * The progress in the last valid line: `37`, `37.5%`, or `{"pct":37,"note":"..."}` with one or both members. Undefined
 * when no line is valid: a job may write anything.
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
    const progress = {
      ...(typeof pct === 'number' ? { pct: within(pct) } : {}),
      ...(typeof note === 'string' ? { note: note.slice(0, LONGEST_NOTE) } : {}),
    }
    return Object.keys(progress).length > 0 ? progress : undefined
  } catch {
    // Half written, or not JSON: use the line before it.
    return undefined
  }
}

const within = (pct: number): number => Math.min(100, Math.max(0, pct))

/** Progress as text: `37 % halfway there`. */
export const progressText = ({ pct, note }: Progress): string =>
  [pct === undefined ? '' : `${Math.floor(pct)} %`, note ?? ''].filter(Boolean).join(' ')
