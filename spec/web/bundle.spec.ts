/** The built pages: their size, and that they obey the Content-Security-Policy. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startWeb } from '../../fixtures/browser.ts'
import { inWorld } from '../../fixtures/world.ts'
import { ROOT } from '../../fixtures/program.ts'

const test = suite('bundle of the pages')

const WEB = join(ROOT, 'dist/web')
const files = readdirSync(WEB, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
const page = readFileSync(join(WEB, 'index.html'), 'utf8')

test('all of it is smaller than 75 kB when compressed', () => {
  const sizes = files.map((file) => gzipSync(readFileSync(file), { level: 9 }).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total < 75_000, `${total} bytes`)
})

test('each script and style sheet of the page exists, with a hash of its content in its name', () => {
  const named = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  assert.equal(
    named.toSorted(),
    files
      .filter((file) => file.includes('assets'))
      .map((file) => file.slice(WEB.length + 1))
      .toSorted(),
  )
  for (const name of named) assert.match(name, /^assets\/[a-z]+-[A-Z0-9]{8}\.(js|css)$/)
})

test('the page contains no inline script or style', () => {
  assert.not.match(page, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i)
})

test('nothing is fetched from another server', () => {
  const own = /https?:\/\/(?:www\.w3\.org\/|127\.0\.0\.1|localhost)/
  for (const file of files) {
    const links = readFileSync(file, 'utf8').match(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]{2,}[^\s"'`)]*/gi) ?? []
    assert.equal(
      links.filter((link) => !own.test(link)),
      [],
      file,
    )
  }
})

test(
  'files are sent compressed to clients that accept gzip, else as they are',
  inWorld(async (world) => {
    const { server, url } = await startWeb(world, ['--port', '0'])
    for (const file of files) {
      const path = file.slice(WEB.length).replace(/^\/index\.html$/, '/')
      const sent = async (encoding: string): Promise<[string | null, string]> => {
        const answer = await fetch(url + path, { headers: { 'accept-encoding': encoding } })
        return [answer.headers.get('content-encoding'), await answer.text()]
      }
      const text = readFileSync(file, 'utf8')
      assert.equal(await sent('gzip, br'), ['gzip', text], path)
      assert.equal(await sent('identity'), [null, text], path)
    }
    server.kill()
    await server.ended
  }),
)

test.run()
