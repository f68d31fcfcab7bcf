/** Plain runs and the general code: the same jobs, done both ways, leave the same behind. */
import fc from 'fast-check'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  eventsOf,
  isUp,
  letGo,
  linesOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World, world as newWorld } from '../../fixtures/world.ts'
import type { JobRequest } from '../../lib/job/job.ts'

const test = suite('plain runs')

/** Jobs of which most are plain, and the others fall to the general code at one place or another. */
const JOBS: readonly JobRequest[] = [
  { command: 'true' },
  { command: 'echo out; echo err >&2' },
  { command: ['printf', '%s|', "it's", '', 'a\nb'] },
  { command: 'pwd; echo "$A $QUEUECTL_ATTEMPT $QUEUECTL_RUN $QUEUECTL_SLOT"', env: { A: "it's" } },
  { command: 'echo $QUEUECTL_JOB_ID', queue: 'mail', priority: 3 },
  { command: 'true', timeout: 30, max_retries: 7 },
  { command: 'exit 7' },
  { command: 'kill -9 $$' },
  { command: 'echo said >&2; kill -TERM $$' },
  { command: 'printf said >&2; kill -SEGV $$' },
  { command: 'kill -INT $$' },
  { command: 'kill -HUP $$' },
  { command: 'echo mine >&2; exit 137' },
  { command: 'trap "" TERM; kill 0; echo alive' },
  { command: 'env -0 | tr "\\n\\0" " \\n" | sort' },
  { command: 'pwd; echo "$PWD $OLDPWD"', cwd: '/usr/bin' },
  {
    command:
      'for n in 0 1 2 3; do readlink /proc/$$/fd/$n; done; echo /proc/$$/fd/*; grep -E "Sig(Blk|Ign|Cgt)" /proc/self/status; ulimit -a; umask',
  },
  { command: 'no-such-program' },
  { command: '/no/such/program' },
  { command: 'cat; read -r x; echo "$?"' },
  { command: ['no-such-program'] },
  { command: ['exit', '3'] },
  { command: 'true', cwd: '/no/such/directory' },
  { command: 'echo 50 >"$QUEUECTL_PROGRESS"' },
  { command: 'yes | head -c 200000' },
  { command: 'yes | head -c 200000 >&2' },
  { command: 'sleep 5', timeout: 0.1 },
  { command: 'cat', stdin: 'given' },
  { command: 'exit 3', success_codes: [3] },
  { command: 'true', meta: { mine: [1] }, tags: ['a'] },
  { command: '#!/bin/sh\necho script' },
  { command: 'rm -f "$QUEUECTL_HOME/run/$QUEUECTL_JOB_ID.1.fifo"' },
  { command: 'rm -f "$QUEUECTL_HOME/run/$QUEUECTL_JOB_ID.1.mark"' },
  { command: 'd="$QUEUECTL_HOME/run/$QUEUECTL_JOB_ID.1.mark"; rm -f "$d"; mkdir "$d"' },
  { command: 'rm -rf "$QUEUECTL_HOME/logs/$QUEUECTL_JOB_ID"' },
  { command: 'rm -f "$QUEUECTL_HOME"/processing/worker-*/*"$QUEUECTL_JOB_ID.json"' },
  { command: 'mv "$QUEUECTL_HOME"/processing/worker-*/*"$QUEUECTL_JOB_ID.json" "$QUEUECTL_HOME/dead/"' },
]

