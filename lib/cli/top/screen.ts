/**
 * Takes over the terminal: its alternate buffer, single keys, redrawing only changed lines. However the program ends,
 * except by SIGKILL, the terminal is restored.
 */
import { sanitize } from '../output/text.ts'
import type { Io } from '../terminal.ts'

/** Alternate buffer, no cursor, no line wrapping; and back. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J'
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l'

/** 128 plus the number of the signal. */
const EXIT_STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export interface ScreenHandler {
  /** A character, or the name of a key: `up`, `down`, `enter`, `escape`. */
  key(key: string): void
  /** The screen must be drawn again. */
  resized(): void
  /** A signal or Ctrl-C came, or the terminal is gone. @param status the exit status */
  ended(status: number): void
}

const NAMED: Record<string, string> = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  '\r': 'enter',
  '\n': 'enter',
  '\x1b': 'escape',
}

/** The keys in the terminal's input; unknown sequences are ignored. */
export function keysIn(text: string): string[] {
  const parts = text.match(/\x1b(?:\[[\d;?]*[ -/]*[@-~]|O.)?|[^\x1b]/gsu) ?? []
  return parts.flatMap((part) => NAMED[part] ?? (part.length > 1 && part.startsWith('\x1b') ? [] : [part]))
}

export class Screen {
  readonly #io: Io
  readonly #handler: ScreenHandler
  #shown: readonly string[] = []
  #isOpen = false
  readonly #undo: (() => void)[] = []

  constructor(io: Io, handler: ScreenHandler) {
    this.#io = io
    this.#handler = handler
    const { stdin, stdout } = process
    this.#on(process, 'exit', () => this.close())
    for (const [name, status] of Object.entries(EXIT_STATUS)) this.#on(process, name, () => handler.ended(status))
    this.#on(process, 'SIGTSTP', () => this.#suspend())
    this.#on(process, 'SIGCONT', () => this.#open())
    this.#on(stdout, 'resize', () => this.#redraw())
    stdin.setEncoding('utf8')
    this.#on(stdin, 'data', (text) => {
      for (const key of keysIn(String(text))) this.#press(key)
    })
    for (const gone of ['end', 'close', 'error']) this.#on(stdin, gone, () => handler.ended(EXIT_STATUS.SIGHUP))
    this.#open()
  }

  get columns(): number {
    return process.stdout.columns || 80
  }

  get rows(): number {
    return process.stdout.rows || 24
  }

  /** Shows these lines, which must fit; unchanged ones are not written again. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    const rows = Array.from({ length: this.rows }, (_, i) => lines[i] ?? '')
    // Clear the line before writing it: after a full line the cursor is still on its last character.
    const changed = rows.flatMap((line, i) =>
      line === this.#shown[i] ? [] : [`\x1b[${i + 1};1H\x1b[K${sanitize(line)}`],
    )
    this.#shown = rows
    if (changed.length > 0) this.#io.write(changed.join(''))
    if (this.#io.isReaderGone) this.#handler.ended(EXIT_STATUS.SIGHUP)
  }

  /** Restores the terminal. */
  close(): void {
    this.#leave()
    for (const undo of this.#undo.splice(0)) undo()
    process.stdin.pause()
  }

  #press(key: string): void {
    if (key === '\x03') this.#handler.ended(EXIT_STATUS.SIGINT)
    else if (key === '\x1a') this.#suspend()
    else if (key === '\x0c') this.#redraw()
    else this.#handler.key(key)
  }

  #open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    process.stdin.setRawMode(true)
    this.#io.write(ENTER)
    this.#redraw()
  }

  #leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      process.stdin.setRawMode(false)
    } catch {
      // The terminal is gone, and its settings with it.
    }
    try {
      this.#io.write(LEAVE)
    } catch {
      // The terminal is gone.
    }
  }

  /** Stops this process, until the shell puts it in the foreground again. */
  #suspend(): void {
    this.#leave()
    process.kill(process.pid, 'SIGSTOP')
  }

  #redraw(): void {
    this.#shown = []
    if (this.#isOpen) this.#io.write('\x1b[2J')
    this.#handler.resized()
  }

  #on(source: NodeJS.EventEmitter, name: string, act: (data?: unknown) => void): void {
    source.on(name, act)
    this.#undo.push(() => source.off(name, act))
  }
}
