/**
 * What makes it doubtful that a new job will run: said when it is enqueued, and never a reason to refuse it, since the worker
 * may find what is not here.
 *
 * Asked after the job is acknowledged. Most programs are found by one call, and each word is looked up once.
 */
import { accessSync, constants, existsSync, realpathSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { searchPath } from '../../config/env.ts'
import { changesShell, firstProgram, isAssignment, shellWord } from '../../job/first-program.ts'
import type { Job } from '../../job/job.ts'
import type { Io } from '../terminal.ts'

/** So many are told apart. */
const MOST = 10

export class Doubts {
  readonly #io: Pick<Io, 'cwd'>
  readonly #known = new Map<string, boolean>()
  /** By what is said: the first job and how many others. */
  readonly #said = new Map<string, { readonly id: string; others: number }>()

  constructor(io: Pick<Io, 'cwd'>) {
    this.#io = io
  }

  add(job: Job): void {
    const doubt = this.#doubtAbout(job)
    if (doubt === undefined) return
    const before = this.#said.get(doubt)
    if (before) before.others++
    else if (this.#said.size < MOST) this.#said.set(doubt, { id: job.id, others: 0 })
  }

  /** One line for each. */
  lines(): string[] {
    return [...this.#said].map(
      ([doubt, { id, others }]) => `warning: ${id}${others === 0 ? '' : ` and ${others} more`}: ${doubt}`,
    )
  }

  #doubtAbout({ command, cwd = '/', env }: Job): string | undefined {
    if (!this.#isHere(cwd) && !this.#isKnown(cwd, () => existsSync(cwd)))
      return `its directory ${cwd} does not exist here`
    const isThere = (word: string): boolean =>
      word.includes('/')
        ? this.#isKnown(resolve(cwd, word), () => existsSync(resolve(cwd, word)))
        : this.#isKnown(`${word} ${env?.PATH ?? ''}`, () =>
            isInPath(word, env?.PATH ?? searchPath() ?? USUAL.join(':'), cwd),
          )
    if (typeof command === 'string') {
      const word = firstProgram(command)
      if (word === undefined || isShellWord(word) || isThere(word)) return undefined
      return notFound(word)
    }
    const [program = ''] = command
    if (isAssignment(program))
      return `${program} is taken for the name of a program; a variable is set with --env ${program}`
    if (changesShell(program)) return `${program} is a word of the shell and no program; ${SHELL_LINE}`
    if (isThere(program)) return undefined
    if (command.length === 1 && /\s/.test(program))
      return `${JSON.stringify(program)} is taken for the name of a program; ${SHELL_LINE}`
    return notFound(program)
  }

  /** In the current directory there is nothing to ask. */
  #isHere(dir: string): boolean {
    try {
      return this.#io.cwd === dir
    } catch {
      // It has been removed.
      return false
    }
  }

  #isKnown(key: string, find: () => boolean): boolean {
    const known = this.#known.get(key) ?? find()
    this.#known.set(key, known)
    return known
  }
}

/** Where most programs are. Asked first: which of several a shell would take does not matter here. */
const USUAL = ['/usr/bin', '/bin']

function isInPath(name: string, path: string, cwd: string): boolean {
  const dirs = path.split(':')
  return [...USUAL.filter((dir) => dirs.includes(dir)), ...dirs].some((dir) =>
    isExecutable(join(resolve(cwd, dir), name)),
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not there, or not for us: the next directory.
    return false
  }
}

const SHELL_LINE = 'a line for the shell is given without --, or as a string'

const notFound = (word: string): string =>
  word.includes('/')
    ? `${word} does not exist here, and is tried where the worker runs`
    : `${word} is not in PATH here, and is tried where the worker runs`

const isShellWord = (word: string): boolean => {
  const of = shellWord(word)
  return of === 'every' || (of === 'bash' && basename(realpathSync('/bin/sh')) === 'bash')
}
