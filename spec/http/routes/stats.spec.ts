import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import parse from 'parse-prometheus-text-format'
import { execFileSync, spawnSync } from 'node:child_process'
import { add, configure, runAll } from '../../../fixtures/jobs.ts'
import { skip } from '../../../fixtures/skip.ts'
import { inWeb, type Web } from '../../../fixtures/web.ts'

const test = suite('statistics over HTTP')

async function some(web: Web): Promise<void> {
  await add(web, 'true', { id: 'a' })
  await add(web, 'echo no route >&2; exit 1', { id: 'b', max_retries: 1, queue: 'mail', tags: ['x'] })
  await add(web, 'echo no route >&2; exit 1', { id: 'c', max_retries: 1 })
  await runAll(web)
  await add(web, 'exit 7', { id: 'd', run_at: '2999-01-01' })
  await add(web, 'exit 7', { id: 'e' })
}

test(
  'stats include the numbers of the command line',
  inWeb(async (web) => {
    await some(web)
    const { json } = await web.ask('/api/v1/stats')
    const status = JSON.parse((await web.cli(['status', '--json'])).stdout) as Record<string, unknown>
    const { disk: _disk, ...same } = status
    for (const [name, value] of Object.entries(same)) assert.equal(json[name], value, name)
    assert.is(json.oldest_ready.id, 'e')
    assert.is(json.events.completed, 1)
    assert.is(json.run_ms.count, 1)
  }),
)

test(
  'what the jobs of one queue did is counted apart',
  inWeb(async (web) => {
    await some(web)
    const of = async (queue: string): Promise<object> => {
      const { completed, dead } = (await web.ask(`/api/v1/stats/timeseries?queue=${queue}`)).json.totals
      return { completed, dead }
    }
    assert.equal(
      [await of('mail'), await of('default')],
      [
        { completed: 0, dead: 1 },
        { completed: 1, dead: 1 },
      ],
    )
    assert.equal(await of('nothing'), { completed: 0, dead: 0 })
    const { items } = (await web.ask('/api/v1/queues?window=1h')).json
    const recent = items.map(({ queue, recent: one }: never) => [queue, (one as { dead: number }).dead])
    assert.equal(recent, [
      ['default', 1],
      ['mail', 1],
    ])
    assert.is((await web.ask('/api/v1/queues?window=9d')).status, 400)
  }),
)

test(
  'events are searched, and narrowed by kind and time',
  inWeb(async (web) => {
    await some(web)
    const jobs = async (query: string): Promise<string> =>
      (await web.ask(`/api/v1/events?${query}`)).json.items.map(({ job }: { job: string }) => job).join('')
    assert.is(await jobs('q=NO+ROUTE&event=dlq'), 'cb')
    assert.is(await jobs('q=nothing'), '')
    const [{ at }] = (await web.ask('/api/v1/events?job=a&limit=1')).json.items
    assert.is(await jobs(`job=a&event=completed&until=${at}`), '')
    assert.is(await jobs(`job=a&event=completed&since=${at}`), 'a')
    assert.is((await web.ask('/api/v1/events?until=soon')).status, 400)
  }),
)

test(
  'the time series has the last hour by minute, with wait and run times',
  inWeb(async (web) => {
    await some(web)
    const { json } = await web.ask('/api/v1/stats/timeseries?window=15m')
    assert.equal([json.step, json.points.length, json.is_complete], [60, 15, true])
    const { enqueued, started, completed, failed, dead, wait_ms, run_ms } = json.totals
    assert.equal([enqueued, started, completed, failed, dead], [5, 3, 1, 2, 2])
    assert.equal([wait_ms.count, run_ms.count], [3, 1])
    const sum = json.points.reduce((all: number, point: { started: number }) => all + point.started, 0)
    assert.is(sum, 3)
    const coarse = (await web.ask('/api/v1/stats/timeseries?window=24h&step=3600')).json
    assert.ok(coarse.points.length >= 24)
    assert.is(coarse.totals.started, 3)
    for (const query of ['window=x', 'window=25h', 'window=1h&step=90', 'step=0'])
      assert.is((await web.ask(`/api/v1/stats/timeseries?${query}`)).status, 400, query)
  }),
)

