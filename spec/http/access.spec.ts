/** Attacks. A client that can enqueue a job can run a command, so each of these could take over the machine. */
import { createHmac } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openapi } from '../../lib/http/openapi/document.ts'
import { inWeb, type Web } from '../../fixtures/web.ts'
import { inWorld } from '../../fixtures/world.ts'
import { MAX_STREAMS, RATES } from '../../lib/http/rate-limit.ts'
import { MAX_IDLE, serve } from '../../lib/http/server.ts'
import { until } from '../../fixtures/until.ts'

const test = suite('access to the web server')

const TOKEN = '0123456789abcdef0123456789abcdef'
/** Invalid host names are refused by Node before the request reaches us. */
const REFUSED = [400, 403]
const JOB = { command: 'touch pwned' }

/** No attack may leave a job behind. */
const nothing = async (web: Web): Promise<void> => assert.equal(await web.queue.list(), [])

test(
  'a request under a foreign host name reads and changes nothing (DNS rebinding)',
  inWeb(async (web) => {
    for (const host of [
      'evil.example',
      `evil.example:${web.port}`,
      '169.254.169.254',
      'localhost.evil.example',
      '127.0.0.1@evil',
    ]) {
      for (const path of ['/api/v1/jobs', '/api/v1/stream', '/', '/metrics', '/healthz'])
        assert.ok(REFUSED.includes((await web.ask(path, { headers: { host } })).status), `${host} ${path}`)
      assert.ok(REFUSED.includes((await web.post('/api/v1/jobs', JOB, { host })).status), host)
    }
    for (const host of ['localhost', `LOCALHOST:${web.port}`, '127.0.0.1', `[::1]:${web.port}`])
      assert.is((await web.ask('/api/v1/jobs', { headers: { host } })).status, 200, host)
    await nothing(web)
  }),
)

test(
  'an allowed host name is accepted',
  inWeb(
    async (web) => {
      assert.is((await web.ask('/healthz', { headers: { host: 'queue.example' } })).status, 200)
      assert.is((await web.ask('/healthz', { headers: { host: 'other.example' } })).status, 403)
    },
    { names: ['Queue.example'] },
  ),
)

test(
  'a page of another site enqueues nothing, by its Origin or its Sec-Fetch-Site (CSRF)',
  inWeb(async (web) => {
    const crossSite: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${web.port + 1}` },
      { origin: `http://localhost.evil.example:${web.port}` },
      { origin: `ftp://127.0.0.1:${web.port}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    ]
    for (const headers of crossSite) {
      assert.is((await web.post('/api/v1/jobs', JOB, headers)).status, 403, JSON.stringify(headers))
      assert.is((await web.post('/api/enqueue', JOB, headers)).status, 403, JSON.stringify(headers))
    }
    await nothing(web)
    const ours = { origin: `http://127.0.0.1:${web.port}`, 'sec-fetch-site': 'same-origin' }
    assert.is((await web.post('/api/v1/jobs', JOB, ours)).status, 201)
  }),
)

test(
  'an HTML form, which cannot send JSON, changes nothing',
  inWeb(async (web) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonp',
      '',
    ])
      for (const path of ['/api/v1/jobs', '/api/enqueue', '/api/v1/jobs/bulk', '/api/v1/operations', '/api/v1/config'])
        assert.is(
          (
            await web.ask(path, {
              method: path.endsWith('config') ? 'PATCH' : 'POST',
              body: JSON.stringify(JOB),
              headers: { 'content-type': type },
            })
          ).status,
          415,
          `${path} as ${type}`,
        )
    await nothing(web)
  }),
)

