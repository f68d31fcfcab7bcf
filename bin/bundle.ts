/**
 * Makes `dist/queuectl.cjs`, the one file that is installed as `queuectl`, of what tsc made of `bin/queuectl.ts`.
 *
 * One CommonJS file because that starts fastest (as ES modules it takes half as long again); what a command does not
 * need stays behind its dynamic `import()` and is not evaluated.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(at('../../package.json'), 'utf8')) as { version: string }
const target = at('../queuectl.cjs')

/** clipanion opens the standard streams as it is loaded, for a default context that we replace: 3 ms of each start. */
const noDefaultStreams: Plugin = {
  name: 'no-default-streams',
  setup({ onLoad }) {
    onLoad({ filter: /clipanion[\\/]lib[\\/]advanced[\\/]Cli\.(m?js)$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const contents = source.replace(/Cli\.defaultContext = \{[^}]*\};/, 'Cli.defaultContext = {};')
      if (contents === source) throw new Error(`${path} has no default context any more: look again`)
      return { contents, loader: 'js' }
    })
  },
}

await build({
  entryPoints: [at('./queuectl.js')],
  outfile: target,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'external',
  legalComments: 'none',
  define: { QUEUECTL_VERSION: JSON.stringify(version) },
  plugins: [noDefaultStreams],
  logLevel: 'warning',
})
chmodSync(target, 0o755)
