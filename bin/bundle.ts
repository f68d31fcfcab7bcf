/**
 * Bundles what tsc has compiled into the program: CommonJS files, because Node finds and reads those fastest.
 *
 * - `dist/queuectl.cjs`, installed as `queuectl`: reads the command line (`lib/cli/main.ts`).
 * - `dist/queuectl-fast.cjs`: the calls that scripts make most (`lib/cli/fast-path.ts`), and no more than they use.
 * - `dist/queuectl-full.cjs`: all of the program (`lib/cli/dispatch.ts`). A module that is imported dynamically is
 *   evaluated when it is first asked for, but read with the rest: a worker has all its code from its start, so an upgrade
 *   while it runs cannot mix two versions.
 *
 * What two files use is in both, so no module may keep state that they must share.
 */
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(at('../../package.json'), 'utf8')) as { version: string }
const { resolve } = createRequire(import.meta.url)

/**
 * Loads Node's slow modules when something of theirs is first used: child_process, crypto and tty bring in streams and
 * sockets. The proxy is the prototype of what is exported, because esbuild hands out copies with the same prototype.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const slow = /^(node:)?(child_process|crypto|events|net|os|readline|stream|stream\/promises|tty|util|v8)$/
    onResolve({ filter: slow }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'lazy' } : undefined,
    )
    onResolve({ filter: /^lazy-proxy$/ }, ({ path }) => ({ path, namespace: 'lazy' }))
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents:
        path === 'lazy-proxy'
          ? `module.exports = load =>
              Object.create(new Proxy({}, { get: (_, name) => (name === '__esModule' ? undefined : load()[name]) }))`
          : `module.exports = require('lazy-proxy')(() => require('${path}'))`,
    }))
  },
}

/** Saves 5 ms: clipanion opens the standard streams and the terminal for a default context, which we replace. */
const noDefaultContext: Plugin = {
  name: 'no-default-context',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]advanced[\\/]Cli\.m?js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace(/Cli\.defaultContext = \{[^}]*\};/, 'Cli.defaultContext = {};')
      if (contents === source) throw new Error(`${path} no longer has a default context: adapt the pattern`)
      return { contents }
    })
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]platform[\\/]node\.m?js$/ }, () => ({
      contents: 'export const getDefaultColorDepth = () => 1, getCaptureActivator = () => undefined',
    }))
  },
}

/** Makes the dynamic imports of the entry require the other files. Another one on the fast path would find nothing. */
const otherFiles: Plugin = {
  name: 'other-files',
  setup({ onResolve }) {
    const files: Record<string, string> = { 'fast-path': 'fast', dispatch: 'full' }
    onResolve({ filter: /^\.\.?\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return undefined
      const file = files[basename(path, '.js')]
      if (file === 'full') return { path: 'queuectl-full.cjs', namespace: COMPILED }
      if (file) return { path: `./queuectl-${file}.cjs`, external: true }
      return { errors: [{ text: `${importer} may not import ${path} dynamically: it is on the fast path` }] }
    })
  },
}

const COMPILED = 'compiled'

/** Requires the whole program with the code that was compiled of it before, where Node does not keep that itself. */
const withCompiled = (hash: string): Plugin => ({
  name: 'with-compiled',
  setup({ onLoad }) {
    onLoad({ filter: /.*/, namespace: COMPILED }, ({ path }) => ({
      resolveDir: at('.'),
      contents: `const file = require('node:path').join(__dirname, ${JSON.stringify(path)})
        const { compileCacheDir } = require(${JSON.stringify(at('../lib/config/env.js'))})
        const dir = 'enableCompileCache' in require('node:module') || process.env.NODE_DISABLE_COMPILE_CACHE ? undefined : compileCacheDir()
        module.exports = dir === undefined ? require(file) :
          require(${JSON.stringify(at('./compiled.js'))}).requireCompiled({ path: file, hash: ${JSON.stringify(hash)}, require }, dir)`,
    }))
  },
})

const OPTIONS: BuildOptions = {
  outdir: at('..'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  supported: { 'dynamic-import': false },
  // Their package.json names only CommonJS, of which esbuild can leave nothing out; they contain ES modules as well.
  alias: { clipanion: resolve('clipanion/lib/advanced/index.mjs'), typanion: resolve('typanion/lib/index.mjs') },
  define: { QUEUECTL_VERSION: JSON.stringify(version) },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
}

await build({
  ...OPTIONS,
  entryPoints: { 'queuectl-full': at('../lib/cli/dispatch.js') },
  // Names of classes are printed, in errors and by the help.
  minifyIdentifiers: true,
  keepNames: true,
  plugins: [lazyBuiltins, noDefaultContext],
})
const hash = createHash('sha256')
  .update(readFileSync(at('../queuectl-full.cjs')))
  .digest('hex')
  .slice(0, 16)
await build({
  ...OPTIONS,
  entryPoints: { queuectl: at('./queuectl.js'), 'queuectl-fast': at('../lib/cli/fast-path.js') },
  // Node reads a module 8 KiB at a time.
  minifyIdentifiers: true,
  plugins: [lazyBuiltins, otherFiles, withCompiled(hash)],
})
chmodSync(at('../queuectl.cjs'), 0o755)
