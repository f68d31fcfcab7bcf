/** Editing a job: what is put back, what is refused, and what becomes of it when the editor dies. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite } from 'uvu'
import { others } from '../../fixtures/job.ts'
import * as assert from 'uvu/assert'
import { processesOf, signal } from '../../fixtures/processes.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import type { Editing } from '../../lib/queue.ts'

const test = suite('editing a job')

/** Writes what the editor would. */
function write({ file }: Editing, changed: (job: Record<string, unknown>) => unknown): void {
  const job = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify(changed(job)))
}

const refusal = (code: string, act: Promise<unknown>): Promise<void> =>
  act.then(
    () => assert.unreachable(`it was not refused with ${code}`),
    (error: unknown) => assert.is(error instanceof QueueError ? error.code : error, code),
  )

test(
  'a job lies in hold/ while it is edited, and is back in its place afterwards',
  inWorld(async ({ queue, home }) => {
    for (const id of ['a', 'b']) await queue.enqueue({ id, command: 'true' })
    const before = readdirSync(join(home, 'pending')).sort()
    const editing = await queue.edit('a')
    assert.is((await queue.get('a')).state, 'held')
    write(editing, (job) => ({ ...job, command: 'changed', customer: 7 }))
    await editing.save()
    assert.equal(readdirSync(join(home, 'pending')).sort(), before)
    const job = await queue.get('a')
    assert.equal([job.command, (job as { customer?: unknown }).customer, job.state], ['changed', 7, 'pending'])
    assert.equal(readdirSync(join(home, 'tmp')), [])
    assertHomeIntact(home)
  }),
)

test(
  'what is edited has the members that a person may say, and no others',
  inWorld(async ({ queue }) => {
    await queue.enqueue({ id: 'a', command: 'true', tags: ['x'], ...others({ customer: 7 }) })
    const editing = await queue.edit('a')
    const members = Object.keys(JSON.parse(readFileSync(editing.file, 'utf8')) as object).sort()
    assert.equal(members, ['command', 'customer', 'cwd', 'id', 'max_retries', 'priority', 'queue', 'tags'])
    editing.giveUp()
  }),
)

test(
  'priority, queue and time of the first run that were edited say where the job goes',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const editing = await queue.edit('a')
    write(editing, (job) => ({ ...job, priority: 10, queue: 'mail', run_at: '2099-01-01T00:00:00Z' }))
    await editing.save()
    assert.equal(readdirSync(join(home, 'scheduled')), ['0990-20990101T000000.000000Z-a@mail.json'])
    const back = await queue.edit('a')
    write(back, (job) => ({ ...job, run_at: undefined }))
    await back.save()
    assert.is((await queue.get('a')).state, 'pending')
    assertHomeIntact(home)
  }),
)

test(
  'what is not understood changes nothing, and may be edited again',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const editing = await queue.edit('a')
    for (const text of [
      '{',
      '[]',
      '{"command":""}',
      '{"id":"b","command":"true"}',
      '{"command":"x","priority":5000}',
    ]) {
      writeFileSync(editing.file, text)
      await refusal('INVALID_JOB', editing.save())
      assert.is((await queue.get('a')).state, 'held')
    }
    writeFileSync(editing.file, '{"command":"good"}')
    await editing.save()
    assert.is((await queue.get('a')).command, 'good')
    assertHomeIntact(home)
  }),
)

test(
  'a job that is given up is as it was, and what was written is kept',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const editing = await queue.edit('a')
    writeFileSync(editing.file, '{')
    const kept = editing.giveUp()
    assert.is(readFileSync(kept ?? '', 'utf8'), '{')
    assert.equal([(await queue.get('a')).state, (await queue.get('a')).command], ['pending', 'true'])
    assertHomeIntact(home)
  }),
)

