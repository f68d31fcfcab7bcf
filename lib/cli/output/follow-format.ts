/** Formats the output of a job that is followed: as it comes, with times, or as JSON. */
import { jsonText } from '../../job/sanitize.ts'
import { StringDecoder } from 'node:string_decoder'
import { nowMs } from '../../clock.ts'
import { isoTime } from '../../job/time.ts'
import type { FollowEvent } from '../../queue.ts'
import type { Io } from '../terminal.ts'
import { localTime } from '../../job/time-text.ts'

export type Wrote = Extract<FollowEvent, { kind: 'wrote' }>

export interface FollowView {
  show(wrote: Wrote): void
  /** Shows an incomplete last line: the run has ended. */
  flush(): void
}

/** Each stream to its own, byte for byte, as if the command ran in this terminal. */
export const separateStreams = (io: Io): FollowView => ({
  show({ stream, bytes }) {
    if (stream === 'stdout') io.write(bytes)
    else io.passStderr(bytes)
  },
  flush() {},
})

/** Both streams on stdout as they come; on a terminal only colours pass. */
export function mergedStreams(io: Io): FollowView {
  if (!io.stdoutIsTerminal) return { show: ({ bytes }) => io.write(bytes), flush() {} }
  const texts = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  return {
    show: ({ stream, bytes }) => io.print(texts[stream].write(bytes)),
    flush() {
      for (const text of Object.values(texts)) io.print(text.end())
    },
  }
}

/** Line by line, each with the time it was read and its stream. */
export const timestampedLines = (io: Io): FollowView =>
  lineByLine((line, { stream }) => {
    const now = nowMs()
    const at = `${localTime(isoTime(now))}.${String(now % 1000).padStart(3, '0')}`
    const text = `${at} ${stream === 'stdout' ? 'out' : 'err'} ${line}\n`
    if (io.stdoutIsTerminal) io.print(text)
    else io.write(text)
  })

/** A JSON object for each line. */
export const jsonLines = (io: Io): FollowView =>
  lineByLine((line, { run, stream }) => {
    io.print(`${jsonText({ at: isoTime(nowMs()), run, stream, line })}\n`)
  })

function lineByLine(print: (line: string, of: Wrote) => void): FollowView {
  const streams = new Map<Wrote['stream'], { readonly text: StringDecoder; rest: string; last: Wrote }>()
  return {
    show(wrote) {
      const stream = streams.get(wrote.stream) ?? { text: new StringDecoder('utf8'), rest: '', last: wrote }
      streams.set(wrote.stream, stream)
      const lines = (stream.rest + stream.text.write(wrote.bytes)).split('\n')
      stream.rest = lines.pop() ?? ''
      stream.last = wrote
      for (const line of lines) print(line, wrote)
    },
    flush() {
      for (const { text, rest, last } of streams.values()) {
        const line = rest + text.end()
        if (line !== '') print(line, last)
      }
      streams.clear()
    },
  }
}
