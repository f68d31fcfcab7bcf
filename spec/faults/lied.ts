/** The tale of a network file system that loses a reply: what was done is answered as if it had failed. */
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add, eventsOf, linesOf, runAll, settles } from '../../fixtures/jobs.ts'
import type { World } from '../../fixtures/world.ts'
import { Trap } from './library.ts'

/** Long enough (ms) for a worker to have taken on what was done. */
const LONG_MS = 400

/** Runs a command of which the first rename or link whose line contains `match` is done and answered with an error. */
async function lied(world: World, args: readonly string[], match: string): Promise<string> {
  const trap = new Trap(world.dir, world.home, { at: 1, kind: 'lied', match, pause: LONG_MS })
  const { code, stdout, stderr } = await world.cli(args, { env: trap.env })
  assert.ok(trap.struck(), `nothing contained ${match}`)
  assert.is(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}

const noting = 'echo run >>"$QUEUECTL_HOME/../$QUEUECTL_JOB_ID.runs"'

/** While a worker takes on what is published, and of a worker's own renames. */
export async function repliesAreLost(world: World): Promise<void> {
  const { home, queue, dir } = world
  const worker = await world.startWorker()
  const made = (await lied(world, ['enqueue', '-c', noting], `rename ${home}/tmp/`)).replace(/^Enqueued (\S+)\n$/, '$1')
  await lied(world, ['enqueue', '-i', 'job1', '-c', noting], `rename ${home}/tmp/job1`)
  await lied(world, ['enqueue', '-i', 'job2', '-c', noting], `link ${home}/tmp/job2`)
  await add(world, `${noting}; [ "$QUEUECTL_RUN" = 2 ]`, { id: 'job3', max_retries: 1 })
  await settles(queue, 'job3', 'dead')
  await lied(world, ['retry', 'job3'], `/dead/1000-`)
  await queue.enqueue({ id: 'job4', cwd: '/', command: noting, run_at: '2099-01-01' })
  await lied(world, ['top', 'job4'], `rename ${home}/scheduled/`)
  const all = { [made]: 1, job1: 1, job2: 1, job3: 2, job4: 1 }
  for (const [id, runs] of Object.entries(all)) {
    await settles(queue, id)
    assert.is(linesOf(join(dir, `${id}.runs`)).length, runs, `runs of ${id}`)
    assert.is(eventsOf(home).filter(({ event, job }) => event === 'enqueued' && job === id).length, 1, `${id} enqueued`)
  }
  assert.equal(
    eventsOf(home).flatMap(({ event, job }) => (['retried', 'removed'].includes(event) ? [`${event} ${job}`] : [])),
    ['retried job3'],
  )
  worker.kill()
  await worker.ended
  for (const [id, match] of Object.entries({
    claim: `rename ${home}/pending/`,
    stamp: `-stamp.json.new`,
    settle: `/done/`,
  })) {
    await add(world, noting, { id })
    const trap = new Trap(dir, home, { at: 1, kind: 'lied', match })
    await runAll(world, 1, trap.env)
    assert.ok(trap.struck(), `nothing contained ${match}`)
    const told = eventsOf(home).filter(({ job }) => job === id)
    assert.equal(
      told.map(({ event }) => event),
      ['enqueued', 'started', 'completed'],
    )
    assert.is(linesOf(join(dir, `${id}.runs`)).length, 1, `runs of ${id}`)
  }
}
