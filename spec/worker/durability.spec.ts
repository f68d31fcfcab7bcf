/** Which flushes each level of durability makes, seen from outside; and a power cut at the strongest. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, SOON_MS } from '../../fixtures/jobs.ts'
import { isThere } from '../../fixtures/mounts.ts'
import { cleanEnv, PROGRAM, start } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { flushDir } from '../../lib/disk/sync.ts'

const test = suite('durability levels')

/** The places in the home that a command flushed, in order; a file's by its directory. */
async function flushedBy({ dir, home }: World, args: readonly string[]): Promise<string[]> {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) skip('no strace, or it may not trace')
  const trace = join(dir, 'trace')
  const line = [
    '-f',
    '-y',
    '-qq',
    '-o',
    trace,
    '-e',
    'trace=fsync,fdatasync,syncfs',
    process.execPath,
    PROGRAM,
    ...args,
  ]
  const { code, stderr } = await start('strace', line, {
    cwd: dir,
    env: { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home },
  }).ended
  assert.is(code, 0, stderr)
  return readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((call) => /(?:fsync|fdatasync|syncfs)\(\d+<(.*?)>/.exec(call)?.[1] ?? [])
    .filter((path) => path.startsWith(home))
    .map((path) => path.slice(home.length + 1).split('/')[0] ?? '')
}

for (const [durability, enqueued] of [
  ['none', []],
  ['enqueue', ['tmp', 'pending']],
  ['full', ['tmp', 'pending']],
] as const)
  test(
    `${durability}: an enqueue flushes ${enqueued.length === 0 ? 'nothing' : 'the job and its directory'}`,
    inWorld(async (world) => {
      configure(world, { durability })
      assert.equal(await flushedBy(world, ['enqueue', 'true']), [...enqueued])
    }),
  )

for (const [durability, ran] of [
  ['none', []],
  ['enqueue', ['processing', 'processing']],
  ['full', ['processing', 'processing', 'done', 'done']],
] as const)
  test(
    `${durability}: a job that runs and completes flushes ${ran.join(', ') || 'nothing'}`,
    inWorld(async (world) => {
      configure(world, { durability })
      await add(world, 'true', { id: 'job1' })
      const flushed = await flushedBy(world, ['worker', 'start', '--foreground', '--burst'])
      // In tmp/ it tries what the file system can do.
      assert.equal(
        flushed.filter((place) => place !== 'tmp'),
        [...ran],
      )
    }),
  )

for (const [durability, changed] of [
  ['none', []],
  ['enqueue', ['processing']],
  ['full', ['processing', 'dead']],
] as const)
  test(
    `${durability}: a cancel flushes ${changed.join(', ') || 'nothing'}`,
    inWorld(async (world) => {
      configure(world, { durability })
      await add(world, 'true', { id: 'job1' })
      assert.equal(await flushedBy(world, ['cancel', 'job1']), [...changed])
    }),
  )

for (const [durability, batch] of [
  ['none', []],
  ['enqueue', ['tmp', 'pending']],
] as const)
  test(
    `${durability}: a batch flushes ${batch.length === 0 ? 'nothing' : 'once for all of its jobs, and their directory'}`,
    inWorld(async (world) => {
      configure(world, { durability })
      const jobs = JSON.stringify([{ command: 'true' }, { command: 'true' }, { command: 'true' }])
      writeFileSync(join(world.dir, 'jobs.json'), jobs)
      assert.equal(await flushedBy(world, ['enqueue', '-f', 'jobs.json']), [...batch])
    }),
  )

test(
  'many who want the same directory flushed at the same time share two flushes',
  inWorld(async ({ dir }) => {
    const all = Array.from({ length: 50 }, () => flushDir(dir))
    assert.is(new Set(all).size, 1)
    await all[0]
    const later = flushDir(dir)
    assert.is.not(later, all[0])
    await later
  }),
)

test(
  'a flush that fails rejects those that waited for it, and not the next',
  inWorld(async ({ dir }) => {
    const missing = join(dir, 'missing')
    const failed = flushDir(missing).then(
      () => 'flushed',
      (error: NodeJS.ErrnoException) => error.code,
    )
    assert.is(await failed, 'ENOENT')
    mkdirSync(missing)
    await flushDir(missing)
  }),
)

test(
  'full: what was reported as completed is completed after a power cut',
  inWorld(async (world) => {
    if (process.getuid?.() !== 0) skip('only root may mount')
    for (const program of ['mkfs.ext4', 'xfs_io']) if (!isThere(program)) skip(`no ${program}`)
    const image = join(world.dir, 'image')
    const disk = join(world.dir, 'disk')
    const home = join(disk, 'home')
    mkdirSync(disk)
    execFileSync('truncate', ['-s', '48M', image])
    execFileSync('mkfs.ext4', ['-q', image])
    const mount = (): boolean => spawnSync('mount', ['-o', 'loop', image, disk]).status === 0
    if (!mount()) skip('a loop device cannot be mounted here')
    try {
      await world.cli(['config', 'set', 'durability', 'full', '--home', home])
      for (let n = 0; n < 4; n++) await world.cli(['enqueue', 'true', '--cwd', world.dir, '--home', home])
      execFileSync('sync', ['-f', disk])
      const worker = world.begin(['worker', 'start', '--foreground', '--home', home])
      const told = (): number => worker.stderr.split(' completed in ').length - 1
      await until(
        () => told() === 4,
        SOON_MS,
        () => worker.stderr,
      )
      // The journal of the file system is not written out any more.
      if (spawnSync('xfs_io', ['-x', '-c', 'shutdown', disk]).status !== 0) skip('no shutdown ioctl')
      worker.kill('SIGKILL')
      await worker.ended
      execFileSync('umount', ['-l', disk])
      assert.ok(mount())
      const [day = ''] = readdirSync(join(home, 'done'))
      assert.is(readdirSync(join(home, 'done', day)).length, 4)
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  }),
)

test.run()
