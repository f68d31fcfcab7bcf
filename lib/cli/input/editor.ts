/** Opens a file in the user's editor. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { QueueError } from '../../errors.ts'
import { environment } from '../../config/env.ts'

/** Signals that would end us go to the editor instead: once it has ended, we clean up. */
const ENDING = ['SIGTERM', 'SIGHUP'] as const

/** Opens the file and waits until the editor ends. @throws QueueError FAILED unless it ends with status 0 */
export async function openEditor(file: string): Promise<void> {
  const { editor } = environment()
  let child: ChildProcess | undefined
  const pass = (name: NodeJS.Signals): void => {
    child?.kill(name)
  }
  // Ctrl-C is for the editor only.
  const ignore = (): void => {}
  // Before the editor runs: a signal that comes at once must not end us alone.
  process.on('SIGINT', ignore)
  for (const name of ENDING) process.on(name, pass)
  try {
    // A shell, because EDITOR may hold options (`code --wait`) and quoted paths.
    child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' })
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    if (code === 0) return
    const how = signal === null ? `with status ${code}` : `by ${signal}`
    throw new QueueError('FAILED', `the editor (${editor}) ended ${how}: nothing was changed`, hintFor(code))
  } finally {
    process.off('SIGINT', ignore)
    for (const name of ENDING) process.off(name, pass)
  }
}

const hintFor = (code: number | null): string | undefined =>
  code === 127 ? 'name your editor in VISUAL or EDITOR' : undefined
