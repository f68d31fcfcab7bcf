import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runAll, SOON_MS } from '../../../fixtures/jobs.ts'
import { DAY_MS, putFinished } from '../../../fixtures/seed-home.ts'
import { assertHomeIntact } from '../../../fixtures/check-home.ts'
import { fillBytes, onTmpfs } from '../../../fixtures/mounts.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { Queue } from '../../../lib/queue.ts'
import { openHome } from '../../../lib/spool/layout.ts'
import { keepBallast } from '../../../lib/disk/space.ts'

const test = suite('queuectl prune')

/** Completed and dead jobs, 40 days and an hour old. */
function aMonth({ home }: World): void {
  for (const state of ['completed', 'dead'] as const) {
    putFinished(home, { id: `old-${state}`, at: Date.now() - 40 * DAY_MS, state })
    putFinished(home, { id: `new-${state}`, at: Date.now() - 3_600_000, state })
  }
}

interface Stats {
  readonly completed: number
  readonly duration_ms: { readonly average: number }
}

const ids = (world: World): string[] => [...assertHomeIntact(world.home).keys()].toSorted()

test(
  'without a limit it removes what the settings say: by default completed jobs after thirty days, and no dead one',
  inWorld(async (world) => {
    aMonth(world)
    const { stdout, stderr } = await world.cli(['prune'])
    assert.equal([stdout, stderr], ['Pruned old-completed\n', '1 job pruned\n'])
    assert.equal(ids(world), ['new-completed', 'new-dead', 'old-dead'])
  }),
)

test(
  '--dry-run says which, and changes nothing',
  inWorld(async (world) => {
    aMonth(world)
    const { stdout, stderr } = await world.cli(['prune', '--keep', '0', '--dry-run'])
    assert.equal(
      [stdout, stderr],
      ['Would prune old-completed\nWould prune new-completed\n', '2 jobs would be pruned\n'],
    )
    assert.is(ids(world).length, 4)
  }),
)

test(
  '--state dead --older-than removes dead jobs only',
  inWorld(async (world) => {
    aMonth(world)
    await world.cli(['prune', '--state', 'dead', '--older-than', '7d'])
    assert.equal(ids(world), ['new-completed', 'new-dead', 'old-completed'])
  }),
)

test(
  '--json is one object',
  inWorld(async (world) => {
    aMonth(world)
    const { stdout } = await world.cli(['prune', '--json'])
    assert.equal(JSON.parse(stdout), { action: 'prune', dry_run: false, ids: ['old-completed'], failed: [] })
  }),
)

for (const [state, word] of [
  ['pending', /cannot prune pending jobs/],
  ['held', /cannot prune held jobs/],
  ['nonsense', /unknown state "nonsense"/],
] as const)
  test(
    `--state ${state} is refused`,
    inWorld(async ({ cli }) => {
      const { code, stderr } = await cli(['prune', '--state', state])
      assert.is(code, 2)
      assert.match(stderr, word)
    }),
  )

for (const args of [
  ['--older-than', 'yesterday'],
  ['--keep', '-1'],
  ['--max-bytes', 'much'],
])
  test(
    `prune ${args.join(' ')} is refused`,
    inWorld(async ({ cli }) => assert.is((await cli(['prune', ...args])).code, 2)),
  )

test(
  'a worker removes what is over the limits that are set, and says so',
  inWorld(async (world) => {
    aMonth(world)
    await runAll(world)
    assert.equal(ids(world), ['new-completed', 'new-dead', 'old-dead'])
    const logs = join(world.home, 'logs')
    const log = readdirSync(logs).find((name) => name.startsWith('worker-')) ?? ''
    assert.match(readFileSync(join(logs, log), 'utf8'), 'pruned 1 completed job, with all output')
  }),
)

test(
  'a burst worker is not over before it has pruned and folded all',
  inWorld(async (world) => {
    await world.queue.setConfig('keep_completed_count', '3')
    for (let i = 0; i < 100; i++) putFinished(world.home, { id: `job${i}`, at: Date.now() - i * 1000 })
    const line = JSON.stringify({ at: '2026-01-01T12:00:00.000Z', event: 'retried', job: 'job0' })
    writeFileSync(join(world.home, 'journal', '2026-01-01.ndjson'), `${line}\n`)
    await runAll(world)
    assert.equal(ids(world), ['job0', 'job1', 'job2'])
    assert.not(existsSync(join(world.home, 'journal', '2026-01-01.ndjson')))
    assert.is((await world.queue.metrics()).events.retried, 1)
  }),
)

