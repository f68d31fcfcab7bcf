/** A home that was copied with tar and is used elsewhere: nothing that ran in the original runs again. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { add, isUp, letGo, linesOf, settles, SOON_MS, untilLetGo } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { Queue } from '../../lib/queue.ts'

const test = suite('a restored home')

/** A copy as tar makes it: FIFOs are FIFOs again, with other inodes. */
function restored({ dir, home }: World): string {
  const copy = join(dir, 'copy')
  mkdirSync(copy, { mode: 0o700 })
  execFileSync('/bin/sh', ['-c', 'tar -C "$1" -cf - . | tar -C "$2" -xf -', 'sh', home, copy])
  return copy
}

const burst = async (world: World, home: string): Promise<string> =>
  (await world.cli(['worker', 'start', '--foreground', '--burst', '--home', home])).stderr

const counting = (world: World, id: string): Promise<unknown> =>
  world.queue.enqueue({ id, command: `echo ${id} >>${join(world.dir, 'ran')}` })

test(
  'of a stopped home what is done stays done, what waits runs once, and ids stay taken',
  inWorld(async (world) => {
    await counting(world, 'done')
    await burst(world, world.home)
    for (const id of ['waits', 'held', 'cancelled']) await counting(world, id)
    await world.queue.hold('held')
    await world.queue.cancel('cancelled')
    const copy = restored(world)
    await burst(world, copy)
    assert.equal(linesOf(join(world.dir, 'ran')), ['done', 'waits'])
    const states = [...assertHomeIntact(copy)].toSorted(([a], [b]) => (a < b ? -1 : 1))
    assert.equal(states, [
      ['cancelled', 'dead'],
      ['done', 'completed'],
      ['held', 'held'],
      ['waits', 'completed'],
    ])
    assert.match((await world.cli(['enqueue', 'true', '--id', 'done', '--home', copy])).stderr, 'already exists')
  }),
)

for (const where of ['this machine', 'another machine'])
  test(
    `a run that was going on when the home was copied is not run again on ${where}; a person decides`,
    inWorld(async (world) => {
      await add(world, untilLetGo('a'), { id: 'a' })
      const worker = await world.startWorker()
      await isUp(world, 'a')
      await counting(world, 'waits')
      const copy = restored(world)
      if (where === 'another machine') {
        const card = join(copy, 'processing', worker.info.name, 'worker.json')
        const other = { ...JSON.parse(readFileSync(card, 'utf8')), machine: 'other', boot: 'other', ns: '1' }
        writeFileSync(card, JSON.stringify(other))
      }
      const there = Queue.open({ home: copy })
      // A worker of another boot is dead once its lease was watched for three renewals.
      const env = { QUEUECTL_RENEW_MS: '100' }
      const other = world.begin(['worker', 'start', '--foreground', '--home', copy], { env })
      await until(async () => (await there.get('a')).state === 'dead', SOON_MS, 'it is settled')
      await settles(there, 'waits')
      other.kill('SIGTERM')
      assert.match((await other.ended).stderr, 'is a copy: what ran in the original is not run again')
      const job = await there.get('a')
      assert.equal([job.state, job.attempts, job.runs], ['dead', 0, 1])
      assert.match(job.last_error ?? '', 'run 1 was going on when this home was copied')
      assertHomeIntact(copy)
      letGo(world, 'a')
      await settles(world.queue, 'a')
      await there.retry('a')
      await burst(world, copy)
      assert.equal([(await there.get('a')).state, (await there.get('a')).runs], ['completed', 2])
    }),
  )

test(
  'of a job that was copied in two places the later one counts, and one that was run since its file was copied is held',
  inWorld(async (world) => {
    for (const id of ['twice', 'since', 'plain']) await counting(world, id)
    const before = readdirSync(join(world.home, 'pending'))
    const saved = join(world.dir, 'saved')
    mkdirSync(saved)
    for (const name of before) copyFileSync(join(world.home, 'pending', name), join(saved, name))
    await burst(world, world.home)
    const copy = restored(world)
    for (const name of before.filter((one) => !one.includes('plain')))
      copyFileSync(join(saved, name), join(copy, 'pending', name))
    const [day = ''] = readdirSync(join(copy, 'done'))
    for (const name of readdirSync(join(copy, 'done', day)))
      if (name.includes('since')) execFileSync('rm', [join(copy, 'done', day, name)])
    const log = await burst(world, copy)
    assert.match(log, 'twice was copied twice')
    assert.match(log, 'since was run (run 1) after its file was copied: held')
    assert.equal(linesOf(join(world.dir, 'ran')).toSorted(), ['plain', 'since', 'twice'])
    const states = assertHomeIntact(copy)
    assert.equal([states.get('twice'), states.get('since')], ['completed', 'held'])
  }),
)

test(
  'a home that is moved on its file system is no copy',
  inWorld(async (world) => {
    await counting(world, 'a')
    await burst(world, world.home)
    await counting(world, 'b')
    const moved = join(world.dir, 'moved')
    renameSync(world.home, moved)
    assert.not.match(await burst(world, moved), 'is a copy')
    assert.equal(linesOf(join(world.dir, 'ran')), ['a', 'b'])
  }),
)

test.run()
