/** Checks the document against the routes in both directions, and answers against their schemas. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll } from '../../fixtures/jobs.ts'
import { type Answer, inWeb, type Web } from '../../fixtures/web.ts'
import { makeApp } from '../../lib/http/app.ts'
import { openapi } from '../../lib/http/openapi/document.ts'
import { SCHEMAS } from '../../lib/http/openapi/schemas.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('OpenAPI document')

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
}
const document = openapi('1.0.0') as {
  readonly info: { readonly license: { readonly identifier: string } }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
for (const [name, shape] of Object.entries(SCHEMAS)) ajv.addSchema(shape, `#/components/schemas/${name}`)
ajv.addSchema({ $id: 'https://queuectl.invalid/document', components: { schemas: SCHEMAS } })

/** Fails unless the document describes the answer. */
function matchesDocument({ status, headers, text }: Answer, method: string, path: string): void {
  const { content } = document.paths[path]?.[method]?.responses[status] ?? {}
  assert.ok(document.paths[path]?.[method]?.responses[status], `${method} ${path} does not document ${status}: ${text}`)
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  if (!content) return assert.is(text, '')
  assert.ok(content[type], `${method} ${path} ${status}: ${type}`)
  if (!type.endsWith('json')) return
  const schema = JSON.parse(
    JSON.stringify(content[type]?.schema).replaceAll('"#/components', '"https://queuectl.invalid/document#/components'),
  ) as object
  const check = ajv.compile(schema)
  assert.ok(check(JSON.parse(text)), `${method} ${path}: ${ajv.errorsText(check.errors)}\n${text.slice(0, 1000)}`)
}

test(
  'every route is in the document, and every operation of the document is a route',
  inWorld(async ({ queue, dir }) => {
    const end = new AbortController()
    const [live, journal] = [await queue.live(), await queue.ledger()]
    const options = {
      host: 'localhost',
      port: 0,
      names: [],
      pages: dir,
      readOnly: false,
      token: undefined,
      report: () => {},
    }
    const app = makeApp({ queue, live, journal, options, tokens: undefined, end: end.signal })
    const routed = app.routes
      .filter(({ method, path }) => method !== 'ALL' && !['/*', '/login'].includes(path))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const written = Object.entries(document.paths).flatMap(([path, one]) =>
      Object.keys(one).map((method) => `${method} ${path}`),
    )
    assert.equal(routed.toSorted(), written.toSorted())
    end.abort()
    live.close()
    journal.close()
  }),
)

test('every schema compiles, and every schema that is referred to exists', () => {
  const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name ?? '')
  assert.ok(names.length > 30)
  for (const name of names) assert.ok(name in SCHEMAS, name)
  for (const name of Object.keys(SCHEMAS)) assert.ok(ajv.getSchema(`#/components/schemas/${name}`), name)
})

test('every operation has a name of its own and a tag that is explained', () => {
  const all = Object.values(document.paths).flatMap((one) => Object.values(one))
  const names = all.map(({ operationId }) => operationId)
  assert.ok(names.every((name) => /^[a-z][A-Za-z]+$/.test(name)))
  assert.is(new Set(names).size, all.length)
  const explained = document.tags.map(({ name }) => name)
  for (const { tags } of all) assert.ok(tags.length === 1 && explained.includes(tags[0] ?? ''))
  assert.is(document.info.license.identifier, 'MIT')
  assert.equal(
    document.servers.map(({ url }) => url),
    ['/'],
  )
})

test('every path parameter is documented', () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { parameters = [] }] of Object.entries(methods))
      assert.equal(
        parameters.filter((one) => one.in === 'path').map(({ name }) => name),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        `${method} ${path}`,
      )
})

async function some(web: Web): Promise<void> {
  await add(web, 'echo out; echo broken >&2; exit 3', { id: 'a', max_retries: 1, tags: ['x'], env: { A: '1' } })
  await add(web, 'true', { id: 'b' })
  await runAll(web)
  await add(web, ['echo', 'later'], { id: 'c', run_at: '2999-01-01' })
  await add(web, 'true', { id: 'd' })
}

test(
  'the answer of every GET matches its schema',
  inWeb(async (web) => {
    await some(web)
    for (const [path, methods] of Object.entries(document.paths)) {
      if (!methods.get || path.endsWith('/stream')) continue
      const at = path.replace('{id}', 'a').replace('{n}', '1')
      matchesDocument(await web.ask(at), 'get', path)
      if (path.includes('{id}'))
        matchesDocument(await web.ask(path.replace('{id}', 'nobody').replace('{n}', '1')), 'get', path)
    }
    for (const id of ['b', 'c', 'd']) matchesDocument(await web.ask(`/api/v1/jobs/${id}`), 'get', '/api/v1/jobs/{id}')
  }),
)

test(
  'the answer of every change matches its schema, done or refused',
  inWeb(async (web) => {
    await some(web)
    const one = async (method: string, path: string, body: object, id = 'd', headers = {}): Promise<void> => {
      const asked = { method: method.toUpperCase(), body, headers }
      matchesDocument(await web.ask(path.replace('{id}', id), asked), method, path)
    }
    await one('post', '/api/v1/jobs', { command: 'true', id: 'e' })
    await one('post', '/api/v1/jobs', { command: 'true', id: 'e' })
    await one('post', '/api/v1/jobs', {})
    await one('post', '/api/v1/jobs', { command: 'x' }, '', { 'idempotency-key': 'k' })
    await one('post', '/api/v1/jobs', { command: 'x' }, '', { 'idempotency-key': 'k' })
    await one('patch', '/api/v1/jobs/{id}', { priority: 1 })
    await one('patch', '/api/v1/jobs/{id}', { priority: 1 }, 'd', { 'if-match': '"x"' })
    await one('patch', '/api/v1/jobs/{id}', { priority: 1 }, 'd', { 'if-match': '*' })
    for (const verb of ['hold', 'hold', 'release', 'cancel', 'retry', 'duplicate'])
      await one('post', `/api/v1/jobs/{id}/${verb}`, {})
    await one('post', '/api/v1/jobs/bulk', { action: 'hold', ids: ['d', 'nobody'] })
    await one('post', '/api/v1/jobs/bulk', { action: 'hold', filter: {} })
    await one('post', '/api/v1/jobs/bulk', { action: 'cancel', filter: {}, dry_run: true })
    await one('post', '/api/v1/operations', { action: 'hold', ids: ['d', 'nobody'] })
    await one('post', '/api/v1/operations', { action: 'hold', filter: {} })
    await one('delete', '/api/v1/jobs/{id}', {}, 'a')
    await one('delete', '/api/v1/jobs/{id}', {}, 'c')
    await one('patch', '/api/v1/config', { max_retries: 5 })
    await one('patch', '/api/v1/config', { max_retries: 'many' })
    await one('post', '/api/v1/session', {})
    await one('delete', '/api/v1/session', {})
    await one('post', '/api/enqueue', { command: 'true' })
    await one('post', '/api/retry/{id}', {}, 'b')
  }),
)

test.run()
