import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import { others } from '../../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { add, fileOf, runAll } from '../../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { inWeb, type Web } from '../../../fixtures/web.ts'

const test = suite('jobs over HTTP')

const ids = (answer: { json: { items: { id: string }[] } }): string[] => answer.json.items.map(({ id }) => id)

/** Jobs in several states and queues. */
async function some(web: Web): Promise<void> {
  await add(web, 'echo broken >&2; exit 3', { id: 'b', max_retries: 1, queue: 'mail' })
  await runAll(web)
  await add(web, 'true', { id: 'a', tags: ['nightly', 'x'] })
  await add(web, 'sleep 1', { id: 'c', priority: 5 })
  await add(web, 'true', { id: 'd', run_at: '2999-01-01' })
}

test(
  'a page lists jobs as their files have them, in the order in which they run',
  inWeb(async (web) => {
    await some(web)
    const { status, json } = await web.ask('/api/v1/jobs')
    assert.is(status, 200)
    assert.equal(ids({ json }), ['c', 'a', 'd', 'b'])
    assert.is(json.total, 4)
    const [c, , d] = json.items
    assert.equal([c.command, c.priority, c.state, c.lies_in], ['sleep 1', 5, 'pending', 'pending'])
    assert.equal([d.state, d.lies_in], ['pending', 'scheduled'])
    assert.is(c.history, undefined)
  }),
)

test(
  'a page is filtered by state, queue, tag, error and text',
  inWeb(async (web) => {
    await some(web)
    const found = async (query: string): Promise<string[]> => ids(await web.ask(`/api/v1/jobs?${query}`))
    assert.equal(await found('state=dead'), ['b'])
    assert.equal(await found('state=pending'), ['c', 'a', 'd'])
    assert.equal(await found('state=scheduled,dead'), ['d', 'b'])
    assert.equal(await found('queue=mail'), ['b'])
    assert.equal(await found('tag=x'), ['a'])
    assert.equal(await found('q=BROKEN'), ['b'])
    assert.equal(await found('q=sleep'), ['c'])
    assert.equal(await found('q=nightly'), ['a'])
    assert.equal(await found(`error=${encodeURIComponent('exit code 3: broken')}`), ['b'])
    assert.equal(await found('state=dead&queue=default'), [])
  }),
)

test(
  'jobs are found by when they last changed',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const { updated_at: at } = await web.queue.get('a')
    const total = async (query: string): Promise<number> => (await web.ask(`/api/v1/jobs?${query}`)).json.total
    const later = new Date(Date.parse(at) + 1000).toISOString()
    assert.equal([await total(`since=${at}`), await total(`since=${later}`)], [1, 0])
    assert.equal([await total(`until=${later}`), await total(`until=${at}`)], [1, 0])
    assert.is((await web.ask('/api/v1/jobs?since=then')).status, 400)
  }),
)

test(
  'pages follow one another by their cursors, whatever the order, and leave nothing out',
  inWeb(async (web) => {
    await web.queue.enqueueAll(Array.from({ length: 7 }, (_, n) => ({ id: `j${n}`, command: 'true', priority: n % 3 })))
    for (const sort of ['order', '-order', 'created', '-created', 'priority', 'id', '-id', 'due', 'updated']) {
      const whole = ids(await web.ask(`/api/v1/jobs?sort=${sort}`))
      const parts: string[] = []
      for (let cursor = ''; ; ) {
        const { json } = await web.ask(`/api/v1/jobs?sort=${sort}&limit=3&cursor=${cursor}`)
        parts.push(...ids({ json }))
        if (json.next_cursor === null) break
        cursor = json.next_cursor
      }
      assert.equal(parts, whole, sort)
      assert.is(whole.length, 7)
    }
  }),
)

test(
  'a malformed list request is refused with the accepted values',
  inWeb(async (web) => {
    for (const [query, hint] of [
      ['state=ded', 'did you mean dead?'],
      ['sort=size', 'there are: order'],
      ['limit=0', undefined],
      ['limit=501', undefined],
      ['limit=x', undefined],
      ['cursor=nonsense', 'start again'],
    ] as const) {
      const { status, json, headers } = await web.ask(`/api/v1/jobs?${query}`)
      assert.is(status, 400, query)
      assert.is(headers['content-type'], 'application/problem+json')
      assert.match(json.hint ?? '', hint ?? '')
    }
  }),
)

