/** Scripts as jobs: the text of a dropped `*.sh` file is a command, run by its own interpreter. Pure. */
import { isScriptName } from './file-name.ts'
import type { JobRequest } from './job.ts'
import { parseJson, readRequest } from './parse.ts'

/** The command in a script's text: DOS line ends become Unix ones. */
export const scriptCommand = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd()

/**
 * The request in a dropped file. A `*.sh` file that holds a job as JSON is read as that, as on standard input: a process
 * that dies while it takes a script in leaves one.
 * @throws NotJson; QueueError INVALID_JOB
 */
export const droppedRequest = (text: string, fileName: string): JobRequest =>
  isScriptName(fileName) && !isJsonJob(text)
    ? readRequest({ command: scriptCommand(text.replace(/^\uFEFF/, '')) })
    : readRequest(parseJson(text))

/** `{` also begins a group of commands. */
function isJsonJob(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null && 'command' in value
  } catch {
    return false
  }
}
