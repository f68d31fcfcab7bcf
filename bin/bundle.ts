/**
 * Makes `dist/queuectl.cjs`, the one file that is installed as `queuectl`, of what tsc made of `bin/queuectl.ts`.
 *
 * One CommonJS file because that starts fastest (as ES modules it takes half as long again); what a command does not
 * need stays behind its dynamic `import()` and is not evaluated. Beside it `dist/queuectl-web.cjs`, the web server.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const require = createRequire(import.meta.url)
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(at('../../package.json'), 'utf8')) as { version: string }
const target = at('../queuectl.cjs')
const webTarget = at('../queuectl-web.cjs')

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
    const isSlow = /^(node:)?(child_process|crypto|events|net|os|readline|stream|stream\/promises|tty)$/
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

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'external',
  legalComments: 'none',
  logLevel: 'warning',
} as const

/**
 * The web server lies in a file of its own, since every command reads the whole of the program's and only `web` needs
 * it. What it has in common with the program it is given by it, so that nothing is there twice: two classes of the same
 * name would not know each other's instances.
 */
const given = new Set<string>()
const inCommon: Plugin = {
  name: 'in-common',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer }) => {
      const file = resolve(dirname(importer), path)
      if (!file.startsWith(at('../lib/')) || file.startsWith(at('../lib/http/'))) return undefined
      given.add(file)
      return { path: file, namespace: 'given' }
    })
    onLoad({ filter: /.*/, namespace: 'given' }, ({ path }) => ({
      contents: `module.exports = given(${JSON.stringify(relative(at('..'), path))})`,
      loader: 'js',
    }))
  },
}
await build({
  ...common,
  entryPoints: [at('../lib/http/server.js')],
  outfile: webTarget,
  banner: { js: 'module.exports = (given) => { const module = { exports: {} };' },
  footer: { js: 'return module.exports }' },
  plugins: [inCommon],
})

const webApart: Plugin = {
  name: 'web-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/http\/server\.js$/ }, () => ({ path: 'web', namespace: 'web' }))
    onResolve({ filter: /^\.\/queuectl-web\.cjs$/ }, ({ path }) => ({ path, external: true }))
    onLoad({ filter: /.*/, namespace: 'web' }, () => {
      const files = [...given].sort()
      const cases = files.map(
        (file) => `${JSON.stringify(relative(at('..'), file))}: () => require(${JSON.stringify(file)})`,
      )
      return {
        contents: `const files = { ${cases.join(', ')} }
          module.exports = require('./${basename(webTarget)}')((file) => files[file]())`,
        loader: 'js',
        resolveDir: at('..'),
      }
    })
  },
}
await build({
  ...common,
  entryPoints: [at('./queuectl.js')],
  outfile: target,
  define: { QUEUECTL_VERSION: JSON.stringify(version) },
  plugins: [noDefaultContext, lazyBuiltins, webApart],
})
chmodSync(target, 0o755)