test(
  'a file that cannot be read is listed with the reason',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    writeFileSync(await fileOf(web.queue, 'a'), '{"command":')
    const { json } = await web.ask('/api/v1/jobs')
    assert.is(json.items[0].id, 'a')
    assert.type(json.items[0].unreadable, 'string')
  }),
)

test(
  'a job is the JSON of its file and its state directory',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a', ...others({ note: 'kept' }) })
    const record = JSON.parse(readFileSync(await fileOf(web.queue, 'a'), 'utf8')) as object
    const { json, headers } = await web.ask('/api/v1/jobs/a')
    assert.equal(json, { ...record, lies_in: 'pending' })
    assert.match(headers.etag ?? '', /^"[\w-]{22}"$/)
  }),
)

test(
  'an unknown job is a 404 that names the id',
  inWeb(async (web) => {
    const { status, json } = await web.ask('/api/v1/jobs/nobody')
    assert.is(status, 404)
    assert.equal([json.code, json.type], ['NOT_FOUND', 'urn:queuectl:not-found'])
    assert.match(json.detail, 'nobody')
  }),
)

test(
  'abbreviated ids and the word last are not accepted',
  inWeb(async (web) => {
    const { id } = await add(web, 'true')
    assert.is((await web.ask(`/api/v1/jobs/${id.slice(-8)}`)).status, 404)
    assert.is((await web.ask('/api/v1/jobs/last')).status, 404)
    assert.is((await web.ask(`/api/v1/jobs/${id}`)).status, 200)
  }),
)

test(
  'members in other words are understood, and the answer says so',
  inWeb(async (web) => {
    const { status, json } = await web.post('/api/v1/jobs', { cmd: 'true', dir: '/', retries: 2, priorty: 1 })
    assert.equal([status, json.command, json.cwd, json.max_retries], [201, 'true', '/', 2])
    assert.is(json.warnings.length, 4)
    assert.is((await web.post('/api/v1/jobs', { command: 'true', retries: 2, max_retries: 1 })).status, 422)
  }),
)

test(
  'enqueueing answers with the job and its address',
  inWeb(async (web) => {
    const { status, headers, json } = await web.post('/api/v1/jobs', { command: 'true', id: 'a', tags: ['x'] })
    assert.is(status, 201)
    assert.is(headers.location, '/api/v1/jobs/a')
    assert.equal([json.id, json.state, json.tags], ['a', 'pending', ['x']])
    assert.is((await web.queue.get('a')).command, 'true')
    assertHomeIntact(web.home)
  }),
)

test(
  'an invalid job is refused with the reason',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    assert.is((await web.post('/api/v1/jobs', {})).status, 422)
    assert.match((await web.post('/api/v1/jobs', { command: 'x', priority: 'high' })).json.detail, 'priority')
    assert.is((await web.post('/api/v1/jobs', { command: 'x', id: 'a' })).status, 409)
    assert.is((await web.post('/api/v1/jobs', '[1]', { 'content-type': 'application/json' })).status, 400)
    assert.is((await web.post('/api/v1/jobs', '{', { 'content-type': 'application/json' })).status, 400)
  }),
)

test(
  'two requests with the same Idempotency-Key make one job, also on two servers',
  inWeb(async (web) => {
    const ask = (body: object, key = 'k1') => web.post('/api/v1/jobs', body, { 'idempotency-key': key })
    const first = await ask({ command: 'true' })
    const second = await ask({ command: 'true' })
    assert.equal([first.status, second.status], [201, 200])
    assert.is(second.json.id, first.json.id)
    assert.is((await ask({ command: 'false' })).status, 422)
    assert.is((await ask({ command: 'true' }, 'k2')).status, 201)
    const both = await Promise.all([ask({ command: 'x' }, 'k3'), ask({ command: 'x' }, 'k3')])
    assert.equal(both.map(({ status }) => String(status)).toSorted(), ['200', '201'])
    assert.is((await web.queue.list()).length, 3)
  }),
)

test(
  'an Idempotency-Key with an explicit id does not adopt an existing job',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const { status } = await web.post('/api/v1/jobs', { command: 'true', id: 'a' }, { 'idempotency-key': 'k' })
    assert.is(status, 409)
  }),
)

