/**
 * Makes `dist/web/`, the pages of the dashboard, of `lib/web/`: one script, one style sheet, one file of HTML that names
 * them. Their names carry a hash of their content, so a browser may keep them for ever and still sees each new version.
 *
 * No script or style stands in the HTML itself: the server's Content-Security-Policy allows none.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const source = (name: string): string => at(`../../lib/web/${name}`)
const target = at('../web')

/** uPlot hangs everything it can do on itself, so that nothing of it is left out: 2 kB of what we never draw. */
const onlyWhatIsDrawn: Plugin = {
  name: 'only-what-is-drawn',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]uPlot\.esm\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const unused = /^\s*(?:\(paths\.(?:stepped|spline) *= \w+\)|uPlot\.(?:join|tzDate|addGap|clipGaps) *= \w+);$/gm
      const contents = text.replaceAll(unused, '')
      if (contents === text) throw new Error(`${path} has other things on it now: look again`)
      return { contents, loader: 'js' }
    })
  },
}

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })

const { metafile } = await build({
  entryPoints: { first: source('first.ts'), app: source('app.tsx'), style: source('style/style.css') },
  outdir: target,
  entryNames: 'assets/[name]-[hash]',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  minify: true,
  metafile: true,
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  plugins: [onlyWhatIsDrawn],
  logLevel: 'warning',
})

/** The path of what was made of an entry, as the page asks for it. */
function made(entry: string, ending: string): string {
  const path = Object.entries(metafile.outputs).find(
    ([file, { entryPoint }]) => entryPoint?.endsWith(entry) && file.endsWith(ending),
  )?.[0]
  if (path === undefined) throw new Error(`nothing was made of ${entry}`)
  return `/assets/${basename(path)}`
}

const page = readFileSync(source('index.html'), 'utf8')
  .replace('/first.js', made('first.ts', '.js'))
  .replace('/app.js', made('app.tsx', '.js'))
  .replace('/style.css', made('style.css', '.css'))
writeFileSync(`${target}/index.html`, page)
writeFileSync(`${target}/icon.svg`, readFileSync(source('icon.svg')))