test(
  'a queue is paused with a reason, and resumed',
  inWeb(async (web) => {
    const post = (path: string, body: object = {}): ReturnType<Web['ask']> =>
      web.ask(`/api/v1/queues/${path}`, { method: 'POST', body })
    const paused = await post('mail/pause', { reason: 'down', until: '2199-01-01T00:00:00Z' })
    assert.equal(paused.json, { queue: 'mail', not_obeying: [] })
    const [mail] = (await web.ask('/api/v1/queues')).json.items
    assert.equal([mail.queue, mail.pending, mail.paused.reason, mail.paused.all], ['mail', 0, 'down', false])
    assert.match((await web.ask('/metrics')).text, 'queuectl_queue_paused{queue="mail"} 1')
    assert.equal((await post('mail/resume')).json, { queue: 'mail', was_paused: true })
    assert.equal((await web.ask('/api/v1/queues')).json.items, [])
    for (const body of [{ reason: 5 }, { until: 'soon' }, { until: '2020-01-01T00:00:00Z' }])
      assert.is((await post('mail/pause', body)).status, 400, JSON.stringify(body))
    assert.is((await post('a%20b/pause')).status, 400)
  }),
)

test(
  'a queue is drained: paused, and what still runs is named',
  inWeb(async (web) => {
    await web.queue.enqueue({ id: 'a', command: 'true', queue: 'mail' })
    const drain = (): ReturnType<Web['ask']> =>
      web.ask('/api/v1/queues/mail/drain', { method: 'POST', body: { reason: 'move' } })
    const { status, json } = await drain()
    assert.equal([status, json], [200, { queue: 'mail', not_obeying: [], running: [] }])
    assert.is((await web.queue.pauses()).get('mail')?.reason, 'move')
    assert.is((await web.queue.get('a')).state, 'pending')
    const { all } = (await web.ask('/api/v1/queues')).json
    assert.equal(all, { paused: null, settings: null })
    await web.ask('/api/v1/queues/_all', { method: 'PATCH', body: { limit: 8 } })
    assert.equal((await web.ask('/api/v1/queues')).json.all.settings, { limit: 8 })
  }),
)

test(
  'queues are counted by state',
  inWeb(async (web) => {
    await some(web)
    const { items } = (await web.ask('/api/v1/queues')).json
    const [all, mail] = items
    assert.equal([all.queue, all.pending, all.scheduled, all.completed, all.dead], ['default', 2, 1, 1, 1])
    assert.equal([mail.queue, mail.dead, mail.oldest_ready_at], ['mail', 1, null])
  }),
)

test(
  'dead jobs are grouped by error, as on the command line',
  inWeb(async (web) => {
    await some(web)
    const [group] = (await web.ask('/api/v1/dead/groups')).json.items
    assert.equal([group.error, group.count, group.jobs.toSorted()], ['exit code 1: no route', 2, ['b', 'c']])
    assert.is((await web.ask('/api/v1/dead/groups?queue=mail')).json.items[0].count, 1)
    assert.equal((await web.ask('/api/v1/dead/groups?tag=y')).json.items, [])
    const jobs = await web.ask(`/api/v1/jobs?state=dead&error=${encodeURIComponent(group.error)}`)
    assert.is(jobs.json.total, 2)
    const [row] = JSON.parse((await web.cli(['dlq', 'list', '--group', '--json'])).stdout)
    assert.equal([row.error, row.jobs.length], [group.error, group.count])
  }),
)

test(
  'workers and their jobs are listed, as on the command line',
  inWeb(async (web) => {
    const worker = await web.startWorker({ count: 3 })
    const { items } = (await web.ask('/api/v1/workers')).json
    assert.equal(items, JSON.parse((await web.cli(['worker', 'list', '--json'])).stdout))
    assert.is(items[0].slots, 3)
    worker.kill()
    await worker.ended
  }),
)

test(
  'settings are shown with their sources, and changed as on the command line',
  inWeb(async (web) => {
    configure(web, { timeout: 10 })
    const of = (items: { key: string }[], key: string): unknown => items.find((one) => one.key === key)
    const { items } = (await web.ask('/api/v1/config')).json
    const { meaning: _meaning, expected: _expected, ...timeout } = of(items, 'timeout') as Record<string, unknown>
    assert.equal(timeout, { key: 'timeout', value: 10, default: 300, source: 'file' })
    const change = (body: object) => web.ask('/api/v1/config', { method: 'PATCH', body })
    assert.is((await change({ 'max-retries': 7, timeout: null })).status, 200)
    assert.equal(web.queue.settings(), { max_retries: 7 })
    const wrong = await change({ jitter: 0.5, max_retries: -1 })
    assert.is(wrong.status, 422)
    assert.equal(web.queue.settings(), { max_retries: 7 })
    assert.match((await change({ max_retrys: 1 })).json.hint, 'max-retries')
  }),
)

