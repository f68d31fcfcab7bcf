/** Prints JSON: one value, or a list that is written while it is made. */
import { harmlessJson, jsonText } from '../../job/sanitize.ts'
import type { Io } from '../terminal.ts'

/** One line of JSON with a blank after each `:` and `,`, so that `grep '"id": "x"'` finds it. */
const spacedJson = (value: unknown): string =>
  harmlessJson(
    // Only between values is there a line end: those in texts are escaped.
    JSON.stringify(value, undefined, 1).replaceAll(/([[{])?\n *([\]}])?/g, (_all, open = '', close = '') =>
      open || close ? `${open}${close}` : ' ',
    ),
  )

/** A list as one array or, with `lines`, as one value a line. */
export class JsonList {
  readonly #io: Io
  readonly #lines: boolean
  #isBegun = false

  constructor(io: Io, lines: boolean) {
    this.#io = io
    this.#lines = lines
  }

  add(...values: readonly unknown[]): void {
    if (values.length === 0) return
    if (this.#lines) this.#io.print(values.map((value) => `${jsonText(value)}\n`).join(''))
    else this.#io.print(`${this.#isBegun ? ', ' : '['}${values.map(spacedJson).join(', ')}`)
    this.#isBegun = true
  }

  end(): void {
    if (!this.#lines) this.#io.print(this.#isBegun ? ']\n' : '[]\n')
  }
}
