/** Commands that are run from a file: scripts that name their interpreter, and texts too long for a word. Pure. */
import { MAX_WORD_BYTES } from './new-request.ts'

/**
 * The words that are to be followed by the script's file: of `#!/usr/bin/env python3` two, as the kernel splits them.
 * Undefined for a command that the shell takes as a word.
 */
export function interpreterOf(command: string): readonly string[] | undefined {
  const [, program, argument] = /^#![ \t]*([^\s]+)[ \t]*([^\n]*?)\s*(?:\n|$)/.exec(command) ?? []
  if (program !== undefined) return argument ? [program, argument] : [program]
  // A character takes up to four bytes.
  const isLong = command.length > MAX_WORD_BYTES / 4 && Buffer.byteLength(command) > MAX_WORD_BYTES
  return isLong ? ['/bin/sh'] : undefined
}
