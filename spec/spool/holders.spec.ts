/** Who holds jobs: directories that come, go and are cleared. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { type Home, openHome } from '../../lib/spool/layout.ts'
import { removeIfEmpty, holderOf, holders, joinWorkers } from '../../lib/spool/holders.ts'
import { claim } from '../../lib/spool/transitions.ts'

const test = suite('holder directories')

const life = (home: Home, name: string): string | undefined => holderOf(home, name)?.life

test(
  'a worker that joins is alive, with a card that says who it is',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 3, NOON)
    const [seen] = holders(home)
    assert.is(seen?.life, 'alive')
    assert.is(seen?.kind, 'worker')
    assert.is(seen?.card?.slots, 3)
    assert.is(seen?.card?.pid, process.pid)
    assert.is(seen?.card?.started_at, '2026-11-22T10:15:00.000Z')
    assert.equal(readdirSync(home.tmp), [])
    own.leave()
  }),
)

test(
  'a worker that leaves takes its directory with it',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    joinWorkers(home, 1, NOON).leave()
    assert.equal(readdirSync(home.processing), [])
  }),
)

test(
  'a worker that leaves while it holds a job leaves the directory, and is dead',
  inWorld(async ({ home: root, queue }) => {
    const home = openHome(root)
    await queue.enqueue({ command: 'true', id: 'job1' })
    const own = joinWorkers(home, 1, NOON)
    const [fileName = ''] = readdirSync(home.pending)
    const name = parseName(fileName)
    assert.ok(name && claim(home, own.dir, fileName, name))
    own.leave()
    assert.is(life(home, own.name), 'dead')
    assert.is(assertHomeIntact(root).get('job1'), 'processing')
  }),
)

test(
  'two workers of one process have names of their own',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const both = [joinWorkers(home, 1, NOON), joinWorkers(home, 1, NOON)]
    assert.is(new Set(both.map(({ name }) => name)).size, 2)
    for (const own of both) own.leave()
  }),
)

test(
  'a directory that was taken away and made again under its name is not ours',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 1, NOON)
    assert.ok(own.isThere())
    renameSync(own.dir, join(home.processing, 'rescue-1-abcdef'))
    assert.not(own.isThere())
    mkdirSync(own.dir)
    assert.not(own.isThere())
  }),
)

test(
  'a holder’s directory is cleared of its own files and of half-written stamps',
  inWorld(({ home: root }) => {
    const home = openHome(root)
    const own = joinWorkers(home, 1, NOON)
    writeFileSync(join(own.dir, '.1000-20261122T101500.123456Z-job1.json.new'), '{"com')
    mkdirSync(join(own.dir, 'intake'))
    writeFileSync(join(own.dir, 'intake/.x.json.new'), '')
    assert.is(removeIfEmpty(home, own.dir), true)
    assert.equal(readdirSync(home.processing), [])
  }),
)

for (const path of ['1000-20261122T101500.123456Z-job1.json', 'dropped.json', 'intake/dropped.json', 'dead/job.json'])
  test(
    `a holder’s directory with ${path} in it is not cleared`,
    inWorld(({ home: root }) => {
      const home = openHome(root)
      const own = joinWorkers(home, 1, NOON)
      mkdirSync(join(own.dir, path, '..'), { recursive: true })
      writeFileSync(join(own.dir, path), '{}')
      assert.is(removeIfEmpty(home, own.dir), false)
      assert.ok(existsSync(join(own.dir, path)))
    }),
  )

test.run()
