/**
 * The pages: files of one directory, all known by name before the first request, so that no path is ever made of what a
 * request says. Files in `assets/` have a hash in their names and never change; every other path is a page of the one
 * application and gets its `index.html`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { errno } from '../errors.ts'
import { Refusal } from './problem.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** What is kept in memory of each file: all of them together are smaller than one photograph. */
interface Page {
  readonly type: string
  readonly bytes: Buffer<ArrayBuffer>
  /** The same, compressed. */
  readonly packed: Buffer<ArrayBuffer>
}

export type Pages = (c: Context) => Response

/** The pages in `dir`; without it every request for one is told so. */
export function pagesIn(dir: string): Pages {
  const pages = readPages(dir)
  return (c) => {
    const asked = c.req.path
    const name = pages.has(asked) ? asked : '/index.html'
    const isAsset = asked.startsWith('/assets/')
    const page = isAsset && name !== asked ? undefined : pages.get(name)
    if (!page) throw new Refusal(404, pages.size === 0 ? 'the pages were not built: npm run build' : `no ${asked} here`)
    c.header('Cache-Control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache')
    c.header('Content-Type', page.type)
    c.header('Vary', 'Accept-Encoding')
    if (!/\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '')) return c.body(page.bytes)
    c.header('Content-Encoding', 'gzip')
    return c.body(page.packed)
  }
}

function readPages(dir: string): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>()
  for (const name of filesIn(dir)) {
    const type = TYPES[extname(name)]
    if (!type) continue
    const bytes = Buffer.from(readFileSync(join(dir, name)))
    pages.set(`/${name}`, { type, bytes, packed: gzipSync(bytes, { level: 9 }) })
  }
  return pages
}

function filesIn(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw error
  }
}
