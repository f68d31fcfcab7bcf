import { rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, fileOf, isUp, SOON_MS, untilLetGo } from '../../../fixtures/jobs.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'

const test = suite('queuectl metrics')

/** Two jobs that complete and one that dies, run to their end. */
async function someRuns({ queue, cli }: World): Promise<void> {
  await queue.enqueueAll([
    { id: 'a', command: 'true' },
    { id: 'b', command: 'true' },
    { id: 'c', command: 'echo broken >&2; false', max_retries: 1 },
  ])
  await cli(['worker', 'start', '--foreground', '--burst'])
}

test(
  'stats has the totals and the average',
  inWorld(async (world) => {
    await someRuns(world)
    const { stdout } = await world.cli(['stats'])
    assert.match(stdout, /^Total Jobs Completed: 2$/m)
    assert.match(stdout, /^Total Jobs Failed \(DLQ\): 1$/m)
    assert.match(stdout, /^Avg\. Completion Time: \d+\.\d\d ms$/m)
  }),
)

test(
  'stats counts what was cancelled apart, also by rm of the file of a running job',
  inWorld(async (world) => {
    await add(world, untilLetGo('a'), { id: 'a' })
    await add(world, 'true', { id: 'b', run_at: '2999-01-01' })
    await world.queue.cancel('b')
    const worker = await world.startWorker()
    await isUp(world, 'a')
    rmSync(await fileOf(world.queue, 'a'))
    const stats = async (): Promise<unknown> => JSON.parse((await world.cli(['stats', '--json'])).stdout)
    await until(async () => ((await stats()) as { cancelled: number }).cancelled === 2, SOON_MS, 'both are counted')
    const { completed, dead } = (await stats()) as { completed: number; dead: number }
    assert.equal([completed, dead], [0, 0])
    worker.kill()
    await worker.ended
  }),
)

test(
  'stats of nothing has no average',
  inWorld(async ({ cli }) => {
    assert.match((await cli(['stats'])).stdout, 'Avg. Completion Time: n/a')
  }),
)

test(
  'metrics has event counts, the average and the recent events, newest first',
  inWorld(async (world) => {
    await someRuns(world)
    const { stdout } = await world.cli(['metrics'])
    assert.match(
      stdout,
      /^=== Job Metrics Summary ===\nEvent Counts:\n {2}enqueued: 3\n {2}started: 3\n {2}completed: 2$/m,
    )
    assert.match(stdout, /^ {2}dlq: 1$/m)
    assert.match(stdout, /^Average Duration: \d+\.\d\d seconds$/m)
    assert.match(
      stdout,
      /^Recent Events \(last 10\):\n {2}\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] c: dlq .* - exit code 1: broken$/m,
    )
    assert.match(stdout, /\] a: completed \(\d+\.\ds\)$/m)
  }),
)

test(
  '--recent says how many events',
  inWorld(async (world) => {
    await someRuns(world)
    const { stdout } = await world.cli(['metrics', '--recent', '2'])
    assert.is(stdout.split('Recent Events (last 2):\n')[1]?.trimEnd().split('\n').length, 2)
  }),
)

test(
  '--json is one object on one line',
  inWorld(async (world) => {
    await someRuns(world)
    const { stdout } = await world.cli(['metrics', '--json', '--recent', '1'])
    assert.is(stdout.split('\n').length, 2)
    const metrics = JSON.parse(stdout) as { events: Record<string, number>; recent: unknown[] }
    assert.equal([metrics.events.completed, metrics.recent.length], [2, 1])
  }),
)

test(
  '--prometheus has each family once, described, and ends with a newline',
  inWorld(async (world) => {
    await someRuns(world)
    const { stdout } = await world.cli(['metrics', '--prometheus'])
    assert.ok(stdout.endsWith('\n'))
    const families = [...stdout.matchAll(/^# TYPE (\S+) (gauge|counter|summary|histogram)$/gm)].map(([, name]) => name)
    assert.is(new Set(families).size, families.length)
    for (const line of stdout
      .trimEnd()
      .split('\n')
      .filter((one) => !one.startsWith('#')))
      assert.match(line, /^queuectl_[a-z_]+(\{[a-z]+="[a-zA-Z0-9._+-]+"(,state="[a-z]+")?\})? (NaN|[\d.e-]+)$/)
  }),
)

for (const sample of [
  'queuectl_jobs{state="completed"} 2',
  'queuectl_jobs{state="dead"} 1',
  'queuectl_events_total{event="enqueued"} 3',
  'queuectl_workers 0',
  'queuectl_job_duration_seconds_count 2',
])
  test(
    `--prometheus has ${sample}`,
    inWorld(async (world) => {
      await someRuns(world)
      const { stdout } = await world.cli(['metrics', '--prometheus'])
      assert.ok(stdout.split('\n').includes(sample), stdout)
    }),
  )

test.run()