/** Every file of a home, its mode and what is in it, without what differs from one time to the next. */
function traceOf({ home, dir }: World): string[] {
  const ids = new Map<string, string>()
  const timeless = (text: string): string =>
    text
      .replaceAll(dir, '')
      .replaceAll(/\/proc\/\d+/g, '/proc/pid')
      .replaceAll(/corrupt\/[0-9a-f]{8}-/g, 'corrupt/')
      .replaceAll(/worker-\d+-[0-9a-f]{6}/g, 'worker')
      .replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, (id) => ids.get(id) ?? ids.set(id, `id${ids.size}`).get(id) ?? id)
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\d{8}T\d{6}\.\d{6}Z/g, 'time')
      .replaceAll(/("duration_ms": ?)\d+|\b[\d.]+ m?s\b|\(pid \d+|\d+ \(pid/g, '$1…')
  // The journal first: it names the jobs in the order in which they were done.
  const journal = eventsOf(home).map((event) => timeless(JSON.stringify(event)))
  const files = (at: string): string[] =>
    readdirSync(join(home, at), { withFileTypes: true }).flatMap((entry) => {
      const path = join(at, entry.name)
      const mode = (statSync(join(home, path)).mode & 0o7777).toString(8)
      if (entry.isDirectory()) return [`${timeless(path)} ${mode}`, ...files(path)]
      return [
        `${timeless(path)} ${mode} ${/^(journal|wake|ballast|config)/.test(path) ? '' : timeless(readFileSync(join(home, path), 'utf8'))}`,
      ]
    })
  return [...journal, ...files('').toSorted()]
}

/** Fails with what one of the two has and the other has not, which is short, and then with where they differ. */
function same(plain: readonly string[], general: readonly string[]): void {
  const only = (of: readonly string[], other: readonly string[]): string[] => of.filter((one) => !other.includes(one))
  assert.equal(only(plain, general), only(general, plain))
  assert.equal(plain, general)
}

/** A move is flushed before it is reported, which no plain run does; nothing else differs. */
const GENERAL = { durability: 'full' }
const SETTINGS = { max_retries: 1, max_log_bytes: 131_072 }

async function leftBy(jobs: readonly JobRequest[], settings: object): Promise<string[]> {
  const world = newWorld()
  try {
    configure(world, { ...SETTINGS, ...settings })
    for (const { command, ...more } of jobs) await add(world, command, more)
    await runAll(world)
    assertHomeIntact(world.home)
    return traceOf(world)
  } finally {
    await world.close()
  }
}

test('jobs leave the same records, names, events and files, whichever way they were done', async () => {
  // The first run of a slot opens its shell, which is not plain.
  const all = [{ command: 'true' }, ...JOBS]
  const [plain, general] = await Promise.all([leftBy(all, {}), leftBy(all, GENERAL)])
  same(plain, general)
})

const some = fc.array(fc.constantFrom(...JOBS.filter(({ timeout }) => timeout !== 0.1)), {
  minLength: 3,
  maxLength: 12,
})

test('so do random ones', async () => {
  await fc.assert(
    fc.asyncProperty(some, async (jobs) => {
      const [plain, general] = await Promise.all([leftBy(jobs, {}), leftBy(jobs, GENERAL)])
      same(plain, general)
    }),
    { numRuns: process.argv.includes('--long') ? 60 : 3 },
  )
})

/** A worker whose slot has its shell, and a plain job in it that runs until it is let go. */
async function withPlainRun(world: World, more: Partial<JobRequest> = {}) {
  const worker = await world.startWorker()
  await settles(world.queue, (await add(world, 'true')).id)
  const { id } = await add(world, untilLetGo('a'), more)
  await isUp(world, 'a')
  return { worker, id }
}

test(
  'a plain run is timed out',
  inWorld(async (world) => {
    const { worker, id } = await withPlainRun(world, { timeout: 0.3, max_retries: 1 })
    assert.is((await settles(world.queue, id, 'dead')).timed_out, true)
    worker.kill()
    await worker.ended
  }),
)

test(
  'a plain run whose time is over as it begins ends by TERM, and not by KILL after the grace',
  inWorld(async (world) => {
    for (let n = 0; n < 20; n++) await add(world, 'sleep 60', { timeout: 0.001, max_retries: 1 })
    await runAll(world, 2)
    const dead = await world.queue.list({ states: ['dead'] })
    assert.is(dead.length, 20)
    for (const { id } of dead) assert.is((await world.queue.get(id)).exit_code, 143)
  }),
)

test(
  'a plain run is cancelled',
  inWorld(async (world) => {
    const { worker, id } = await withPlainRun(world)
    await world.queue.cancel(id)
    assert.ok((await settles(world.queue, id, 'dead')).cancelled)
    worker.kill()
    await worker.ended
  }),
)

test(
  'a plain run whose file is removed is ended',
  inWorld(async (world) => {
    configure(world, { poll_interval: 0.1 })
    const { worker, id } = await withPlainRun(world)
    const dir = join(world.home, 'processing', worker.info.name)
    const file = readdirSync(dir).find((name) => name.includes(id)) ?? ''
    rmSync(join(dir, file))
    await until(() => eventsOf(world.home).some(({ event }) => event === 'removed'), SOON_MS, 'it is ended')
    worker.kill()
    await worker.ended
  }),
)

for (const [how, signal, ends] of [
  ['is killed', 'SIGKILL', 'adopted'],
  ['leaves', 'SIGUSR2', 'adopted'],
] as const)
  test(
    `a plain run whose worker ${how} is ${ends}, and runs once`,
    inWorld(async (world) => {
      const { worker, id } = await withPlainRun(world)
      worker.kill(signal)
      await worker.ended
      const next = await world.startWorker()
      await until(() => eventsOf(world.home).some(({ event }) => event === 'adopted'), SOON_MS, 'it is adopted')
      letGo(world, 'a')
      const job = await settles(world.queue, id)
      assert.equal([job.runs, job.attempts, job.history.length], [1, 1, 1])
      assert.is(linesOf(join(world.dir, 'a.up')).length, 1)
      next.kill()
      await next.ended
    }),
  )

test(
  'a worker that is stopped waits for its plain run; stopped twice it gives the job back',
  inWorld(async (world) => {
    const { worker, id } = await withPlainRun(world)
    worker.kill('SIGTERM')
    await until(() => /is stopping/.test(worker.stderr), SOON_MS, 'it is stopping')
    worker.kill('SIGTERM')
    await worker.ended
    const job = await world.queue.get(id)
    assert.equal([job.state, job.attempts, job.history.at(-1)?.outcome], ['pending', 0, 'given_back'])
  }),
)

test(
  'a plain run that leaves a process behind is settled with it, and its shell serves no other',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await settles(world.queue, (await add(world, 'true')).id)
    const { id } = await add(world, 'sleep 300 & echo $! >left')
    const job = await settles(world.queue, id)
    const left = Number(readFileSync(join(world.dir, 'left'), 'utf8'))
    assert.equal(job.strays, [left])
    assert.ok(existsSync(join(world.home, `run/${id}.1.fifo`)))
    process.kill(left, 'SIGKILL')
    worker.kill()
    await worker.ended
  }),
)

test(
  'events of plain runs are written when the worker stops',
  inWorld(async (world) => {
    for (let n = 0; n < 5; n++) await add(world, 'true')
    await runAll(world)
    const kinds = eventsOf(world.home).map(({ event }) => event)
    assert.equal(
      [kinds.filter((kind) => kind === 'started').length, kinds.filter((kind) => kind === 'completed').length],
      [5, 5],
    )
  }),
)

test.run()