test(
  'ids are removed whatever the limits, and only when they are finished',
  inWorld(async (world) => {
    aMonth(world)
    await world.queue.enqueue({ id: 'waits', command: 'true' })
    const { code, stdout } = await world.cli(['prune', 'new-completed', 'old-dead', 'waits', '--json'])
    assert.is(code, 6)
    const told = JSON.parse(stdout) as { ids: string[]; failed: { code: string }[] }
    assert.equal([told.ids, told.failed.map((one) => one.code)], [['new-completed', 'old-dead'], ['WRONG_STATE']])
    assert.equal(ids(world), ['new-dead', 'old-completed', 'waits'])
  }),
)

test(
  '--queue and --tag say among which the newest stay',
  inWorld(async (world) => {
    for (const queue of ['mail', 'other'])
      await world.queue.enqueueAll([
        { id: `${queue}-plain`, command: 'true', queue },
        { id: `${queue}-tagged`, command: 'true', queue, tags: ['x'] },
      ])
    await runAll(world)
    await world.cli(['prune', '--keep', '1', '--queue', 'mail'])
    assert.is(ids(world).filter((id) => id.startsWith('mail')).length, 1)
    await world.cli(['prune', '--keep', '0', '--tag', 'x'])
    assert.equal(
      ids(world).filter((id) => id.startsWith('other')),
      ['other-plain'],
    )
  }),
)

test(
  '--all removes all that are completed, and nothing else',
  inWorld(async (world) => {
    aMonth(world)
    assert.is((await world.cli(['prune', '--all', '--keep', '3'])).code, 2)
    await world.cli(['prune', '--all'])
    assert.equal(ids(world), ['new-dead', 'old-dead'])
  }),
)

test(
  'on a full disk the ballast makes room to prune',
  inWorld((world) =>
    onTmpfs(world.dir, 'size=4m', async (small) => {
      const home = join(small, 'home')
      const queue = Queue.open({ home })
      for (const id of ['a', 'b']) putFinished(home, { id, at: Date.now(), output: 100_000 })
      keepBallast(openHome(home))
      fillBytes(small)
      const pruned = await queue.prune({ keep: 0 })
      assert.equal(pruned.map(({ id }) => id).toSorted(), ['a', 'b'])
      assert.ok((await queue.room()).free_bytes > 1_000_000)
    }),
  ),
)

test(
  'a worker that is running heeds a limit that is set',
  inWorld(async (world) => {
    aMonth(world)
    const worker = await world.startWorker()
    await until(() => ids(world).length === 3, SOON_MS, 'the default limit was applied')
    await world.cli(['config', 'set', 'keep-dead-count', '0'])
    await until(
      () => ids(world).join() === 'new-completed',
      SOON_MS,
      () => ids(world),
    )
    await until(
      () => worker.stderr.includes('pruned 2 dead jobs'),
      SOON_MS,
      () => worker.stderr,
    )
  }),
)

test(
  'totals in stats stay right when jobs are pruned and days of the journal folded',
  inWorld(async (world) => {
    await world.queue.enqueueAll([{ command: 'true' }, { command: 'true' }])
    await runAll(world)
    const journal = join(world.home, 'journal')
    for (const day of readdirSync(journal)) renameSync(join(journal, day), join(journal, '2020-01-01.ndjson'))
    await world.queue.prune({ keep: 0 })
    const before = (await world.cli(['stats', '--json'])).stdout
    await runAll(world)
    assert.equal(readdirSync(journal), ['totals.json'])
    const { completed, duration_ms } = JSON.parse((await world.cli(['stats', '--json'])).stdout) as Stats
    const was = JSON.parse(before) as Stats
    assert.is(completed, 2)
    assert.is(duration_ms.average, was.duration_ms.average)
  }),
)

test.run()
