/**
 * Makes `dist/lib` fit for the package, by `npm pack`: without comments, which are in the types, and without references to
 * source maps, which are not packed. The next build makes it whole again.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const lib = fileURLToPath(new URL('../lib', import.meta.url))

for (const name of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.js')) continue
  const path = join(lib, name)
  const { code } = transformSync(readFileSync(path, 'utf8'), { format: 'esm', target: 'node20', legalComments: 'none' })
  writeFileSync(path, code)
}