test(
  'a held job that is edited stays held, a dead one dead',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    await queue.enqueue({ id: 'b', command: 'true' })
    await queue.hold('a')
    await queue.cancel('b')
    for (const id of ['a', 'b']) {
      const editing = await queue.edit(id)
      write(editing, (job) => ({ ...job, command: 'changed' }))
      await editing.save()
    }
    const told = (await queue.list()).map(({ id, state, job }) => [id, state, job?.command])
    assert.equal(told, [
      ['a', 'held', 'changed'],
      ['b', 'dead', 'changed'],
    ])
    assert.is((await queue.get('b')).cancelled?.reason, 'by hand')
    assertHomeIntact(home)
  }),
)

test(
  'a job that was taken out of hold/ meanwhile is left alone',
  inWorld(async ({ queue, home }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const editing = await queue.edit('a')
    await queue.release('a')
    write(editing, (job) => ({ ...job, command: 'changed' }))
    await refusal('FAILED', editing.save())
    assert.is((await queue.get('a')).command, 'true')
    assert.ok(existsSync(editing.file))
    assertHomeIntact(home)
  }),
)

test(
  'the job of an editor that was killed stays held, and can be released',
  inWorld(async (world) => {
    const { queue, home, begin } = world
    await queue.enqueue({ id: 'a', command: 'true' })
    const editor = begin(['edit', 'a'], { env: { EDITOR: `touch ${world.dir}/open; sleep 60; true` } })
    await until(() => existsSync(join(world.dir, 'open')), 10_000, 'the editor is open')
    editor.kill('SIGKILL')
    await until(() => !editor.isRunning, 10_000, 'it is gone')
    for (const { pid } of processesOf(world.dir)) signal(pid, 'SIGKILL')
    await editor.ended
    assert.is((await queue.get('a')).state, 'held')
    await queue.release('a')
    assert.is((await queue.get('a')).state, 'pending')
    assertHomeIntact(home)
  }),
)

test(
  'SIGTERM ends the editor and puts the job back',
  inWorld(async (world) => {
    const { queue, begin } = world
    await queue.enqueue({ id: 'a', command: 'true' })
    const editor = begin(['edit', 'a'], { env: { EDITOR: `touch ${world.dir}/open; exec sleep 60; true` } })
    await until(() => existsSync(join(world.dir, 'open')), 10_000, 'the editor is open')
    editor.kill('SIGTERM')
    assert.is((await editor.ended).code, 1)
    assert.is((await queue.get('a')).state, 'pending')
  }),
)

test(
  'edit runs VISUAL before EDITOR, and prints the result',
  inWorld(async ({ queue, cli }) => {
    await queue.enqueue({ id: 'a', command: 'true' })
    const env = { VISUAL: "sed -i 's/true/changed it/'", EDITOR: 'false' }
    assert.is((await cli(['edit', 'a'], { env })).stdout, 'Changed a\n')
    assert.is((await queue.get('a')).command, 'changed it')
    assert.is((await cli(['edit', 'a'], { env: { EDITOR: 'true' } })).stdout, 'a was not changed\n')
    assert.is((await cli(['edit', 'a'], { env: { EDITOR: 'false' } })).code, 1)
    const invalid = await cli(['edit', 'a'], { env: { EDITOR: 'sed -i s/{/[/' } })
    assert.is(invalid.code, 2)
    assert.match(invalid.stderr, /^hint: your text is in .*edit-a-/m)
    assert.is((await queue.get('a')).state, 'pending')
  }),
)

test(
  'a job is edited in hold/ by hand, with mv and an editor on the file',
  inWorld(async ({ queue, home, cli }) => {
    await queue.enqueue({ id: 'a', command: 'false' })
    const [path = ''] = (await queue.list()).map((one) => one.path)
    const held = join(home, 'hold', basename(path))
    renameSync(path, held)
    writeFileSync(held, readFileSync(held, 'utf8').replace('"false"', '"true"'))
    renameSync(held, path)
    await cli(['worker', 'start', '--foreground', '--burst'])
    assert.is((await queue.get('a')).state, 'completed')
    assertHomeIntact(home)
  }),
)

test.run()