test(
  'no other site may read an answer: there are no CORS headers, and its requests are refused',
  inWeb(async (web) => {
    const { status, headers } = await web.ask('/api/v1/jobs', { headers: { origin: 'https://evil.example' } })
    assert.is(status, 403)
    assert.is((await web.ask('/api/v1/stream', { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403)
    const asked = {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    }
    const preflight = await web.ask('/api/v1/jobs', asked)
    for (const answer of [headers, preflight.headers])
      assert.is(
        Object.keys(answer).some((name) => name.startsWith('access-control')),
        false,
      )
  }),
)

test(
  'without the token, or with a wrong one, only the static pages are served',
  inWeb(
    async (web) => {
      for (const path of [
        '/api/v1/jobs',
        '/api/v1/stats',
        '/api/v1/stream',
        '/api/v1/openapi.json',
        '/metrics',
        '/api/jobs',
      ])
        for (const authorization of [
          '',
          'Bearer',
          `Bearer ${TOKEN.slice(0, -1)}`,
          `Bearer ${TOKEN}x`,
          `Basic ${TOKEN}`,
        ]) {
          const { status, headers } = await web.ask(path, authorization ? { headers: { authorization } } : {})
          assert.ok(status === 401 || status === 429, `${path} ${authorization}: ${status}`)
          if (status === 401) assert.match(headers['www-authenticate'] ?? '', 'Bearer')
        }
      assert.ok([401, 429].includes((await web.post('/api/v1/jobs', JOB)).status))
      const session = (await web.ask('/api/v1/session')).json
      assert.equal([session.needs_token, session.authenticated, session.home], [true, false, null])
      await nothing(web)
    },
    { token: TOKEN },
  ),
)

test(
  'the token gives access in the header, and is ignored in the address',
  inWeb(
    async (web) => {
      const headers = { authorization: `Bearer ${TOKEN}` }
      assert.is((await web.ask('/api/v1/jobs', { headers })).status, 200)
      assert.is((await web.post('/api/v1/jobs', JOB, headers)).status, 201)
      assert.is((await web.ask(`/api/v1/jobs?token=${TOKEN}`)).status, 401)
    },
    { token: TOKEN },
  ),
)

test(
  'the sign-in link works once and sets a cookie that scripts and other sites cannot read',
  inWeb(
    async (web) => {
      const link = new URL(web.link)
      const first = await web.ask(link.pathname + link.search)
      assert.equal([first.status, first.headers.location], [303, '/'])
      const cookie = first.headers['set-cookie'] ?? ''
      for (const part of [/HttpOnly/, /SameSite=Strict/, /Path=\//, /Max-Age=\d+/]) assert.match(cookie, part)
      assert.is(cookie.includes(TOKEN), false)
      const sent = { cookie: cookie.split(';')[0] ?? '' }
      assert.is((await web.ask('/api/v1/jobs', { headers: sent })).status, 200)
      assert.is((await web.ask(link.pathname + link.search)).headers['set-cookie'], undefined)
      assert.is((await web.ask('/login?code=0123456789abcdef0123456789abcdef')).headers['set-cookie'], undefined)
    },
    { token: TOKEN },
  ),
)

test(
  'a forged or expired cookie does not sign in',
  inWeb(
    async (web) => {
      const { headers } = await web.post('/api/v1/session', { token: TOKEN })
      const [name = '', value = ''] = (headers['set-cookie'] ?? '').split(';')[0]?.split('=') ?? []
      const [end = '', signature = ''] = value.split('.')
      const past = String(Math.floor(Date.now() / 1000) - 10)
      const later = String(Number(end) + 1)
      for (const forged of [
        '',
        '.',
        `${end}.`,
        `${later}.${signature}`,
        `${past}.${signature}`,
        `${end}.${'0'.repeat(64)}`,
        `${past}.${createHmac('sha256', TOKEN).update(`session ${past}`).digest('hex')}`,
      ])
        assert.is((await web.ask('/api/v1/jobs', { headers: { cookie: `${name}=${forged}` } })).status, 401, forged)
      assert.is((await web.ask('/api/v1/jobs', { headers: { cookie: `${name}=${value}` } })).status, 200)
    },
    { token: TOKEN },
  ),
)

test(
  'wrong tokens are soon refused and never lock out the right one, by header, sign-in, cookie or link',
  inWeb(
    async (web) => {
      const right = { authorization: `Bearer ${TOKEN}` }
      const cookie = (await web.post('/api/v1/session', { token: TOKEN })).headers['set-cookie']?.split(';')[0] ?? ''
      const wrong = { authorization: 'Bearer 0123456789abcdef' }
      const tries: (() => Promise<number>)[] = [
        async () => (await web.ask('/api/v1/stats', { headers: wrong })).status,
        async () => (await web.ask('/metrics', { headers: wrong })).status,
        async () => (await web.ask('/api/v1/session', { headers: wrong })).status,
        async () => (await web.post('/api/v1/session', { token: 'wrong' })).status,
        async () => (await web.ask('/login?code=0123')).status,
      ]
      const first = await tries[0]?.()
      assert.is(first, 401)
      for (let n = 0; n < RATES.failing.burst; n++) await tries[n % tries.length]?.()
      for (const attempt of tries) assert.is(await attempt(), 429)
      for (const path of ['/api/v1/stats', '/metrics', '/api/v1/session']) {
        assert.is((await web.ask(path, { headers: right })).status, 200, path)
        assert.is((await web.ask(path, { headers: { cookie } })).status, 200, path)
      }
      const link = new URL(web.link)
      assert.match((await web.ask(link.pathname + link.search)).headers['set-cookie'] ?? '', 'queuectl-')
      assert.is((await web.post('/api/v1/session', { token: TOKEN })).status, 200)
    },
    { token: TOKEN },
  ),
)

test(
  'a flood of requests without the token uses up no limit of those with it',
  inWeb(
    async (web) => {
      const flood = Array.from({ length: 4 * RATES.changing.burst }, () => web.post('/api/v1/jobs', JOB))
      assert.ok((await Promise.all(flood)).some(({ status }) => status === 429))
      assert.is((await web.post('/api/v1/session', { token: TOKEN })).status, 200)
      assert.is((await web.post('/api/v1/jobs', JOB, { authorization: `Bearer ${TOKEN}` })).status, 201)
    },
    { token: TOKEN },
  ),
)

test(
  'connections that send nothing keep no client out and are closed',
  inWeb(async (web) => {
    let open = 0
    const silent = Array.from({ length: 3 * MAX_IDLE }, () => {
      const socket = connect(web.port, '127.0.0.1')
      socket.on('connect', () => open++)
      socket.on('error', () => {})
      socket.on('close', () => open--)
      return socket
    })
    assert.is((await web.ask('/healthz')).status, 200)
    await until(
      () => open > 0 && open <= MAX_IDLE,
      5000,
      () => `${open} are open`,
    )
    assert.is((await web.ask('/healthz')).status, 200)
    for (const socket of silent) socket.destroy()
  }),
)

test(
  'a read-only server changes nothing on any route',
  inWeb(
    async (web) => {
      await web.queue.enqueue({ command: 'true', id: 'a' })
      const tries: [string, string, object?][] = [
        ['POST', '/api/v1/jobs', JOB],
        ['PATCH', '/api/v1/jobs/a', { priority: 1 }],
        ['DELETE', '/api/v1/jobs/a'],
        ['POST', '/api/v1/jobs/bulk', { action: 'cancel', ids: ['a'] }],
        ['POST', '/api/v1/operations', { action: 'cancel', ids: ['a'] }],
        ['POST', '/api/v1/operations/x/cancel'],
        ['PATCH', '/api/v1/config', { max_retries: 9 }],
        ['POST', '/api/enqueue', JOB],
        ['POST', '/api/v1/queues/mail/pause'],
        ['POST', '/api/v1/queues/mail/resume'],
        ['POST', '/api/v1/queues/mail/drain'],
        ['PATCH', '/api/v1/queues/mail', { limit: 1 }],
        ['POST', '/api/v1/schedules/backup/pause'],
        ['POST', '/api/v1/schedules/backup/resume'],
        ['POST', '/api/v1/schedules/backup/run'],
        ['POST', '/api/retry/a'],
        ['PUT', '/api/v1/jobs/a'],
      ]
      for (const verb of ['retry', 'cancel', 'hold', 'release', 'duplicate'])
        tries.push(['POST', `/api/v1/jobs/a/${verb}`])
      for (const [method, path, body = {}] of tries)
        assert.is(
          (await web.ask(path, { method, body, headers: { 'if-match': '*' } })).status,
          403,
          `${method} ${path}`,
        )
      assert.is((await web.ask('/api/v1/jobs')).status, 200)
      assert.equal(
        (await web.queue.list()).map(({ id, state }) => [id, state]),
        [['a', 'pending']],
      )
      assert.equal(web.queue.settings(), {})
      assert.equal([(await web.queue.queueSettings()).size, (await web.queue.pauses()).size], [0, 0])
    },
    { readOnly: true },
  ),
)

/** Every operation that changes something, as the document lists them. */
const changes = Object.entries(
  (openapi('1.0.0') as { readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>> }).paths,
).flatMap(([path, methods]) =>
  Object.keys(methods)
    .filter((method) => method !== 'get' && path !== '/api/v1/session')
    .map((method) => ({ method: method.toUpperCase(), path: path.replace('{id}', 'a') })),
)

const attempted = async (web: Web, headers: Readonly<Record<string, string>>): Promise<number[]> => {
  const statuses: number[] = []
  for (const { method, path } of changes)
    statuses.push((await web.ask(path, { method, body: {}, headers: { 'if-match': '*', ...headers } })).status)
  return [...new Set(statuses)]
}

test(
  'every change is refused to a page of another site, also by its origin alone',
  inWeb(async (web) => {
    await web.queue.enqueue({ command: 'true', id: 'a' })
    assert.ok(changes.length >= 12)
    assert.equal(await attempted(web, { 'sec-fetch-site': 'cross-site' }), [403])
    assert.equal(await attempted(web, { origin: 'https://evil.example' }), [403])
    assert.equal(await attempted(web, { 'content-type': 'text/plain' }), [415])
    assert.is((await web.queue.get('a')).state, 'pending')
  }),
)

test(
  'every change is refused without the token',
  inWeb(
    async (web) => {
      await web.queue.enqueue({ command: 'true', id: 'a' })
      assert.equal(await attempted(web, {}), [401])
      assert.is((await web.queue.get('a')).state, 'pending')
    },
    { token: '0123456789abcdef0123' },
  ),
)

test(
  'every change is refused by a read-only server',
  inWeb(
    async (web) => {
      await web.queue.enqueue({ command: 'true', id: 'a' })
      assert.equal(await attempted(web, {}), [403])
      assert.is((await web.queue.get('a')).state, 'pending')
    },
    { readOnly: true },
  ),
)

test(
  'output, why a job waits, limits and schedules are not told without the token, nor to a page of another site',
  inWeb(
    async (web) => {
      await web.queue.enqueue({ command: 'true', id: 'a' })
      const log = '/api/v1/jobs/a/attempts/1/log'
      const paths = [
        log,
        `${log}/lines`,
        `${log}/search?q=x`,
        `${log}/stream`,
        '/api/v1/jobs/a/explain',
        '/api/v1/tags',
        '/api/v1/queues',
        '/api/v1/limits',
        '/api/v1/schedules',
        '/api/v1/schedules/backup',
      ]
      for (const path of paths) {
        assert.is((await web.ask(path)).status, 401, path)
        assert.is((await web.ask(path, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403, path)
      }
    },
    { token: '0123456789abcdef0123' },
  ),
)

test(
  'every answer forbids foreign scripts, type sniffing, frames and referrers',
  inWeb(async (web) => {
    mkdirSync(join(web.dir, 'web'))
    for (const path of ['/', '/jobs/x', '/api/v1/jobs', '/api/v1/jobs/nobody', '/metrics', '/healthz', '/nowhere']) {
      const { headers } = await web.ask(path)
      const policy = headers['content-security-policy'] ?? ''
      assert.match(policy, "default-src 'none'")
      assert.match(policy, "frame-ancestors 'none'")
      assert.is(/unsafe|\*|https?:|data:(?!;)/.test(policy.replace("img-src 'self' data:", '')), false, policy)
      assert.equal(
        [headers['x-content-type-options'], headers['referrer-policy'], headers['x-frame-options']],
        ['nosniff', 'no-referrer', 'DENY'],
      )
    }
  }),
)

test(
  'output that looks like HTML is sent as plain text',
  inWeb(async (web) => {
    await web.queue.enqueue({ id: 'a', command: 'echo "<script>alert(1)</script>"' })
    await web.cli(['worker', 'start', '--foreground', '--burst'])
    const path = '/api/v1/jobs/a/attempts/1/log'
    const { headers, text } = await web.ask(path, { headers: { accept: 'text/html' } })
    assert.match(text, '<script>')
    assert.is(headers['content-type'], 'text/plain; charset=utf-8')
    assert.match(headers['content-security-policy'] ?? '', 'sandbox')
    assert.match((await web.ask(`${path}?download=1`)).headers['content-disposition'] ?? '', 'attachment')
  }),
)

test(
  'a body that is too large is refused, with or without a Content-Length',
  inWeb(async (web) => {
    const large = JSON.stringify({ command: 'true', stdin: 'x'.repeat(3 * 1024 * 1024) })
    const said = await web
      .ask('/api/v1/jobs', { method: 'POST', body: large, headers: { 'content-type': 'application/json' } })
      .catch(() => ({ status: 413 }))
    assert.is(said.status, 413)
    const unsaid = await new Promise<string>((done) => {
      const socket = connect(web.port, '127.0.0.1')
      let text = ''
      socket.setEncoding('utf8').on('data', (data: string) => (text += data))
      socket.on('close', () => done(text))
      socket.on('error', () => done(text))
      socket.write(
        `POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
      )
      for (let i = 0; i < 48; i++) socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
      socket.end('0\r\n\r\n')
    })
    assert.match(unsaid, / 413 /)
    await nothing(web)
  }),
)

test(
  'too many requests are refused with a time to wait',
  inWeb(async (web) => {
    const asked = Array.from({ length: 4 * RATES.changing.burst }, () => web.post('/api/v1/session'))
    const answers = await Promise.all(asked)
    assert.is(answers.find(({ status }) => status === 429)?.headers['retry-after'], '1')
    assert.ok(answers.filter(({ status }) => status === 200).length >= RATES.changing.burst)
  }),
)

test(
  'the number of open streams is limited, and closing one makes room',
  inWeb(async (web) => {
    const open = await Promise.all(Array.from({ length: MAX_STREAMS }, () => web.listen('/api/v1/stream?topics=stats')))
    assert.ok(open.every(({ status }) => status === 200))
    assert.is((await web.ask('/api/v1/stream')).status, 429)
    open[0]?.close()
    await until(
      async () => {
        const more = await web.listen('/api/v1/stream?topics=stats')
        more.close()
        return more.status === 200
      },
      5000,
      'there is room for another',
    )
  }),
)

test(
  'HEAD opens no stream and no file',
  inWeb(async (web) => {
    await web.queue.enqueue({ id: 'a', command: 'echo out' })
    await web.cli(['worker', 'start', '--foreground', '--burst'])
    const open = (): number => readdirSync('/proc/self/fd').length
    const before = open()
    const head = async (path: string): Promise<void> => assert.is((await web.ask(path, { method: 'HEAD' })).status, 200)
    for (let n = 0; n < 20; n++) await head('/api/v1/jobs/a/attempts/1/log')
    await head('/api/v1/jobs/a/attempts/1/log/stream')
    for (let n = 0; n < MAX_STREAMS; n++) await head('/api/v1/stream')
    const stream = await web.listen('/api/v1/stream')
    assert.is(stream.status, 200)
    await until(
      () => open() < before + 15,
      5000,
      () => `${before} descriptors before, ${open()} after`,
    )
  }),
)

test(
  'a server that is reachable from outside does not start without a token or with a short one',
  inWorld(async ({ queue, dir }) => {
    const options = { port: 0, names: [], pages: dir, readOnly: true, report: () => {} }
    const started = async (host: string, token?: string): Promise<string> => {
      try {
        const server = await serve(queue, { ...options, host, token })
        await server.close()
        return 'it started'
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        return `${code}: ${message}`
      }
    }
    for (const host of ['0.0.0.0', '::', '192.168.1.1', '127.0.0.1.evil.example'])
      assert.match(await started(host), /^USAGE: .*without a token/)
    assert.match(await started('127.0.0.1', 'short'), /^USAGE: .*too short/)
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3']) assert.is(await started(host), 'it started')
  }),
)

test.run()
