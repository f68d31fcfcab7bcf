/** A resource runs out at the worst moment: each case that the fault points have found once, by name. */
import { writeFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { join } from 'node:path'
import {
  add,
  configure,
  eventsOf,
  isUp,
  letGo,
  linesOf,
  program,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { errno } from '../../lib/errors.ts'
import { isExhausted } from '../../lib/disk/files.ts'
import { Trap } from './library.ts'

const test = suite('exhausted resources')

test('a full quota is known as one, though Node has no name for it', () => {
  const told = Object.assign(new Error('UNKNOWN: unknown error, write'), { code: 'UNKNOWN', errno: -122 })
  const said = Object.assign(new Error('Unknown system error -122'), { code: 'Unknown system error -122', errno: -122 })
  assert.equal(
    [told, said].map(errno),
    process.platform === 'linux' ? ['EDQUOT', 'EDQUOT'] : [errno(told), errno(said)],
  )
  if (process.platform === 'linux') assert.ok(isExhausted(told) && isExhausted(said))
})

test(
  'a run that has ended is not repeated because its FIFO could not be looked at',
  inWorld(async (world) => {
    await add(world, `${program('alone.sh')} a true`, { id: 'job1' })
    const trap = new Trap(world.dir, world.home, { at: 1, kind: 'EMFILE', match: `open ${world.home}/run/job1.1.fifo` })
    await runAll(world, 1, trap.env)
    assert.ok(trap.struck())
    const { state, attempts } = await world.queue.get('job1')
    assert.equal([state, attempts, linesOf(join(world.dir, 'a.runs')).length], ['completed', 1, 1])
    assertHomeIntact(world.home)
  }),
)

for (const at of [1, 2, 3, 4])
  test(
    `a run that cannot be adopted at once is adopted a moment later (fault ${at})`,
    inWorld(async (world) => {
      configure(world, { poll_interval: 0.1 })
      await add(world, untilLetGo('a'), { id: 'job1' })
      const victim = await world.startWorker()
      await isUp(world, 'a')
      victim.kill('SIGKILL')
      await victim.ended
      const trap = new Trap(world.dir, world.home, { at, kind: 'EMFILE', match: `open ${world.home}/run/job1.1.` })
      const next = world.begin(['worker', 'start', '--foreground', '--burst'], { env: trap.env })
      await until(() => trap.struck(), SOON_MS, 'the fault struck')
      letGo(world, 'a')
      const job = await settles(world.queue, 'job1')
      assert.equal([job.runs, job.attempts, job.interruptions], [1, 1, 0])
      await next.ended
      assert.not.ok(eventsOf(world.home).some(({ event }) => event === 'interrupted'))
    }),
  )

test(
  'a dropped file keeps its id when the scratch of its reservation cannot be removed',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'pending', 'mine.json'), JSON.stringify({ id: 'job1', command: 'true' }))
    const trap = new Trap(world.dir, world.home, { at: 1, kind: 'EIO', match: `unlink ${world.home}/tmp/job1.` })
    await runAll(world, 1, trap.env)
    assert.ok(trap.struck())
    assert.equal([...assertHomeIntact(world.home)], [['job1', 'completed']])
  }),
)

test.run()
