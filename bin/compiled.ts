/**
 * Requires a file of the program together with the code that V8 compiled of it at an earlier start, on a Node that keeps no
 * such code by itself (before 22.8): compiling a megabyte takes longer than all else of a short command. Best effort: without
 * the code the file is compiled again.
 *
 * V8 does not check what it is given and dies of damaged code, so a sum stands before it.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

/** How many files are kept, of other versions and of other versions of Node. */
const KEPT = 4
const SUFFIX = '.code'
const HEAD_BYTES = 8

interface Program {
  readonly path: string
  /** Changes with the file's content. */
  readonly hash: string
  /** What the file requires with. */
  readonly require: NodeJS.Require
}

/** @param dir where the code is kept; nobody else may write there */
export function requireCompiled({ path, hash, require }: Program, dir: string): unknown {
  const name = `${hash}-${process.version}-${process.arch}${SUFFIX}`
  const cachedData = readCode(dir, name)
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(path, 'latin1')}\n})`
  const script = new Script(source, { filename: path, ...(cachedData ? { cachedData } : {}) })
  const module = { exports: {} }
  const run = script.runInThisContext() as (...args: unknown[]) => void
  run(module.exports, require, module, path, join(path, '..'))
  // At the end, because by then what this command needs is compiled.
  if (!cachedData || script.cachedDataRejected)
    process.once('exit', () => writeCode(dir, name, script.createCachedData()))
  return module.exports
}

/** Undefined: there is none that may be used. */
function readCode(dir: string, name: string): Buffer | undefined {
  try {
    if (!isOurs(dir)) return undefined
    const bytes = readFileSync(join(dir, name))
    const code = bytes.subarray(HEAD_BYTES)
    return bytes.readUInt32LE(0) === code.length && bytes.readUInt32LE(4) === sumOf(code) ? code : undefined
  } catch {
    return undefined
  }
}

/** Code that another user could place here would run as ours. */
function isOurs(dir: string): boolean {
  const stats = lstatSync(dir)
  return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0
}

/** Adler-32, in large steps. */
function sumOf(bytes: Buffer): number {
  let a = 1
  let b = 0
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 3800)
    while (at < end) b += a += bytes[at++] ?? 0
    a %= 65_521
    b %= 65_521
  }
  return ((b << 16) | a) >>> 0
}

function writeCode(dir: string, name: string, code: Buffer): void {
  try {
    // One after the other: asked for both below /proc, Node tries for ever.
    for (const path of [dirname(dir), dir]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
    if (!isOurs(dir)) return
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32LE(code.length, 0)
    head.writeUInt32LE(sumOf(code), 4)
    const aside = join(dir, `${process.pid}.new`)
    // If we die in here: a file that the next start of this pid replaces; or the whole code is there.
    writeFileSync(aside, Buffer.concat([head, code]), { mode: 0o600 })
    renameSync(aside, join(dir, name))
    const others = readdirSync(dir).filter((one) => one.endsWith(SUFFIX) && one !== name)
    const oldest = others.map((one) => ({ one, at: lstatSync(join(dir, one)).mtimeMs })).sort((x, y) => y.at - x.at)
    for (const { one } of oldest.slice(KEPT - 1)) unlinkSync(join(dir, one))
  } catch {
    // The next start compiles again.
  }
}
