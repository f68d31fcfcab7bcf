/** Reads that fail by their surroundings, with each errno; and the machine's trouble. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { quarantinedIn, toldByStatus, withFault } from './contained.ts'

const test = suite('reads that fail')

for (const kind of ['EACCES', 'ESTALE', 'EIO'] as const)
  test(
    `a job whose record fails to open with ${kind} waits, status and doctor tell of it, and it runs when it can be read`,
    inWorld(async (world) => {
      await add(world, 'true', { id: 'bad' })
      await add(world, 'true', { id: 'good', priority: -5 })
      const match = `open ${world.home}/processing/*-bad.json`
      await withFault(world, { at: 1, span: 2, kind, match }, async () => {
        await settles(world.queue, 'good')
        await until(() => toldByStatus(world, new RegExp(`^ {2}pending/.*-bad.json: ${kind}`, 'm')), SOON_MS, 'status')
        assert.match((await world.cli(['doctor'])).stdout, new RegExp(`leaves pending/.*-bad.json alone .*${kind}`))
        assert.is((await settles(world.queue, 'bad')).runs, 1)
        await until(async () => !(await toldByStatus(world, /bad.json/)), SOON_MS, 'status is silent again')
      })
      assert.equal(quarantinedIn(world), [])
    }),
  )

test(
  'a dropped file that fails to open stays, and is taken in when it can be read',
  inWorld(async (world) => {
    writeFileSync(join(world.home, 'pending', 'bad.json'), JSON.stringify({ command: 'true', cwd: world.dir }))
    await add(world, 'true', { id: 'good' })
    const match = `open ${world.home}/pending/bad.json`
    await withFault(world, { at: 1, span: 2, kind: 'EACCES', match }, async () => {
      await settles(world.queue, 'good')
      await settles(world.queue, 'bad')
    })
    assert.equal(quarantinedIn(world), [])
  }),
)

test(
  'two jobs that fail alike in one round stop claiming for a pause, and nothing is quarantined',
  inWorld(async (world) => {
    const names = ['bad1', 'bad2', 'bad3']
    await world.queue.enqueueAll(names.map((id) => ({ id, command: 'true', cwd: world.dir })))
    const match = `open ${world.home}/processing/*-bad?.json`
    await withFault(world, { at: 1, span: 4, kind: 'EIO', match }, async (worker) => {
      await until(
        () => /cannot start bad\d: EIO.*not claiming jobs for/.test(worker.stderr),
        SOON_MS,
        () => worker.stderr,
      )
      for (const id of names) assert.is((await settles(world.queue, id)).attempts, 1)
    })
    assert.equal(quarantinedIn(world), [])
  }),
)

test.run()
