/**
 * Serves the built pages from memory. All file names are known before the first request, so no path is ever built from a
 * request. Files in `assets/` carry a hash in their name and never change; every other path gets `index.html`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { errno } from '../errors.ts'
import { HttpError } from './problem.ts'

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

/** A file in memory; all of them together are about 200 kB. */
interface StaticFile {
  readonly type: string
  readonly bytes: Buffer<ArrayBuffer>
  readonly gzipped: Buffer<ArrayBuffer>
}

export type ServeFile = (c: Context) => Response

/** Serves the pages in `dir`; answers 404 with a hint when they were not built. */
export function serveFilesIn(dir: string): ServeFile {
  const pages = readFilesIn(dir)
  return (c) => {
    const { path } = c.req
    const name = pages.has(path) ? path : '/index.html'
    const isAsset = path.startsWith('/assets/')
    const page = isAsset && name !== path ? undefined : pages.get(name)
    if (!page)
      throw new HttpError(404, pages.size === 0 ? 'the pages were not built: npm run build' : `no ${path} here`)
    c.header('Cache-Control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache')
    c.header('Content-Type', page.type)
    c.header('Vary', 'Accept-Encoding')
    if (!/\bgzip\b/.test(c.req.header('Accept-Encoding') ?? '')) return c.body(page.bytes)
    c.header('Content-Encoding', 'gzip')
    return c.body(page.gzipped)
  }
}

function readFilesIn(dir: string): ReadonlyMap<string, StaticFile> {
  const pages = new Map<string, StaticFile>()
  for (const name of listFiles(dir)) {
    const type = TYPES[extname(name)]
    if (!type) continue
    const bytes = Buffer.from(readFileSync(join(dir, name)))
    pages.set(`/${name}`, { type, bytes, gzipped: gzipSync(bytes, { level: 9 }) })
  }
  return pages
}

function listFiles(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw error
  }
}
