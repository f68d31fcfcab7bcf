/**
 * Makes `dist/lib` fit for the package, by `npm pack`: only the files that a program gets by importing the library, without
 * comments, which are in the types, and without references to source maps, which are not packed. The next build makes it
 * whole again.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const lib = fileURLToPath(new URL('../lib', import.meta.url))

/** The files that a file imports, with theirs, and itself. @param ending what stands on the disk where `.js` is imported */
function imported(path: string, ending: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found
  found.add(path)
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
    /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.[jt]s['"]/g,
  ))
    imported(join(dirname(path), name + ending), ending, found)
  return found
}

const kept = new Set(['.js', '.d.ts'].flatMap((ending) => [...imported(join(lib, `index${ending}`), ending)]))

for (const name of readdirSync(lib, { recursive: true, encoding: 'utf8' })) {
  const path = join(lib, name)
  if (!/\.[jt]s$/.test(name)) continue
  if (!kept.has(path)) rmSync(path)
  else if (name.endsWith('.js')) {
    const options = { format: 'esm', target: 'node20', legalComments: 'none', minifyWhitespace: true } as const
    writeFileSync(path, transformSync(readFileSync(path, 'utf8'), options).code)
  }
}
