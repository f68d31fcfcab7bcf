/** Derives the outcome of a run that has ended from what it left on disk. */
import { exists } from '../disk/files.ts'
import type { OomKills } from '../disk/oom.ts'
import { diskSpace } from '../disk/space.ts'
import type { Outcome } from '../job/decide.ts'
import type { Home } from '../spool/layout.ts'
import { lastErrorLine } from './output-reader.ts'
import type { RunPaths } from './paths.ts'
import { dropSignalWord } from './signal-word.ts'
import type { Note } from './traces.ts'

/** The outcome of a run, from its exit code, if it left one, and the note why it was ended, if it was. */
export function outcomeOf(code: number | undefined, note: Note | undefined, paths: RunPaths): Outcome {
  const exit = code === undefined ? {} : { code }
  if (code !== undefined) dropSignalWord(paths, code)
  const line = code === 0 ? undefined : lastErrorLine(paths)
  const error = line === undefined ? {} : { error: line }
  switch (note?.why) {
    case 'timeout':
      return { kind: 'timed_out', seconds: note.seconds, ...exit, ...error }
    case 'cancel':
      return { kind: 'cancelled', reason: note.reason, ...exit }
    case 'give-back':
      return { kind: 'given_back', ...exit }
    case undefined:
      return code === undefined ? { kind: 'interrupted' } : { kind: 'exited', code, ...error }
  }
}

/** The exit code that a shell gives a command ended by SIGKILL. */
const KILLED = 137

/** Marks a run that the kernel has ended for lack of memory. */
export const withOomKill = (kills: OomKills | undefined, outcome: Outcome): Outcome =>
  outcome.kind === 'exited' && outcome.code === KILLED && kills?.hasGrown() ? { ...outcome, oomKilled: true } : outcome

/** Marks a failure on a full disk: the disk is its most likely cause. A home that is gone is not asked. */
export const withDiskSpace = (home: Home, outcome: Outcome): Outcome =>
  outcome.kind === 'exited' && outcome.code !== 0 && exists(home.root) && diskSpace(home).state === 'full'
    ? { ...outcome, diskFull: true }
    : outcome
