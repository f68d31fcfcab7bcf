/** An editor, ours or a person's own on the file, against a worker that runs the jobs at that moment. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { linesOf } from '../../fixtures/jobs.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { JobRef } from '../../lib/queue.ts'

const test = suite('editing jobs while a worker runs')

const TIMES = rounds(60, 200)

/** Runs many jobs, each edited as the worker comes near it: the lines that they wrote. */
async function underEdit(world: World, edit: (job: JobRef) => Promise<void> | void): Promise<string[]> {
  const { queue, dir, home } = world
  const command = 'echo $QUEUECTL_JOB_ID >>ran'
  await queue.enqueueAll(Array.from({ length: TIMES }, (_, n) => ({ id: `job${n}`, command, cwd: dir })))
  const worker = world.begin(['worker', 'start', '--foreground', '--burst', '--count', '2'])
  // Always those that are next: where the worker is at this moment.
  while (worker.isRunning) {
    for (const job of await queue.select({ states: ['pending'] }, { limit: 4 })) await edit(job)
    // Without a turn of the loop the end of the worker would never be noticed.
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.is((await worker.ended).code, 0)
  // What an editor put back when the worker was gone is run as well.
  await world.cli(['worker', 'start', '--foreground', '--burst', '--count', '2'])
  assert.is(assertHomeIntact(home).size, TIMES)
  assert.is((await queue.count()).completed, TIMES)
  return linesOf(join(dir, 'ran'))
}

/** Each job ran once, however it was written. */
function once(lines: readonly string[]): void {
  assert.is(lines.length, TIMES)
  assert.is(new Set(lines.map((line) => line.split(' ')[0])).size, TIMES)
}

test(
  'jobs that are edited while a worker runs them run once each, as they were written last',
  inWorld(async (world) => {
    const changed = new Set<string>()
    const lines = await underEdit(world, async (job) => {
      if (changed.has(job.id)) return
      const editing = await world.queue.edit(job).catch(() => undefined)
      if (!editing) return
      const text = readFileSync(editing.file, 'utf8')
      writeFileSync(editing.file, text.replace('JOB_ID >>', 'JOB_ID edited >>'))
      await editing.save()
      changed.add(job.id)
    })
    once(lines)
    for (const line of lines) assert.is(line.endsWith(' edited'), changed.has(line.split(' ')[0] ?? ''), line)
    assert.ok(changed.size > 0, 'something was edited')
  }),
)

test(
  "job files that a person's editor saves while a worker runs them run once each",
  inWorld(async (world) => {
    let saved = 0
    const lines = await underEdit(world, ({ path }) => {
      try {
        // As editors do: the new text aside, then over the old one, which a worker may have claimed meanwhile.
        const text = readFileSync(path, 'utf8')
        writeFileSync(`${path}~`, text.replace('JOB_ID >>', 'JOB_ID edited >>'))
        renameSync(`${path}~`, path)
        saved++
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    })
    once(lines)
    assert.ok(saved > 0, 'something was saved')
  }),
)

test.run()
