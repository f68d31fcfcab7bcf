/**
 * Takes out of a run's stderr what its resident shell has said there. A shell that starts a command without a sub-shell has
 * the command's stderr for its own meanwhile, and says a word when a signal ends it (`Killed`). The record says so anyway.
 *
 * Of a command that itself ends with such a word and with 128+n, which stands for the signal too, its word goes as well.
 * Crash: the word is there or not.
 */
import { lstat, truncate } from '../disk/files.ts'
import { readTail } from '../disk/read.ts'
import { signalOf } from '../job/decide.ts'
import type { RunPaths } from './paths.ts'
import { readMark } from './traces.ts'

/** What dash says, in the words of the C library; of SIGINT and SIGPIPE it says nothing. */
const WORDS: Readonly<Record<string, string>> = {
  SIGHUP: 'Hangup',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGSYS: 'Bad system call',
}

/** @param code the exit code of the run's command */
export function dropSignalWord(paths: RunPaths, code: number): void {
  const word = WORDS[signalOf(code) ?? '']
  if (word === undefined) return
  try {
    const { mark } = readMark(paths)
    if (typeof mark === 'string' || !mark.hasNoSubShell) return
    const size = lstat(paths.err)?.size ?? 0
    // It may follow upon a line that the command did not end.
    const said = [`${word}\n`, `${word} (core dumped)\n`].find((line) => readTail(paths.err, line.length) === line)
    // If we die before this: the word stays where it is.
    if (said !== undefined) truncate(paths.err, size - said.length)
  } catch {
    // A word too many must not keep the job from being settled.
  }
}