test(
  'a secret among the settings is set and never shown',
  inWeb(async (web) => {
    const { status, text } = await web.ask('/api/v1/config', {
      method: 'PATCH',
      body: { hook_secret: 'very-secret-key' },
    })
    assert.is(status, 200)
    assert.is(web.queue.settings().hook_secret, 'very-secret-key')
    for (const shown of [text, (await web.ask('/api/v1/config')).text])
      assert.is(shown.includes('very-secret-key'), false)
  }),
)

test(
  'events are listed newest first, in pages, by job and kind',
  inWeb(async (web) => {
    await some(web)
    const { items, next_cursor } = (await web.ask('/api/v1/events?limit=4')).json
    assert.is(items.length, 4)
    assert.equal([items[0].event, items[0].job, items[0].text], ['enqueued', 'e', 'e enqueued'])
    const rest = (await web.ask(`/api/v1/events?limit=1000&cursor=${next_cursor}`)).json
    const all = (await web.ask('/api/v1/events')).json.items
    assert.equal([...items, ...rest.items], all)
    assert.is(rest.next_cursor, null)
    const dead = (await web.ask('/api/v1/events?event=dlq,completed&job=b')).json.items
    assert.equal(
      dead.map(({ event }: { event: string }) => event),
      ['dlq'],
    )
    assert.equal((await web.ask('/api/v1/events?since=2999-01-01')).json.items, [])
    assert.is((await web.ask('/api/v1/events?since=yesterday')).status, 400)
  }),
)

test(
  'a parser of the Prometheus format reads the metrics, which are those of the command line',
  inWeb(async (web) => {
    await some(web)
    const { text, headers } = await web.ask('/metrics')
    assert.match(headers['content-type'] ?? '', 'version=0.0.4')
    const families = parse(text)
    const family = (name: string) => families.find((one) => one.name === name)
    const dead = family('queuectl_jobs')?.metrics.find(({ labels }) => labels?.state === 'dead')
    assert.is(dead?.value, '2')
    assert.is(family('queuectl_events_total')?.type, 'COUNTER')
    assert.is(family('queuectl_job_duration_seconds')?.type, 'SUMMARY')
    assert.is(family('queuectl_job_run_seconds')?.type, 'HISTOGRAM')
    const mail = family('queuectl_queue_jobs')?.metrics.find(
      ({ labels }) => labels?.queue === 'mail' && labels.state === 'dead',
    )
    assert.is(mail?.value, '1')
    assert.match(text, /^queuectl_build_info\{version="[^"]+"\} 1$/m)
    const names = (one: string): string[] =>
      one.split('\n').map((line) => line.split(/ (?=\S+$)/)[0]?.replace(/version="[^"]*"/, '') ?? '')
    assert.equal(names(text), names((await web.cli(['metrics', '--prometheus'])).stdout))
  }),
)

test(
  'promtool finds nothing wrong with the metrics',
  inWeb(async (web) => {
    if (spawnSync('promtool', ['--version']).error) skip('promtool is not installed')
    await some(web)
    const { text } = await web.ask('/metrics')
    assert.is(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' }), '')
  }),
)

test(
  'the legacy routes answer as the older dashboard did',
  inWeb(async (web) => {
    await some(web)
    assert.equal((await web.ask('/api/stats')).json, {
      pending: 2,
      processing: 0,
      failed: 0,
      held: 0,
      dead: 2,
      completed: 1,
    })
    const jobs = (await web.ask('/api/jobs')).json
    assert.equal(jobs.map(({ id }: { id: string }) => id).toSorted(), ['a', 'b', 'c', 'd', 'e'])
    assert.is((await web.ask('/api/jobs?state=dead')).json.length, 2)
    const { event_counts, avg_duration_seconds, recent_events } = (await web.ask('/api/metrics')).json
    assert.equal([event_counts.completed, recent_events[0].job], [1, 'e'])
    assert.ok(avg_duration_seconds > 0)
    const body = { id: 'f', command: 'true', priority: 5, max_retries: 3, run_at: null }
    assert.equal((await web.post('/api/enqueue', body)).json.job_id, 'f')
    const again = await web.post('/api/enqueue', body)
    assert.equal([again.status, Object.keys(again.json)], [400, ['error']])
    assert.equal((await web.post('/api/retry/b')).json, { success: true, message: 'Job b reset to pending' })
    const wrong = await web.post('/api/retry/b')
    assert.equal([wrong.status, Object.keys(wrong.json)], [500, ['error']])
  }),
)

test.run()
