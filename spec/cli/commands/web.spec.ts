import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWeb } from '../../../fixtures/web.ts'
import { until } from '../../../fixtures/until.ts'
import { cleanEnv, PROGRAM, start } from '../../../fixtures/program.ts'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl web')

const TOKEN = '0123456789abcdef0123456789abcdef'
const UP_MS = 10_000

test(
  'web prints its address, answers there, and stops at Ctrl-C with streams open',
  inWorld(async ({ begin }) => {
    const web = begin(['web', '--port', '0'])
    const url = await until(
      () => /^http:\/\/127\.0\.0\.1:\d+\/$/m.exec(web.stdout)?.[0],
      UP_MS,
      () => web.stderr,
    )
    assert.is((await fetch(`${url}healthz`)).status, 200)
    const stream = await fetch(`${url}api/v1/stream`)
    assert.is(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8')
    web.kill('SIGINT')
    const { code, stderr } = await web.ended
    assert.equal([code, stderr], [0, ''])
    await stream.text().catch(() => {})
  }),
)

test(
  'dashboard is an alias, stops at SIGTERM, and with --json prints its address as JSON',
  inWorld(async ({ begin }) => {
    const web = begin(['dashboard', '--port', '0', '--json'], { env: { QUEUECTL_TOKEN: TOKEN } })
    const line = await until(
      () => web.stdout.endsWith('\n') && web.stdout,
      UP_MS,
      () => web.stderr,
    )
    const { url, link } = JSON.parse(line) as { url: string; link: string }
    assert.ok(link.startsWith(`${url}login?code=`))
    assert.is(line.includes(TOKEN), false)
    assert.is((await fetch(`${url}api/v1/jobs`)).status, 401)
    assert.is((await fetch(`${url}api/v1/jobs`, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200)
    web.kill('SIGTERM')
    assert.is((await web.ended).code, 0)
  }),
)

test(
  'under nohup SIGHUP does nothing, and SIGTERM ends it',
  inWorld(async ({ dir, home }) => {
    const line = `trap '' HUP; "$0" "$1" web --port 0 & echo $!; wait $!`
    const shell = start('sh', ['-c', line, process.execPath, PROGRAM], {
      cwd: dir,
      env: { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home },
    })
    const url = await until(() => /^http:.*$/m.exec(shell.stdout)?.[0], UP_MS, 'it is up')
    const pid = Number.parseInt(shell.stdout, 10)
    process.kill(pid, 'SIGHUP')
    assert.is((await fetch(`${url}healthz`)).status, 200)
    process.kill(pid, 'SIGTERM')
    assert.is((await shell.ended).code, 0)
  }),
)

test(
  'a port that is taken is reported in one line with a hint',
  inWorld(async ({ cli }) => {
    const other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await cli(['web', '--port', String(port)])
    other.close()
    assert.equal([code, stdout], [1, ''])
    assert.is(
      stderr,
      `queuectl: port ${port} is taken\nhint: choose another with --port N, or any free one with --port 0\n`,
    )
  }),
)

test(
  'a home with broken totals is reported, and nothing is left listening',
  inWorld(async ({ cli, home }) => {
    await cli(['init'])
    writeFileSync(join(home, 'journal', 'totals.json'), '[]')
    const { code, stderr } = await cli(['web', '--port', '0'])
    assert.is(code, 1)
    assert.match(stderr, 'it does not contain totals')
  }),
)

test(
  'an address that others can reach needs a token',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['web', '--host', '0.0.0.0', '--port', '0'])
    assert.is(code, 2)
    assert.match(stderr, 'without a token')
    assert.is((await cli(['web', '--port', '70000'])).code, 2)
    assert.match(
      (await cli(['web', '--host', 'nowhere.invalid', '--token', TOKEN])).stderr,
      'is not an address of this machine',
    )
  }),
)

test(
  'with --debug each request is logged, without sign-in codes',
  inWorld(async ({ begin }) => {
    const web = begin(['web', '--port', '0', '--debug', '--token', TOKEN])
    const link = await until(
      () => /^http\S+$/m.exec(web.stdout)?.[0],
      UP_MS,
      () => web.stderr,
    )
    await fetch(link, { redirect: 'manual' })
    await until(
      () => web.stderr.includes('GET /login 303'),
      UP_MS,
      () => web.stderr,
    )
    assert.is(web.stderr.includes('code'), false)
    web.kill()
    await web.ended
  }),
)

test(
  'a link to the program finds its pages',
  inWorld(async ({ dir, begin }) => {
    mkdirSync(join(dir, 'bin'))
    symlinkSync(PROGRAM, join(dir, 'bin', 'queuectl'))
    const web = begin(['web', '--port', '0'], { program: join(dir, 'bin', 'queuectl') })
    const url = await until(
      () => /^http\S+$/m.exec(web.stdout)?.[0],
      UP_MS,
      () => web.stderr,
    )
    assert.is((await fetch(`${url}healthz`)).status, 200)
    web.kill()
    await web.ended
  }),
)

test(
  'every page of the application is its index, and its assets never change',
  inWeb(async (web) => {
    const pages = join(web.dir, 'web')
    mkdirSync(join(pages, 'assets'), { recursive: true })
    writeFileSync(join(pages, 'index.html'), '<!doctype html><title>queuectl</title>')
    writeFileSync(join(pages, 'assets', 'app-1a2b.js'), 'let a')
    writeFileSync(join(web.dir, 'outside.html'), 'secret')
    await web.end()
    const again = await startAgain(web.home, pages)
    for (const path of ['/', '/jobs', '/jobs/x', '/dead?q=1', '/../outside.html', '/%2e%2e/outside.html']) {
      const answer = await fetch(again.url + path.slice(1))
      assert.equal(
        [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')],
        [200, 'text/html; charset=utf-8', 'no-cache'],
        path,
      )
      assert.match(await answer.text(), '<title>queuectl</title>')
    }
    const asset = await fetch(`${again.url}assets/app-1a2b.js`)
    assert.equal(
      [asset.headers.get('content-type'), asset.headers.get('cache-control')],
      ['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    )
    assert.is((await fetch(`${again.url}assets/none.js`)).status, 404)
    assert.is((await fetch(`${again.url}assets/..%2f..%2foutside.html`)).status, 404)
    await again.close()
  }),
)

async function startAgain(home: string, pages: string) {
  const { serve } = await import('../../../lib/http/server.ts')
  const { Queue } = await import('../../../lib/queue.ts')
  const options = { host: '127.0.0.1', port: 0, names: [], pages, readOnly: false, token: undefined, report: () => {} }
  return serve(Queue.open({ home }), options)
}

test.run()
