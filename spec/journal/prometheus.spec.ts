import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { metricsOf, NO_TOTALS, Tally } from '../../lib/journal/metrics.ts'
import { prometheusText } from '../../lib/journal/prometheus.ts'

const test = suite('Prometheus metrics')

const COUNTS = { pending: 1, scheduled: 0, waiting: 0, processing: 0, completed: 5, failed: 0, dead: 0, held: 0 }
const text = (queues: readonly string[], metrics = metricsOf(NO_TOTALS)): string =>
  prometheusText({
    metrics,
    counts: COUNTS,
    queues: queues.map((queue) => ({ queue, ...COUNTS, oldest_ready_at: null })),
    pauses: new Map([['mail', {}]]),
    schedules: [{ name: 'backup', next: null }],
    limits: [{ limit: 'q.mail', cap: 2, taken: [{}] }],
    workers: [],
    now: 0,
    version: '1.2.3',
  })

test('the hundred fullest queues have labels of their own, the others are added up', () => {
  const names = Array.from({ length: 130 }, (_, i) => `q${i}`)
  const lines = text(names).split('\n')
  const pending = lines.filter((line) => /^queuectl_queue_jobs\{.*state="pending"/.test(line))
  assert.is(pending.length, 101)
  assert.ok(pending.includes('queuectl_queue_jobs{queue="other",state="pending"} 30'))
})

test('a queue that is called other is added to the others', () => {
  assert.is([...text(['other', 'a']).matchAll(/queue="other",state="dead"/g)].length, 1)
})

test('names cannot break out of a label', () => {
  assert.match(text(['a"b\\c\nd']), String.raw`{queue="a\"b\\c\nd",state="pending"}`)
})

test('the histogram counts the runs up to each bound', () => {
  const tally = new Tally()
  for (const ms of [5, 40, 700, 700, 20_000])
    tally.add({ at: '', event: 'completed', job: 'a', run: 1, duration_ms: ms })
  const lines = text([], metricsOf(tally.totals))
  for (const [bound, runs] of [
    ['0.01', 1],
    ['0.05', 2],
    ['0.5', 2],
    ['1', 4],
    ['30', 5],
    ['+Inf', 5],
  ])
    assert.match(lines, `queuectl_job_run_seconds_bucket{le="${bound}"} ${runs}\n`)
})

test.run()
