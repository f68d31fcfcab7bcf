/**
 * Makes `dist/queuectl.cjs`, which is installed as `queuectl`, and beside it `dist/queuectl-more.cjs`, of what tsc made of
 * `bin/queuectl.ts`.
 *
 * Few files, because those are found and read fastest. In them every part is a text until it is needed: the engine reads
 * all of a program before it runs any of it, which took longer than what most commands do. Parts are what esbuild splits
 * it into along the dynamic `import()`s. In the first file lies what the swift calls need (`lib/cli/swift.ts`), the second
 * is read, whole, when anything else is asked for: so a worker has all of it from its start, whatever replaces it later.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, type CommonOptions, type Metafile, type Plugin, transform } from 'esbuild'
import { basename } from 'node:path'

const require = createRequire(import.meta.url)
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
 * whole command (child_process, crypto and tty bring in streams and sockets).
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const isSlow = /^(node:)?(child_process|crypto|events|net|os|readline|stream|stream\/promises|tty|v8)$/
    onResolve({ filter: isSlow }, ({ path, kind, namespace }) =>
      kind === 'import-statement' && namespace !== 'lazy' ? { path, namespace: 'lazy' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const names = Object.keys(require(path) as object)
      const getters = names.map((name) => `get ${name}() { return load().${name} }`)
      return {
        contents: `const load = () => require('${path}'); module.exports = { ${getters.join(', ')} }`,
        loader: 'js',
      }
    })
  },
}

const STYLE: CommonOptions = {
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
}

type Parts = readonly (readonly [name: string, body: string])[]

/** The parts by the names under which they import one another, as bodies of functions: for swift calls, and the rest. */
async function split(): Promise<{ swift: Parts; more: Parts }> {
  const { outputFiles, metafile } = await build({
    ...STYLE,
    entryPoints: [at('./queuectl.js')],
    outdir: at('..'),
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    define: { QUEUECTL_VERSION: JSON.stringify(version) },
    plugins: [noDefaultContext, lazyBuiltins],
  })
  const needed = new Set<string>()
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
    if (/(^|\/)(bin\/queuectl|lib\/cli\/swift)\.js$/.test(entryPoint ?? '')) need(path, metafile, needed)
  const parts = outputFiles.map(async ({ path, text }) => {
    // Of a CommonJS package esbuild exports all as `default`; whoever imports it wants its members.
    const program = text.replace(/^#!.*\n/, '').replace(/export default (require_\w+\(\));\s*$/, 'module.exports=$1;')
    const { code } = await transform(program, {
      ...STYLE,
      format: 'cjs',
      supported: { 'dynamic-import': false },
      logOverride: { 'commonjs-variable-in-esm': 'silent' },
    })
    return [`./${basename(path)}`, code.trimEnd()] as const
  })
  const all = await Promise.all(parts)
  const isSwift = ([name]: Parts[number]): boolean => needed.has(name.slice(2))
  return { swift: all.filter(isSwift), more: all.filter((part) => !isSwift(part)) }
}

/** Adds a part, and all that it imports at once. */
function need(path: string, metafile: Metafile, needed: Set<string>): void {
  if (needed.has(basename(path))) return
  needed.add(basename(path))
  for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
    if (kind === 'import-statement') need(next, metafile, needed)
}

/** A text as a literal; our texts are full of double quotes. */
const literal = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/\\.|'/g, (found) => (found === "'" ? "\\'" : found === '\\"' ? '"' : found))}'`

/** Evaluates a part when it is first asked for; what is no part is node's own. */
const LOADER = `
const made = Object.create(null)
function load(name) {
  if (made[name]) return made[name].exports
  if (!Object.hasOwn(parts, name)) {
    if (!name.startsWith('./')) return require(name)
    Object.assign(parts, require('./${basename(moreTarget)}'))
  }
  const part = (made[name] = { exports: {} })
  const text = parts[name] + '\\n//# sourceURL=' + __filename + name.slice(1)
  new Function('require', 'module', 'exports', text)(load, part, part.exports)
  return part.exports
}
load('./queuectl.js')
`

const listed = (parts: Parts): string =>
  `{\n${parts.map(([name, text]) => `'${name}': ${literal(text)},\n`).join('')}}\n`

const { swift, more } = await split()
writeFileSync(target, `#!/usr/bin/env node\n'use strict'\nconst parts = ${listed(swift)}${LOADER}`)
writeFileSync(moreTarget, `module.exports = ${listed(more)}`)
chmodSync(target, 0o755)
