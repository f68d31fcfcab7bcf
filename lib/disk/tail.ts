/** What is appended to a file, by whole lines, whoever writes it. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { openIfThere } from './read.ts'

const BLOCK = 65_536

/** From this offset on. */
export class Tail {
  readonly #path: string
  #offset: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string, offset: number) {
    this.#path = path
    this.#offset = offset
  }

  /** From so many bytes before the end on. */
  static atEnd(path: string, before = 0): Tail {
    const tail = new Tail(path, 0)
    tail.#open((fd) => (tail.#offset = Math.max(0, fstatSync(fd).size - before)))
    return tail
  }

  /** What has come of a line that is not whole yet. */
  get rest(): string {
    return this.#rest.toString('utf8')
  }

  /** Where the next line begins. */
  get position(): number {
    return this.#offset - this.#rest.length
  }

  /** The whole lines that have come since the last call; of very many those in the first `most` bytes or so. */
  lines(most = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = []
    this.#open((fd) => {
      const block = Buffer.alloc(BLOCK)
      for (const end = this.#offset + most; this.#offset < end; ) {
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

  #open(use: (fd: number) => void): void {
    // Gone: removed, or folded into the totals. Nothing comes there any more.
    const fd = openIfThere(this.#path)
    if (fd === undefined) return
    try {
      use(fd)
    } finally {
      closeSync(fd)
    }
  }
}
