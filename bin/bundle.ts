/**
 * Makes `dist/queuectl.cjs`, the one file that is installed as `queuectl`, of what tsc made of `bin/queuectl.ts`.
 *
 * One CommonJS file because that starts fastest (as ES modules it takes half as long again); what a command does not
 * need stays behind its dynamic `import()` and is not evaluated. Beside it `dist/queuectl-web.cjs`, the packages of the
 * web server.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
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

/**
 * The web server's packages lie in a file of their own: every command reads the whole of the other one, and only `web`
 * needs them.
 */
const WEB_PACKAGES = ['hono', 'hono/cookie', '@hono/node-server']
const webApart: Plugin = {
  name: 'web-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(hono|@hono)(\/|$)/ }, ({ path, namespace }) => {
      if (namespace === 'web' || !WEB_PACKAGES.includes(path)) return undefined
      return { path, namespace: 'web' }
    })
    onLoad({ filter: /.*/, namespace: 'web' }, ({ path }) => ({
      contents: `module.exports = require('./${basename(webTarget)}')[${JSON.stringify(path)}]`,
      loader: 'js',
    }))
    onResolve({ filter: /^\.\/queuectl-web\.cjs$/ }, ({ path }) => ({ path, external: true }))
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

await build({
  ...common,
  entryPoints: [at('./queuectl.js')],
  outfile: target,
  define: { QUEUECTL_VERSION: JSON.stringify(version) },
  plugins: [noDefaultContext, lazyBuiltins, webApart],
})
await build({
  ...common,
  stdin: {
    contents: `module.exports = { ${WEB_PACKAGES.map((name) => `get '${name}'() { return require('${name}') }`).join(', ')} }`,
    resolveDir: at('../..'),
  },
  outfile: webTarget,
})
chmodSync(target, 0o755)
