/** The paths of the files of one run. */
import { join } from 'node:path'
import type { Home } from '../spool/layout.ts'

/** The kinds of files of a run in `run/`; traces.ts says what each is. */
export const TRACES = ['fifo', 'mark', 'note', 'script', 'progress', 'gap'] as const

/** `dir` is the directory of the traces. */
export type RunPaths = Readonly<Record<(typeof TRACES)[number] | 'stdin' | 'out' | 'err' | 'dir', string>> & {
  readonly home: Home
}

export function runPaths(home: Home, id: string, run: number): RunPaths {
  const trace = (kind: string): string => join(home.run, `${id}.${run}.${kind}`)
  return {
    home,
    dir: home.run,
    fifo: trace('fifo'),
    mark: trace('mark'),
    note: trace('note'),
    script: trace('script'),
    progress: trace('progress'),
    gap: trace('gap'),
    stdin: join(home.tmp, `${id}.${run}.stdin.new`),
    out: join(home.logs, id, `${run}.out`),
    err: join(home.logs, id, `${run}.err`),
  }
}
