/** Jobs that let others go first. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add } from '../../fixtures/jobs.ts'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { findProgram } from '../../lib/disk/program.ts'
import { withNiceness } from '../../lib/run/niceness.ts'

const test = suite('niceness')

test('a job without it is executed as it is', () => {
  const argv = ['true']
  assert.is(withNiceness(argv, {}, '/nowhere'), argv)
})

test('where the worker has no such program the command cannot be started', () => {
  const found = withNiceness(['true'], { nice: 5 }, '/nowhere')
  assert.equal(found, { code: 127, why: 'there is no nice(1) in the PATH of the worker' })
})

test(
  'commands of every kind run with it, also where the job has a PATH of its own',
  inWorld(async (world) => {
    if (findProgram('ionice', process.env.PATH, '/') === undefined) skip('there is no ionice')
    const path = { env: { PATH: '/nowhere' } }
    const nice = findProgram('nice', process.env.PATH, '/') ?? ''
    await add(world, 'nice; ionice', { id: 'line', nice: 7, ionice: 'idle' })
    await add(world, [nice], { id: 'argv', nice: 3, ...path })
    await add(world, `#!/bin/sh\n${nice}`, { id: 'script', nice: 0, ...path })
    await add(world, 'read -r x; echo $x; nice', { id: 'input', nice: 5, stdin: 'given\n' })
    await world.cli(['worker', 'start', '--foreground', '--burst'])
    const own = (await world.cli(['run', 'nice'])).stdout.trim()
    assert.is(own, '0', 'this test itself is not nice')
    for (const [id, output] of [
      ['line', '7\nidle\n'],
      ['argv', '3\n'],
      ['script', '0\n'],
      ['input', 'given\n5\n'],
    ] as const)
      assert.is((await world.cli(['logs', id])).stdout, output, id)
  }),
)

test(
  'ionice is refused where there is none, and other values are refused everywhere',
  inWorld(async (world) => {
    const none = await world.cli(['enqueue', 'true', '--ionice', 'idle'], { env: { PATH: world.dir } })
    assert.equal(
      [none.code, none.stderr],
      [2, 'queuectl: invalid job: ionice: there is no ionice(1) on this machine\n'],
    )
    for (const more of [{ nice: 20 }, { nice: -1 }, { nice: 1.5 }, { ionice: 'realtime' }]) {
      const { code, stderr } = await world.cli(['enqueue', JSON.stringify({ command: 'true', ...more })])
      assert.is(code, 2)
      assert.match(stderr, `invalid job: ${Object.keys(more)[0]}: `)
    }
    assert.is((await world.queue.list()).length, 0)
  }),
)

test.run()
