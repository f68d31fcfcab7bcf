/** The line that an address names: `#L120` of stdout, `#E12` of stderr. Pure. */
import type { LogStream } from './lines.ts'

export interface LineTarget {
  readonly stream: LogStream
  readonly line: number
}

export const lineHash = (stream: LogStream, line: number): string => `#${stream === 'stderr' ? 'E' : 'L'}${line}`

export function targetOf(hash: string): LineTarget | undefined {
  const [, kind, line] = /^#([LE])(\d{1,12})$/.exec(hash) ?? []
  return kind === undefined ? undefined : { stream: kind === 'E' ? 'stderr' : 'stdout', line: Number(line) }
}
