import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, runAll } from '../../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { inWeb, type Web } from '../../../fixtures/web.ts'

const test = suite('bulk changes over HTTP')

const bulk = (web: Web, body: object) => web.post('/api/v1/jobs/bulk', body)
const states = async ({ queue }: Web): Promise<string> =>
  (await queue.list({}, { sort: 'id' })).map(({ id, state }) => `${id}:${state}`).join(' ')

async function some(web: Web): Promise<void> {
  await add(web, 'exit 1', { id: 'a', max_retries: 1 })
  await add(web, 'exit 2', { id: 'b', max_retries: 1, queue: 'mail' })
  await runAll(web)
  await add(web, 'true', { id: 'c' })
  await add(web, 'true', { id: 'd', run_at: '2999-01-01' })
}

test(
  'an action applies to jobs by id, and lists each job it skipped with the reason',
  inWeb(async (web) => {
    await some(web)
    const { status, json } = await bulk(web, { action: 'hold', ids: ['c', 'a', 'nobody', 'd', 'c'] })
    assert.is(status, 200)
    assert.equal([json.matched, json.changed, json.skipped_count], [4, 2, 2])
    assert.equal(json.skipped.map(({ id }: { id: string }) => id).toSorted(), ['a', 'nobody'])
    assert.match(json.skipped.find(({ id }: { id: string }) => id === 'a').reason, 'dead')
    assert.is(await states(web), 'a:dead b:dead c:held d:held')
    assertHomeIntact(web.home)
  }),
)

test(
  'an action applies to all matching jobs when their number is the expected one',
  inWeb(async (web) => {
    await some(web)
    const filter = { state: 'dead' }
    const dry = await bulk(web, { action: 'retry', filter, dry_run: true })
    assert.equal([dry.json.matched, dry.json.changed], [2, 2])
    assert.is(await states(web), 'a:dead b:dead c:pending d:scheduled')
    const wrong = await bulk(web, { action: 'retry', filter, expected_count: 3 })
    assert.is(wrong.status, 409)
    assert.match(wrong.json.detail, '2 jobs match now, not 3')
    assert.is((await bulk(web, { action: 'retry', filter })).status, 400)
    assert.is(await states(web), 'a:dead b:dead c:pending d:scheduled')
    const done = await bulk(web, { action: 'retry', filter, expected_count: 2 })
    assert.equal([done.json.matched, done.json.changed], [2, 2])
    assert.is(await states(web), 'a:pending b:pending c:pending d:scheduled')
    assertHomeIntact(web.home)
  }),
)

test(
  'a filter selects the same jobs as in the list',
  inWeb(async (web) => {
    await some(web)
    for (const filter of [
      {},
      { state: 'pending' },
      { queue: 'mail' },
      { q: 'exit 1' },
      { error: 'exit code 2' },
      { tag: 'none' },
    ]) {
      const query = new URLSearchParams(filter as Record<string, string>).toString()
      const { total } = (await web.ask(`/api/v1/jobs?${query}`)).json
      assert.is((await bulk(web, { action: 'cancel', filter, dry_run: true })).json.matched, total, query)
    }
  }),
)

test(
  'a retry by filter skips cancelled jobs unless they are asked for',
  inWeb(async (web) => {
    await some(web)
    await web.queue.cancel('c')
    const filter = { state: 'dead' }
    const { json } = await bulk(web, { action: 'retry', filter, expected_count: 3 })
    assert.equal([json.matched, json.changed, json.skipped[0].id], [3, 2, 'c'])
    const all = await bulk(web, { action: 'retry', filter, expected_count: 1, cancelled: true })
    assert.is(all.json.changed, 1)
  }),
)

test(
  'many jobs are cancelled with a reason, released and deleted',
  inWeb(async (web) => {
    await web.queue.enqueueAll(Array.from({ length: 60 }, (_, n) => ({ id: `j${n}`, command: 'true', tags: ['lot'] })))
    const filter = { tag: 'lot' }
    for (const [action, more] of [['hold'], ['release'], ['cancel', { reason: 'too many' }], ['delete']] as const) {
      const { json } = await bulk(web, { action, filter, expected_count: 60, ...more })
      assert.is(json.changed, 60, action)
      if (action === 'cancel') assert.is((await web.queue.get('j7')).cancelled?.reason, 'too many')
    }
    assert.equal(await web.queue.list(), [])
    assertHomeIntact(web.home)
  }),
)

test(
  'priority and queue of many jobs are changed, and a value that is none is refused before any job is touched',
  inWeb(async (web) => {
    await some(web)
    const ids = ['c', 'd', 'a']
    assert.is((await bulk(web, { action: 'priority', ids, priority: 7 })).json.changed, 3)
    assert.is((await bulk(web, { action: 'move', ids, queue: 'slow' })).json.changed, 3)
    const job = await web.queue.get('d')
    assert.equal([job.priority, job.queue], [7, 'slow'])
    for (const more of [
      { action: 'priority' },
      { action: 'priority', priority: 1000 },
      { action: 'priority', priority: 1.5 },
    ])
      assert.is((await bulk(web, { ids, dry_run: true, ...more })).status, 400)
    for (const to of [undefined, '', 'a/b', 7])
      assert.is((await bulk(web, { action: 'move', ids, queue: to })).status, 400)
    assert.is((await web.queue.get('c')).queue, 'slow')
    assertHomeIntact(web.home)
  }),
)

test(
  'a malformed bulk request is refused and changes nothing',
  inWeb(async (web) => {
    await some(web)
    const before = await states(web)
    for (const body of [
      { action: 'explode', ids: ['c'] },
      { action: 'cancel' },
      { action: 'cancel', ids: ['c'], filter: {} },
      { action: 'cancel', ids: 'c' },
      { action: 'cancel', ids: [1] },
      { action: 'cancel', ids: Array.from({ length: 10_001 }, String) },
      { action: 'cancel', filter: [] },
      { action: 'cancel', filter: { stat: 'dead' }, expected_count: 4 },
      { action: 'cancel', filter: { state: 'ded' }, expected_count: 4 },
      { action: 'cancel', filter: { state: ['dead'] }, expected_count: 4 },
      { action: 'cancel', filter: {}, expected_count: '4' },
      { action: 'cancel', filter: {}, dry_run: 'yes' },
      { action: 'cancel', ids: ['c'], reason: 7 },
    ])
      assert.is((await bulk(web, body)).status, 400, JSON.stringify(body).slice(0, 80))
    assert.is(await states(web), before)
  }),
)

test.run()
