/**
 * The disk that fails on demand (`fault.c`), compiled when it is needed and preloaded into queuectl and all it starts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { linesOf } from '../../fixtures/jobs.ts'

/**
 * What the N-th operation meets. `short`: a write takes half of what it is given, and says so. `lied`: a rename or link
 * is done, and answered ENOENT or EEXIST.
 */
export const KINDS = ['kill-before', 'kill-after', 'ENOSPC', 'EIO', 'EMFILE', 'EDQUOT', 'short', 'lied'] as const
export type Kind = (typeof KINDS)[number]

/** One operation on the disk, as it was done. */
export interface Step {
  readonly pid: number
  readonly operation: string
  readonly path: string
  /** The new name, of a rename or link. */
  readonly second: string
}

export interface Fault {
  readonly at: number
  /** Or any other errno. */
  readonly kind: Kind | keyof typeof constants.errno
  /** Errors only: how many operations from there on fail. */
  readonly span?: number
  /** Only operations whose line `operation path second` contains this, or is matched by it if it has a `*`, are counted. */
  readonly match?: string
  /** `lied` only: how long (ms) before the answer, for others to go on with what was done. */
  readonly pause?: number
}

const STATE_BYTES = 12 + 1024

let compiled: string | undefined

/** The compiled library. Ends the test as skipped where there is no compiler or nothing to preload. */
export function library(): string {
  if (compiled !== undefined) return compiled
  if (process.platform !== 'linux') skip('faults are preloaded as on Linux')
  const dir = mkdtempSync(join(tmpdir(), 'queuectl-fault-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  const path = join(dir, 'fault.so')
  const source = join(ROOT, 'spec/faults/fault.c')
  const made = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', path, source, '-ldl'], { encoding: 'utf8' })
  if (made.error) skip('there is no C compiler (cc)')
  if (made.status !== 0) throw new Error(`fault.c does not compile:\n${made.stderr}`)
  compiled = path
  return path
}

/** A fault laid on one home; `env` is what has to be in the environment for it to strike. */
export class Trap {
  readonly env: NodeJS.ProcessEnv
  readonly #state: string
  readonly #trace: string

  /** @param fault without one, operations are only recorded */
  constructor(dir: string, home: string, fault?: Fault) {
    this.#state = join(dir, 'fault.state')
    this.#trace = join(dir, 'fault.trace')
    writeFileSync(this.#state, Buffer.alloc(STATE_BYTES))
    rmSync(this.#trace, { force: true })
    this.env = {
      LD_PRELOAD: library(),
      FAULT_HOME: home,
      FAULT_STATE: this.#state,
      FAULT_AT: String(fault?.at ?? 0),
      FAULT_SPAN: String(fault?.span ?? 1),
      FAULT_PAUSE: String(fault?.pause ?? 0),
      FAULT_KIND: fault ? codeOf(fault.kind) : '0',
      ...(fault ? {} : { FAULT_TRACE: this.#trace }),
      ...(fault?.match === undefined ? {} : { FAULT_MATCH: fault.match }),
      // Operations of a ring are not calls, and would be missed.
      UV_USE_IO_URING: '0',
    }
  }

  /** What was struck: `rename FROM TO`. Undefined: nothing was. */
  struck(): { readonly pid: number; readonly what: string } | undefined {
    const state = readFileSync(this.#state)
    if (state.readInt32LE(4) === 0) return undefined
    const text = state.subarray(12)
    return { pid: state.readInt32LE(8), what: text.subarray(0, text.indexOf(0)).toString() }
  }

  /** What was done, in its order. */
  steps(): Step[] {
    if (!existsSync(this.#trace)) return []
    return linesOf(this.#trace).map((line) => {
      const [pid = '', operation = '', path = '', second = ''] = line.split('\t')
      return { pid: Number(pid), operation, path, second }
    })
  }
}

const codeOf = (kind: Fault['kind']): string => (kind in constants.errno ? String(numbers[kind]) : kind)

const numbers: Readonly<Record<string, number>> = { ...constants.errno }

/** The same operation on the same kind of file reads the same: numbers, ids and random parts are left out. */
export const kindOf = (step: Step, home: string): string =>
  [step.operation, step.path, step.second]
    .join(' ')
    .replaceAll(home, '')
    .replaceAll(/[0-9A-HJKMNP-TV-Z]{26}|\d{8}T\d{6}\.\d{6}Z|\b[0-9a-f]{8}\b|-\d+-[0-9a-f]{6}|\d+/g, '#')
