import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWeb } from '../../../fixtures/web.ts'

const test = suite('workers over HTTP')

test(
  'a worker shows its log and what its jobs use, and is stopped by its name',
  inWeb(async (web) => {
    const [first, second] = [await web.startWorker(), await web.startWorker()]
    await add(web, 'sleep 300', { id: 'long' })
    await until(async () => (await web.queue.get('long')).state === 'processing', 5000, 'it runs')
    const { name } = (await web.ask('/api/v1/workers')).json.items.find(
      ({ running }: { running: readonly object[] }) => running.length > 0,
    )
    const slot = (await web.ask('/api/v1/slots')).json.items.find(({ job }: { job?: object }) => job)
    assert.equal([slot.worker, slot.job.id], [name, 'long'])
    assert.ok(slot.job.memory_bytes > 0)
    const { status, json } = await web.ask(`/api/v1/workers/${name}/log`)
    if (status === 200) assert.ok(json.items.some((line: string) => line.includes('long')))
    const stop = (mode: string) => web.post(`/api/v1/workers/${name}/stop`, { mode })
    assert.is((await stop('explode')).status, 400)
    assert.is((await web.post('/api/v1/workers/nobody/stop')).status, 404)
    const told = await stop('drain')
    assert.equal([told.status, told.json.end], [202, 'stopping'])
    await stop('force')
    const ended = await Promise.race([first.ended, second.ended])
    assert.ok(ended)
    await until(async () => (await web.ask('/api/v1/workers')).json.items.length === 1, 5000, 'the other one goes on')
    assert.is((await stop('drain')).status, 404)
  }),
)

test(
  'a log that is not where workers of this home write is not read',
  inWeb(async (web) => {
    for (const name of ['nobody', '..%2f..%2fconfig', 'worker-1%00'])
      assert.is((await web.ask(`/api/v1/workers/${name}/log`)).status, 404, name)
  }),
)

test.run()
