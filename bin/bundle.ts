/**
 * Makes `dist/queuectl.cjs`, which is installed as `queuectl`, and beside it `dist/queuectl-more.cjs`, of what tsc made of
 * `bin/queuectl.ts`.
 *
 * Few files, because those are found and read fastest. In them every part is a text until it is needed: the engine reads
 * all of a program before it runs any of it, which took longer than what most commands do. Parts are the chunks that
 * esbuild splits it into along the dynamic `import()`s; but chunks that are needed together are joined into one, because
 * many small scopes that look things up in one another take as long again. In the first file lie what every start needs,
 * and the swift calls (`lib/cli/fast-path.ts`) with no more than they use of all they import. The second is read, whole, when
 * anything else is asked for: so a worker has all of it from its start, whatever replaces it later. What the swift calls
 * use of it lies there once more, so nothing may be kept in a module that both a swift call and what it leaves to others
 * must know.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type CommonOptions, type Metafile, type Plugin, transform } from 'esbuild'
import { basename } from 'node:path'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(at('../../package.json'), 'utf8')) as { version: string }
const target = at('../queuectl.cjs')
const moreTarget = at('../queuectl-more.cjs')

/**
 * clipanion opens the standard streams and the terminal as it is loaded, for a default context that we replace:
 * 5 ms of each start.
 */
const noDefaultContext: Plugin = {
  name: 'no-default-context',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]advanced[\\/]Cli\.m?js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace(/Cli\.defaultContext = \{[^}]*\};/, 'Cli.defaultContext = {};')
      if (contents === source) throw new Error(`${path} has no default context any more: look again`)
      return { contents, loader: 'js' }
    })
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]platform[\\/]node\.m?js$/ }, () => ({
      contents: 'export const getDefaultColorDepth = () => 1, getCaptureActivator = () => undefined',
      loader: 'js',
    }))
  },
}

/**
 * Node's own modules are loaded when something of theirs is first used, not at each start: some take as long as a
 * whole command (child_process, crypto and tty bring in streams and sockets). The loader below knows them by `lazy:`.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve }) {
    const isSlow = /^(node:)?(child_process|crypto|events|net|os|readline|stream|stream\/promises|tty|v8)$/
    onResolve({ filter: isSlow }, ({ path, kind }) =>
      kind === 'import-statement' ? { path: `lazy:${path}`, external: true } : undefined,
    )
  },
}

/** Packages that name only their CommonJS, of which esbuild can leave nothing out, and have modules as well. */
const { resolve } = createRequire(import.meta.url)
const MODULES = {
  clipanion: resolve('clipanion/lib/advanced/index.mjs'),
  typanion: resolve('typanion/lib/index.mjs'),
}

const STYLE: CommonOptions = {
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
}

const AS_PART: CommonOptions = { ...STYLE, format: 'cjs', supported: { 'dynamic-import': false } }

type Part = readonly [name: string, body: string]

/** Texts by the names under which they import one another. */
type Texts = ReadonlyMap<string, string>

interface Split {
  readonly texts: Texts
  /** What is needed at every start, and besides by the swift calls and by completion; the last one imports the others. */
  readonly front: readonly string[]
  readonly swift: readonly string[]
  readonly complete: readonly string[]
}

