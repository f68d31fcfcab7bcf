/** Printing a list of jobs: as lines, as JSON, with or without their output. */
import type { ListedJob, Queue } from '../../queue.ts'
import { listedJson } from './job-view.ts'
import { lastOutput, type LastOutput } from './run-output.ts'
import { harmless } from './text.ts'
import type { Io } from '../terminal.ts'

interface Options {
  readonly queue: Queue
  readonly io: Io
  readonly json: boolean
  /** With the output of each job's last run? */
  readonly output: boolean
  /** What is said of an empty list. */
  readonly none: string
  readonly lines: (all: readonly ListedJob[], io: Io) => string[]
}

/** Lines that are written at once. */
const LOT = 1000

export async function printList(found: readonly ListedJob[], options: Options): Promise<void> {
  const { io, json, none, lines } = options
  if (json) return printJson(found, options)
  if (found.length === 0) {
    io.say(none)
    return
  }
  const [head = '', ...rest] = lines(found, io)
  io.print(`${head}\n`)
  if (options.output) return printWithOutput(found, rest, options)
  for (let i = 0; i < rest.length && !io.isOver; i += LOT) io.print(`${rest.slice(i, i + LOT).join('\n')}\n`)
}

async function printJson(found: readonly ListedJob[], { queue, io, output }: Options): Promise<void> {
  io.print('[')
  for (let i = 0; i < found.length && !io.isOver; i += LOT) {
    const texts: string[] = []
    for (const listed of found.slice(i, i + LOT)) {
      const json = listedJson(listed)
      texts.push(JSON.stringify(output ? { ...json, output: (await lastOutput(queue, listed.id)) ?? null } : json))
    }
    io.print((i === 0 ? '' : ',') + texts.join(','))
  }
  io.print(']\n')
}

async function printWithOutput(
  found: readonly ListedJob[],
  lines: readonly string[],
  { queue, io }: Options,
): Promise<void> {
  for (const [i, listed] of found.entries()) {
    if (io.isOver) return
    const output = await lastOutput(queue, listed.id)
    const under = output === undefined ? ['    (not started yet)'] : outputLines(output)
    io.print(`${[lines[i] ?? '', ...under].join('\n')}\n`)
  }
}

function outputLines({ stdout, stderr }: LastOutput): string[] {
  const indented = (text: string): string[] =>
    text === ''
      ? []
      : harmless(text.replace(/\n$/, ''))
          .split('\n')
          .map((line) => `    ${line}`)
  const all = [...indented(stdout), ...indented(stderr)]
  return all.length === 0 ? ['    (no output)'] : all
}
