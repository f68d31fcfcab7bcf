/**
 * Makes `dist/web/`, the pages of the dashboard, from `lib/web/`: scripts, a style sheet, and an HTML file that names
 * them. Their names contain a hash of their content, so a browser may cache them for ever and still gets each new version.
 *
 * The HTML itself contains no script or style, because the server's Content-Security-Policy allows none.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const source = (name: string): string => at(`../../lib/web/${name}`)
const target = at('../web')

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
  logLevel: 'warning',
})

/** The path by which the page requests the file that was made of an entry. */
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
