/** Opens a page in the user's browser. */
import { spawn } from 'node:child_process'

/** @returns whether a program opened it */
export function openPage(url: string): Promise<boolean> {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open'
  return new Promise((done) => {
    const child = spawn(program, [url], { stdio: 'ignore', detached: true })
    child.once('error', () => done(false))
    child.once('exit', (code) => done(code === 0))
    child.unref()
  })
}
