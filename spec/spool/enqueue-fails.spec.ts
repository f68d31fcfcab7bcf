/** An enqueue that fails leaves nothing, and says so. */
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT, start } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { queueErrorOf } from '../../fixtures/throws.ts'

const test = suite('enqueues that fail')

const list = ({ home }: World, place: string): string[] => readdirSync(join(home, place)).toSorted()

for (const place of ['pending', 'tmp'])
  test(
    `a job that cannot be written because ${place}/ is gone leaves nothing, and says so`,
    inWorld(async (world) => {
      rmSync(join(world.home, place), { recursive: true })
      await queueErrorOf(() => world.queue.enqueue({ command: 'true', id: 'job1' }))
      await queueErrorOf(() => world.queue.enqueueAll([{ command: 'true', id: 'job1' }]))
      assert.equal(list(world, 'logs'), [])
      mkdirSync(join(world.home, place), { recursive: true })
      assert.equal(list(world, 'tmp'), [])
      assert.is((await world.queue.enqueue({ command: 'true', id: 'job1' })).id, 'job1')
    }),
  )

test(
  'a job whose file vanishes from tmp/ before it comes into view is not acknowledged',
  inWorld(async (world) => {
    // The one moment to get in between is the flush of a batch: here sync(1) is a program that empties tmp/.
    const bin = join(world.dir, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'sync'), `#!/bin/sh\nrm -f "${world.home}"/tmp/*.new\n`, { mode: 0o755 })
    const script = `
      import { Queue } from ${JSON.stringify(join(ROOT, 'dist/lib/index.js'))}
      const queue = Queue.open({ home: ${JSON.stringify(world.home)} })
      const told = await queue.enqueueAll([{ command: 'true', id: 'a' }, { command: 'true', id: 'b' }]).then(
        () => 'acknowledged', (error) => error.name)
      process.stdout.write(told)`
    const path = `${bin}:${process.env.PATH ?? ''}`
    const { stdout } = await start(process.execPath, ['--input-type=module', '-e', script], {
      cwd: world.dir,
      env: { ...process.env, PATH: path },
    }).ended
    assert.is(stdout, 'QueueError')
    assert.equal([list(world, 'pending'), list(world, 'logs')], [[], []])
  }),
)

/** Does something that must fail while a directory of the home is not writable. */
async function whileReadOnly(world: World, place: string, act: () => Promise<void>): Promise<void> {
  if (process.getuid?.() === 0) skip('permissions do not bind root')
  const path = join(world.home, place)
  chmodSync(path, 0o500)
  try {
    await act()
  } finally {
    chmodSync(path, 0o700)
  }
}

for (const place of ['pending', 'tmp', 'logs'])
  test(
    `without permission to write into ${place}/ an enqueue is refused as NOT_WRITABLE and leaves nothing`,
    inWorld((world) =>
      whileReadOnly(world, place, async () => {
        assert.is((await queueErrorOf(() => world.queue.enqueue({ command: 'true', id: 'job1' }))).code, 'NOT_WRITABLE')
        const batch = (): Promise<unknown> => world.queue.enqueueAll([{ command: 'true', id: 'job1' }])
        assert.is((await queueErrorOf(batch)).code, 'NOT_WRITABLE')
        for (const one of ['pending', 'tmp', 'logs']) assert.equal(list(world, one), [])
      }),
    ),
  )

test.run()
