/** Is anything of a run alive? What the FIFO, the start mark and the processes say, and what is concluded from silence. */
import { closeSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, letGo, program, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { inWorld } from '../../fixtures/world.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import { lstat } from '../../lib/disk/files.ts'
import { ownIdentity } from '../../lib/disk/process.ts'
import { lifeOf, processesOf } from '../../lib/run/run-life.ts'
import { markSuffix, parseMark, type StartMark } from '../../lib/run/start-mark.ts'
import { type RunPaths, runPaths } from '../../lib/run/paths.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('life of a run')

const inRun = (body: (paths: RunPaths, mark: StartMark) => void): ReturnType<typeof inWorld> =>
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const paths = runPaths(home, 'job1', 1)
    makeFifos([paths.fifo])
    const ino = lstat(paths.fifo)?.ino ?? 0
    body(paths, parseMark(`999999 (sh) S 1 999999 999999 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 5 1 1 1 ${markSuffix(ino)}`))
  })

test(
  'a start mark has the leader, the kernel, the namespace and the FIFO',
  inRun((paths, mark) => {
    const { boot, ns } = ownIdentity()
    const fifo = lstat(paths.fifo)?.ino
    const leader = { pid: 999_999, start: '5' }
    assert.equal(mark, { leader, since: undefined, boot, ns, fifo, hasNoSubShell: false })
  }),
)

test('a start mark without a start time names no process', () => {
  assert.is(parseMark('4321 since=12.5 boot=b ns=1 fifo=7').leader, undefined)
})

test(
  'a FIFO that is held says alive, and one that is free says over',
  inRun((paths, mark) => {
    const fd = holdFifo(paths.fifo)
    assert.is(lifeOf(paths, mark), 'alive')
    closeSync(fd)
    assert.is(lifeOf(paths, mark), 'over')
  }),
)

test(
  'without a FIFO and without a start mark the command has not begun',
  inRun((paths) => {
    rmSync(paths.fifo)
    assert.is(lifeOf(paths, 'none'), 'over')
  }),
)

test(
  'without a FIFO a start mark that cannot be read says nothing',
  inRun((paths) => {
    rmSync(paths.fifo)
    assert.is(lifeOf(paths, 'unreadable'), 'hidden')
  }),
)

test(
  'without a FIFO a leader that runs is alive',
  inRun((paths, mark) => {
    rmSync(paths.fifo)
    const { pid, start } = ownIdentity()
    assert.is(lifeOf(paths, { ...mark, leader: { pid, start } }), 'alive')
  }),
)

test(
  'a mark of another kernel says over, and one of another pid namespace nothing',
  inRun((paths, mark) => {
    rmSync(paths.fifo)
    assert.is(lifeOf(paths, { ...mark, boot: 'another' }), 'over')
    assert.is(lifeOf(paths, { ...mark, ns: '1' }), 'hidden')
  }),
)

test(
  'a FIFO that another took the place of says nothing of the run',
  inRun((paths, mark) => {
    renameSync(paths.fifo, `${paths.fifo}.moved`)
    makeFifos([paths.fifo])
    assert.is.not(lifeOf(paths, { ...mark, leader: undefined, fifo: 1 }), 'alive')
    assert.equal(processesOf(paths, { ...mark, fifo: 1 }), [])
  }),
)

for (const [what, put] of [
  ['a directory', (path: string) => mkdirSync(path)],
  ['a file', (path: string) => writeFileSync(path, '')],
  ['a link to itself', (path: string) => symlinkSync(path, path)],
] as const)
  test(
    `${what} in place of the FIFO says nothing: the start mark decides`,
    inRun((paths, mark) => {
      rmSync(paths.fifo)
      put(paths.fifo)
      const { pid, start } = ownIdentity()
      assert.is(lifeOf(paths, { ...mark, leader: { pid, start } }), 'alive')
      assert.is(lifeOf(paths, 'none'), 'over')
    }),
  )

test(
  'in a home below a symbolic link a process that a run left is ended before the next run',
  inWorld(async (world) => {
    mkdirSync(join(world.dir, 'real'))
    symlinkSync(join(world.dir, 'real'), join(world.dir, 'link'))
    const env = { QUEUECTL_HOME: join(world.dir, 'link', 'home') }
    await world.cli(['config', 'set', 'backoff-base', '1'], { env })
    const command = `${program('alone.sh')} a sh -c '(${untilLetGo('a')}) & exit 1'`
    await world.cli(['enqueue', '--id', 'job1', '-r', '2', command], { env })
    await world.cli(['worker', 'start', '--foreground', '--burst'], { env })
    const { stdout } = await world.cli(['show', 'job1', '--json'], { env })
    assert.equal(JSON.parse(stdout).runs, 2)
    assert.is(lstat(join(world.dir, 'a.overlaps')), undefined, 'no overlap')
    letGo(world, 'a')
  }),
)

test(
  'a job whose run removed its own FIFO completes, and its worker goes on',
  inWorld(async (world) => {
    await add(world, 'rm "$QUEUECTL_HOME/run/$QUEUECTL_JOB_ID.1.fifo"', { id: 'job1' })
    await add(world, 'true', { id: 'job2', priority: -1 })
    const worker = await world.startWorker()
    for (const id of ['job1', 'job2']) await settles(world.queue, id)
    worker.kill()
  }),
)

test.run()
