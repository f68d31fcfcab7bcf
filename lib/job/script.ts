/** Scripts as jobs: the text of a dropped `*.sh` file is a command, run by its own interpreter. Pure. */
import { QueueError } from '../errors.ts'
import { isScriptName } from './file-name.ts'
import { parseJson } from './parse.ts'
import { memberValue, readForeign, type ReadRequest } from './spelling.ts'

/** The command in a script's text: DOS line ends become Unix ones. */
export const scriptCommand = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd()

/**
 * The value in a job file, not checked yet. A `*.sh` file that holds a job as JSON is read as that, as on standard input: a
 * process that dies while it takes a script in leaves one.
 * @throws NotJson
 */
export const parseJobFile = (text: string, fileName: string): unknown =>
  isScriptName(fileName) && !isJsonJob(text) ? { command: scriptCommand(text.replace(/^\uFEFF/, '')) } : parseJson(text)

/** The request in a dropped file. @param now ms, from which a delay counts @throws NotJson; QueueError INVALID_JOB */
export const droppedRequest = (text: string, fileName: string, now: number): ReadRequest =>
  readForeign(parseJobFile(text, fileName), now)

/** `{` also begins a group of commands. */
function isJsonJob(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null && memberValue(value, 'command') !== undefined
  } catch (error) {
    // JSON, though with a number that would not be kept: never a script.
    return error instanceof QueueError
  }
}
