/** The editor a person likes, on a file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { QueueError } from '../../errors.ts'
import { environment } from '../../config/env.ts'

/** Signals that end us: the editor gets them too, so that what comes after it is still done. */
const ENDING = ['SIGTERM', 'SIGHUP'] as const

/** Opens the file in the editor and waits for its end. @throws QueueError FAILED when it does not end well. */
export async function openEditor(file: string): Promise<void> {
  const { editor } = environment()
  // A shell, because people write `code --wait` and paths with blanks in quotes.
  const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' })
  const pass = (name: NodeJS.Signals): void => {
    child.kill(name)
  }
  // Ctrl-C is for the editor alone.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  for (const name of ENDING) process.on(name, pass)
  try {
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
