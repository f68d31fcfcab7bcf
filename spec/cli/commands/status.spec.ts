import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../../../fixtures/until.ts'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl status')

const EMPTY = `Pending:    0
Processing: 0
Completed:  0
Failed:     0
Dead (DLQ): 0

Active Workers: 0
`

test(
  'of an empty queue has the labels that scripts look for',
  inWorld(async ({ cli, home }) => {
    const { code, stdout, stderr } = await cli(['status'])
    assert.equal([code, stdout, stderr], [0, `${EMPTY}Home:           ${home}\n`, ''])
  }),
)

test(
  'is what bare queuectl prints',
  inWorld(async ({ cli }) => {
    assert.is((await cli([])).stdout, (await cli(['status'])).stdout)
  }),
)

test(
  'does not name the usual home',
  inWorld(async ({ cli, dir }) => {
    const env = { QUEUECTL_HOME: '' }
    assert.is((await cli(['status'], { env })).stdout, EMPTY)
    assert.not.ok(existsSync(join(dir, '.queuectl')))
  }),
)

test(
  'counts what is scheduled as pending, and says how many',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueueAll([{ command: 'x' }, { command: 'x', run_at: '2099-01-01T00:00:00Z' }])
    const { stdout } = await cli(['status'])
    assert.match(stdout, /^Pending: +2$/m)
    assert.match(stdout, /^Scheduled: +1 \(of the pending/m)
  }),
)

test(
  'counts the slots of living workers',
  inWorld(async ({ cli, startWorker }) => {
    const worker = await startWorker({ count: 3 })
    assert.match((await cli(['status'])).stdout, /^Active Workers: 3$/m)
    worker.kill()
    await worker.ended
    assert.match((await cli(['status'])).stdout, /^Active Workers: 0$/m)
  }),
)

test(
  '--json has the numbers on one line',
  inWorld(async ({ cli, queue, home }) => {
    await queue.enqueue({ command: 'x' })
    const { stdout } = await cli(['status', '--json'])
    assert.is(stdout.split('\n').length, 2)
    const status = JSON.parse(stdout) as Record<string, unknown>
    assert.equal([status.pending, status.dead, status.active_workers, status.home], [1, 0, 0, home])
  }),
)

test(
  '--json says how much room there is on the disk',
  inWorld(async ({ cli }) => {
    const { disk } = JSON.parse((await cli(['status', '--json'])).stdout) as { disk: Record<string, unknown> }
    assert.equal(Object.keys(disk), ['state', 'free_bytes', 'free_inodes', 'ballast'])
    assert.ok(Number(disk.free_bytes) > 0)
  }),
)

test(
  '--json alone is that of status',
  inWorld(async ({ cli }) => {
    assert.is((JSON.parse((await cli(['--json'])).stdout) as { pending: number }).pending, 0)
  }),
)

test(
  'with an id shows that job',
  inWorld(async ({ cli, queue }) => {
    await queue.enqueue({ id: 'job1', command: 'echo hi' })
    assert.match((await cli(['status', 'job1'])).stdout, /^Command: +echo hi$/m)
  }),
)

test(
  '--watch shows it until Ctrl-C, and then ends with 130',
  inWorld(async ({ begin }) => {
    const watching = begin(['status', '--watch'])
    await until(() => watching.stdout.includes('Active Workers'), 5000, 'it shows something')
    watching.kill('SIGINT')
    assert.is((await watching.ended).code, 130)
  }),
)

test(
  'init makes the home and says where',
  inWorld(async ({ cli, dir }) => {
    const { code, stdout } = await cli(['init', '--home', `${dir}/other`])
    assert.is(code, 0)
    assert.match(stdout, `${dir}/other`)
  }),
)

for (const args of [['--version'], ['-v'], ['version']])
  test(
    `${args[0]} prints the version of the package`,
    inWorld(async ({ cli }) => {
      assert.match((await cli(args)).stdout, /^queuectl \d+\.\d+\.\d+\S*\n$/)
    }),
  )

test.run()
