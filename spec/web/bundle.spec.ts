/** What the browser is given: how much it is, and that it is only what the server's rules allow. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { serve } from '../../fixtures/browser.ts'
import { inWorld } from '../../fixtures/world.ts'
import { ROOT } from '../../fixtures/program.ts'

const test = suite('bundle of the pages')

const WEB = join(ROOT, 'dist/web')
const files = readdirSync(WEB, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
const page = readFileSync(join(WEB, 'index.html'), 'utf8')

test('all of it is smaller than 60 kB when compressed', () => {
  const sizes = files.map((file) => gzipSync(readFileSync(file), { level: 9 }).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total < 60_000, `${total} bytes`)
})

test('each script and style sheet that the page names is there, its name with a hash of what is in it', () => {
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

test('no script and no style stands in the page itself', () => {
  assert.not.match(page, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i)
})

test('nothing is fetched from another place', () => {
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
  'a browser gets all of it compressed, and as it is whoever does not ask for that',
  inWorld(async (world) => {
    const { server, url } = await serve(world, ['--port', '0'])
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
