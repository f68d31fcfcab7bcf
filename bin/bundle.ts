/**
 * Makes the program of what tsc made of it: CommonJS files, because those are found and read fastest.
 *
 * - `dist/queuectl.cjs`, installed as `queuectl`: reads the command line (`lib/cli/main.ts`).
 * - `dist/queuectl-fast.cjs`: the calls that scripts make most (`lib/cli/fast-path.ts`), and no more than they use.
 * - `dist/queuectl-full.cjs`: all of the program (`lib/cli/dispatch.ts`). A module that is imported dynamically is
 *   evaluated when it is first asked for, but read with the rest: a worker has all its code from its start, so an upgrade
 *   while it runs cannot mix two versions.
 *
 * What two files use is in both, so no module may keep state that they must share.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions, type Plugin } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(at('../../package.json'), 'utf8')) as { version: string }
const { resolve } = createRequire(import.meta.url)

/**
 * Node's slow modules are loaded when something of theirs is first used: child_process, crypto and tty bring in
 * streams and sockets. The proxy is a prototype because esbuild gives a default import a copy with the same prototype.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const slow = /^(node:)?(child_process|crypto|events|net|os|readline|stream|stream\/promises|tty|util|v8)$/
    onResolve({ filter: slow }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'lazy' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: `const get = (_, name) => (name === '__esModule' ? undefined : require('${path}')[name])
        module.exports = Object.create(new Proxy({}, { get }))`,
    }))
  },
}

/** clipanion opens the standard streams and the terminal for a default context that we replace: 5 ms of each start. */
const noDefaultContext: Plugin = {
  name: 'no-default-context',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]advanced[\\/]Cli\.m?js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace(/Cli\.defaultContext = \{[^}]*\};/, 'Cli.defaultContext = {};')
      if (contents === source) throw new Error(`${path} has no default context any more: look again`)
      return { contents }
    })
    onLoad({ filter: /[\\/]clipanion[\\/]lib[\\/]platform[\\/]node\.m?js$/ }, () => ({
      contents: 'export const getDefaultColorDepth = () => 1, getCaptureActivator = () => undefined',
    }))
  },
}

/** The entry's dynamic imports lead to the other files. Any other one that is left in them would find nothing. */
const otherFiles: Plugin = {
  name: 'other-files',
  setup({ onResolve }) {
    const files: Record<string, string> = { 'fast-path': 'fast', dispatch: 'full' }
    onResolve({ filter: /^\.\.?\// }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import') return undefined
      const file = files[basename(path, '.js')]
      if (file) return { path: `./queuectl-${file}.cjs`, external: true }
      return { errors: [{ text: `${importer} may not import ${path} dynamically: it is on the fast path` }] }
    })
  },
}

const OPTIONS: BuildOptions = {
  outdir: at('..'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  supported: { 'dynamic-import': false },
  // Packages that name only their CommonJS, of which esbuild can leave nothing out, and have modules as well.
  alias: { clipanion: resolve('clipanion/lib/advanced/index.mjs'), typanion: resolve('typanion/lib/index.mjs') },
  define: { QUEUECTL_VERSION: JSON.stringify(version) },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
}

await build({
  ...OPTIONS,
  entryPoints: { queuectl: at('./queuectl.js'), 'queuectl-fast': at('../lib/cli/fast-path.js') },
  plugins: [lazyBuiltins, otherFiles],
})
await build({
  ...OPTIONS,
  entryPoints: { 'queuectl-full': at('../lib/cli/dispatch.js') },
  plugins: [lazyBuiltins, noDefaultContext],
})
chmodSync(at('../queuectl.cjs'), 0o755)
