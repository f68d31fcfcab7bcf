/** Reads what is appended to a file, line by line. */
import { readSync } from 'node:fs'
import { withFile } from './read.ts'

const BLOCK = 65_536

/** Reads a file from an offset; each call returns the lines that were added since. */
export class Tail {
  readonly #path: string
  #offset: number
  /** The start of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, offset: number) {
    this.#path = path
    this.#offset = offset
  }

  /** Starts this many bytes before the end. */
  static atEnd(path: string, bytesBefore = 0): Tail {
    const tail = new Tail(path, 0)
    withFile(path, (_fd, size) => (tail.#offset = Math.max(0, size - bytesBefore)))
    return tail
  }

  /** The start of a line whose end is not written yet. */
  get rest(): string {
    return this.#rest.toString('utf8')
  }

  /** The offset of the next line. */
  get position(): number {
    return this.#offset - this.#rest.length
  }

  /** The whole lines added since the last call, from at most about `maxBytes`. Empty when the file is gone. */
  lines(maxBytes = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = []
    withFile(this.#path, (fd) => {
      const block = Buffer.alloc(BLOCK)
      for (const end = this.#offset + maxBytes; this.#offset < end; ) {
        const got = readSync(fd, block, 0, BLOCK, this.#offset)
        if (got === 0) break
        this.#offset += got
        this.#rest = Buffer.concat([this.#rest, block.subarray(0, got)])
        const last = this.#rest.lastIndexOf(0x0a)
        if (last < 0) continue
        found.push(...this.#rest.toString('utf8', 0, last).split('\n'))
        this.#rest = this.#rest.subarray(last + 1)
      }
    })
    return found
  }
}