/** What esbuild splits the program into, and which of it is needed together. */
async function split(): Promise<Split> {
  const { outputFiles, metafile } = await build({
    ...STYLE,
    entryPoints: [at('./queuectl.js')],
    outdir: at('..'),
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    alias: MODULES,
    define: { QUEUECTL_VERSION: JSON.stringify(version) },
    plugins: [noDefaultContext, lazyBuiltins],
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [`./${basename(path)}`, text.replace(/^#!.*\n/, '')]))
  const neededBy = (entry: RegExp): string[] => {
    const needed = new Set<string>()
    for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
      if (entry.test(entryPoint ?? '')) need(path, metafile, needed)
    return [...needed]
  }
  const front = neededBy(/(^|\/)bin\/queuectl\.js$/)
  const besides = (entry: RegExp): string[] => neededBy(entry).filter((name) => !front.includes(name))
  return { texts, front, swift: besides(/\/cli\/fast-path\.js$/), complete: besides(/\/cli\/completion\.js$/) }
}

/** Adds a chunk, after all that it imports at once. */
function need(path: string, metafile: Metafile, needed: Set<string>): void {
  const name = `./${basename(path)}`
  if (needed.has(name)) return
  for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? [])
    if (kind === 'import-statement' && !external) need(next, metafile, needed)
  needed.add(name)
}

/** A part of one chunk, as the body of a function. */
async function alone(text: string): Promise<string> {
  // Of a CommonJS package esbuild exports all as `default`; whoever imports it wants its members.
  const program = text.replace(/export default (require_\w+\(\));\s*$/, 'module.exports=$1;')
  const { code } = await transform(program, { ...AS_PART, logOverride: { 'commonjs-variable-in-esm': 'silent' } })
  return code.trimEnd()
}

/** A part of many chunks in one scope, with as much of them as these exports need. */
async function joined(texts: Texts, names: readonly string[], exports: string): Promise<string> {
  const chunks: Plugin = {
    name: 'chunks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path }) =>
        names.includes(path) ? { path, namespace: 'chunk' } : { path, external: true },
      )
      onLoad({ filter: /.*/, namespace: 'chunk' }, ({ path }) => ({ contents: texts.get(path) ?? '', loader: 'js' }))
    },
  }
  const { outputFiles } = await build({
    ...AS_PART,
    stdin: { contents: exports },
    bundle: true,
    write: false,
    plugins: [chunks],
  })
  return outputFiles[0]?.text.trimEnd() ?? ''
}

/** A text as a literal; our texts are full of double quotes. */
const literal = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/\\.|'/g, (found) => (found === "'" ? "\\'" : found === '\\"' ? '"' : found))}'`

const { texts, front, swift, complete } = await split()
const JOINED = { './front': front, './common': swift }
const everyOf = (names: readonly string[]): string =>
  names.map((name, i) => `export * as _${i} from '${name}'`).join('\n')

/** In which joined part a chunk lies, and under which name. */
const places = Object.entries(JOINED).flatMap(([part, names]) =>
  names.map((name, i) => `'${name}': ['${part}', '_${i}'],\n`),
)

/** A part with no more than this one chunk uses of all that it imports. */
async function trimmed(names: readonly string[]): Promise<Part> {
  const entry = names.at(-1) ?? ''
  return [entry, await joined(texts, names, `export * from '${entry}'`)]
}

/** Evaluates a part when something in it is first asked for; what is no part is node's own. */
const LOADER = `
const places = {\n${places.join('')}}
const made = Object.create(null)
function load(name) {
  if (made[name]) return made[name].exports
  if (!Object.hasOwn(parts, name) && Object.hasOwn(places, name)) {
    const [part, member] = places[name]
    return load(part)[member]
  }
  if (!Object.hasOwn(parts, name)) {
    if (name.startsWith('lazy:')) return (made[name] = { exports: lazy(name.slice(5)) }).exports
    if (!name.startsWith('./')) return require(name)
    Object.assign(parts, require('./${basename(moreTarget)}'))
  }
  const part = (made[name] = { exports: {} })
  const text = parts[name] + '\\n//# sourceURL=' + __filename + name.slice(1)
  new Function('require', 'module', 'exports', text)(load, part, part.exports)
  return part.exports
}
// Inherited, because whoever wants the default is given a copy by esbuild, with the same prototype.
function lazy(name) {
  const get = (_, member) => (member === '__esModule' ? undefined : require(name)[member])
  return Object.create(new Proxy({}, { get }))
}
load('./front')
`

const listed = (parts: readonly Part[]): string =>
  `{\n${parts.map(([name, body]) => `'${name}': ${literal(body)},\n`).join('')}}\n`

const first: Part[] = [['./front', await joined(texts, front, everyOf(front))], await trimmed(swift)]
const others = [...texts].filter(([name]) => ![...front, ...swift, complete.at(-1)].includes(name))
const more: Part[] = [['./common', await joined(texts, swift, everyOf(swift))], await trimmed(complete)]
for (const [name, text] of others) more.push([name, await alone(text)])
writeFileSync(target, `#!/usr/bin/env node\n'use strict'\nconst parts = ${listed(first)}${LOADER}`)
writeFileSync(moreTarget, `module.exports = ${listed(more)}`)
chmodSync(target, 0o755)
