/**
 * How the output of a job that is followed is shown: as it comes, with times, or as JSON. A view prints; what is said
 * about the job itself is not its business.
 */
import { StringDecoder } from 'node:string_decoder'
import { nowMs } from '../../clock.ts'
import { isoTime } from '../../job/time.ts'
import type { FollowEvent } from '../../queue.ts'
import { harmless, local } from './text.ts'
import type { Io } from '../terminal.ts'

export type Wrote = Extract<FollowEvent, { kind: 'wrote' }>

export interface View {
  show(wrote: Wrote): void
  /** A run has ended: what is still held back is shown. */
  flush(): void
}

/** Each stream to its own, byte for byte: as if the command had been run right here. */
export const asRun = (io: Io): View => ({
  show({ stream, bytes }) {
    if (stream === 'stdout') io.print(bytes)
    else io.pass(bytes)
  },
  flush() {},
})

/** Both streams as one, as they come; on a terminal nothing but colours passes. */
export function merged(io: Io): View {
  if (!io.isSeen) return { show: ({ bytes }) => io.print(bytes), flush() {} }
  const texts = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  return {
    show: ({ stream, bytes }) => io.print(harmless(texts[stream].write(bytes))),
    flush() {
      for (const text of Object.values(texts)) io.print(harmless(text.end()))
    },
  }
}

/** Line by line, each with the moment at which it was seen, and the stream it came by. */
export const timed = (io: Io): View =>
  lineByLine((line, { stream }) => {
    const now = nowMs()
    const at = `${local(isoTime(now))}.${String(now % 1000).padStart(3, '0')}`
    io.print(`${at} ${stream === 'stdout' ? 'out' : 'err'} ${io.isSeen ? harmless(line) : line}\n`)
  })

/** A JSON object for each line. */
export const asJson = (io: Io): View =>
  lineByLine((line, { run, stream }) => {
    io.print(`${JSON.stringify({ at: isoTime(nowMs()), run, stream, line })}\n`)
  })

function lineByLine(print: (line: string, of: Wrote) => void): View {
  const held = new Map<Wrote['stream'], { readonly text: StringDecoder; rest: string; last: Wrote }>()
  return {
    show(wrote) {
      const here = held.get(wrote.stream) ?? { text: new StringDecoder('utf8'), rest: '', last: wrote }
      held.set(wrote.stream, here)
      const lines = (here.rest + here.text.write(wrote.bytes)).split('\n')
      here.rest = lines.pop() ?? ''
      here.last = wrote
      for (const line of lines) print(line, wrote)
    },
    flush() {
      for (const { text, rest, last } of held.values()) {
        const line = rest + text.end()
        if (line !== '') print(line, last)
      }
      held.clear()
    },
  }
}