test(
  'a waiting job is edited only with its current ETag',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a', tags: ['x'] })
    const { headers } = await web.ask('/api/v1/jobs/a')
    const change = (body: object, tag = headers.etag ?? '') =>
      web.ask('/api/v1/jobs/a', { method: 'PATCH', body, headers: { 'if-match': tag } })
    const changed = await change({ priority: 7, tags: null, command: 'echo' })
    assert.is(changed.status, 200)
    assert.equal([changed.json.priority, changed.json.tags, changed.json.command], [7, undefined, 'echo'])
    assert.is((await change({ priority: 8 })).status, 412)
    assert.is((await change({ priority: 8 }, changed.headers.etag)).status, 200)
    assert.is((await change({ priority: 'x' }, '*')).status, 422)
    assert.is((await change({ id: 'b' }, '*')).status, 422)
    const job = await web.queue.get('a')
    assert.equal([job.priority, job.state], [8, 'pending'])
    assertHomeIntact(web.home)
  }),
)

test(
  'an edit without If-Match, or of a finished job, is refused and changes nothing',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    const change = (headers = {}) => web.ask('/api/v1/jobs/a', { method: 'PATCH', body: { priority: 1 }, headers })
    assert.is((await change()).status, 428)
    await runAll(web)
    assert.is((await change({ 'if-match': '*' })).status, 409)
    assert.is((await web.queue.get('a')).state, 'completed')
    assertHomeIntact(web.home)
  }),
)

test(
  'jobs are held, released, cancelled, retried, duplicated and deleted',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a', tags: ['x'] })
    const act = async (verb: string, body: object = {}): Promise<[number, string]> => {
      const { status, json } = await web.post(`/api/v1/jobs/a/${verb}`, body)
      return [status, json.lies_in ?? json.code]
    }
    assert.equal(await act('hold'), [200, 'held'])
    assert.equal(await act('hold'), [409, 'WRONG_STATE'])
    assert.equal(await act('release'), [200, 'pending'])
    assert.equal(await act('cancel', { reason: 'not wanted' }), [200, 'dead'])
    assert.is((await web.queue.get('a')).cancelled?.reason, 'not wanted')
    assert.equal(await act('retry'), [200, 'pending'])
    const twin = await web.post('/api/v1/jobs/a/duplicate', { priority: 3 })
    assert.is(twin.status, 201)
    assert.equal([twin.json.tags, twin.json.priority, twin.json.attempts], [['x'], 3, 0])
    assert.is.not(twin.json.id, 'a')
    assert.equal(await act('cancel'), [200, 'dead'])
    const gone = await web.ask('/api/v1/jobs/a', { method: 'DELETE', body: {} })
    assert.is(gone.status, 204)
    assert.is((await web.ask('/api/v1/jobs/a')).status, 404)
    assertHomeIntact(web.home)
  }),
)

test(
  'a verb on an unknown job is a 404',
  inWeb(async (web) => {
    for (const verb of ['hold', 'release', 'cancel', 'retry', 'duplicate'])
      assert.is((await web.post(`/api/v1/jobs/nobody/${verb}`)).status, 404, verb)
  }),
)

test(
  'a job runs in the home directory of the user, not where the server was started',
  inWeb(async (web) => {
    const { json } = await web.post('/api/v1/jobs', { command: 'true' })
    assert.is(json.cwd, homedir())
    assert.is((await web.post('/api/v1/jobs', { command: 'true', cwd: web.dir })).json.cwd, web.dir)
  }),
)

test(
  'no id reaches a file outside the home',
  inWeb(async (web) => {
    writeFileSync(join(web.dir, 'secret.json'), '{"command":"true"}')
    for (const id of [
      '..%2f..%2fsecret',
      '%2e%2e%2fsecret.json',
      '..%5csecret',
      '%00',
      'a%2f..%2f..',
      encodeURIComponent('../../config.json'),
    ])
      for (const path of [
        `/api/v1/jobs/${id}`,
        `/api/v1/jobs/${id}/attempts/1/log`,
        `/api/v1/jobs/a/attempts/${id}/log`,
      ]) {
        const { status, text } = await web.ask(path)
        assert.ok(status === 404 || status === 400, `${path}: ${status} ${text}`)
      }
  }),
)

test(
  'why a job does not run is answered as on the command line',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    await add(web, 'true', { id: 'b' })
    const { json } = await web.ask('/api/v1/jobs/b/explain')
    assert.equal(
      json.reasons.map(({ why }: { why: string }) => why),
      ['no_worker', 'ahead'],
    )
    const printed = (await web.cli(['explain', 'b'])).stdout.trimEnd().split('\n').slice(1)
    assert.equal(
      json.sentences,
      printed.map((line) => line.slice(2)),
    )
    assert.is((await web.ask('/api/v1/jobs/nobody/explain')).status, 404)
  }),
)

test.run()
