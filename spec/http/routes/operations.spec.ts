import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { until } from '../../../fixtures/until.ts'
import { inWeb, type Web } from '../../../fixtures/web.ts'

const test = suite('long bulk changes over HTTP')

const ROUTE = '/api/v1/operations'
const JOBS = 1500
const filter = { tag: 'lot' }

async function lot(web: Web): Promise<void> {
  await web.queue.enqueueAll(Array.from({ length: JOBS }, (_, n) => ({ id: `j${n}`, command: 'true', tags: ['lot'] })))
}
const begin = (web: Web, body: object) => web.post(ROUTE, { filter, expected_count: JOBS, ...body })
const ended = (web: Web, id: string) =>
  until(
    async () => {
      const { json } = await web.ask(`${ROUTE}/${id}`)
      return json.state !== 'running' && json
    },
    20_000,
    'the operation has ended',
  )

test(
  'an operation is answered at once, goes on, and says what it has done',
  inWeb(async (web) => {
    await lot(web)
    const { status, json, headers } = await begin(web, { action: 'hold' })
    assert.equal([status, json.state, json.matched], [202, 'running', JOBS])
    assert.is(headers.location, `${ROUTE}/${json.id}`)
    const end = await ended(web, json.id)
    assert.equal([end.state, end.changed, end.skipped_count], ['done', JOBS, 0])
    assert.is((await web.queue.count()).held, JOBS)
    assert.equal(
      (await web.ask(ROUTE)).json.items.map(({ id }: { id: string }) => id),
      [json.id],
    )
    assertHomeIntact(web.home)
  }),
)

test(
  'a cancelled operation ends between two jobs, and what it has done stays',
  inWeb(async (web) => {
    await lot(web)
    const { json } = await begin(web, { action: 'hold' })
    const { status, json: end } = await web.post(`${ROUTE}/${json.id}/cancel`)
    assert.equal([status, end.state], [200, 'cancelled'])
    assert.is((await web.post(`${ROUTE}/${json.id}/cancel`)).status, 409)
    // Those that were begun are finished.
    await until(
      async () => (await web.ask(`${ROUTE}/${json.id}`)).json.changed === (await web.queue.count()).held,
      5000,
      'it has ended',
    )
    const { held, pending } = await web.queue.count()
    assert.ok(held < JOBS)
    assert.is(held + pending, JOBS)
    assertHomeIntact(web.home)
  }),
)

test(
  'jobs that are gone or in another state by then are skipped and listed',
  inWeb(async (web) => {
    await web.queue.enqueueAll([
      { id: 'a', command: 'true' },
      { id: 'b', command: 'true' },
    ])
    await web.queue.hold('b')
    const { json } = await web.post(ROUTE, { action: 'hold', ids: ['a', 'b', 'nobody'] })
    const end = await ended(web, json.id)
    assert.equal([end.changed, end.skipped_count], [1, 2])
  }),
)

test(
  'another number of jobs than expected, a dry run and an unknown operation are refused',
  inWeb(async (web) => {
    await web.queue.enqueue({ id: 'a', command: 'true' })
    assert.is((await web.post(ROUTE, { action: 'hold', filter: {}, expected_count: 2 })).status, 409)
    assert.is((await web.post(ROUTE, { action: 'hold', ids: ['a'], dry_run: true })).status, 400)
    assert.is((await web.ask(`${ROUTE}/nobody`)).status, 404)
    assert.is((await web.post(`${ROUTE}/nobody/cancel`)).status, 404)
    assert.equal((await web.ask(ROUTE)).json.items, [])
    assert.is((await web.queue.get('a')).state, 'pending')
  }),
)

test.run()
