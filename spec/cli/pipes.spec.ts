/** Readers that go away, disks that are full, homes that cannot be used. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { shell } from '../../fixtures/shell.ts'

const test = suite('pipes, full disks and unusable homes')

const MANY = Array.from({ length: 500 }, (_, i) => ({ command: `echo ${'long '.repeat(200)}${i}` }))

test(
  'list | head -1 succeeds without a word',
  inWorld(async (world) => {
    await world.queue.enqueueAll(MANY)
    const { stdout, stderr } = await shell(world, '{ queuectl list; echo $? >status; } | head -1; cat status')
    assert.match(stdout, /^ID [^\n]*\n0\n$/)
    assert.is(stderr, '')
  }),
)

test(
  'list | grep -q succeeds',
  inWorld(async (world) => {
    await world.queue.enqueueAll(MANY)
    const { stdout, stderr } = await shell(
      world,
      '{ queuectl list; echo $? >status; } | grep -q ID; echo $?; cat status',
    )
    assert.equal([stdout, stderr], ['0\n0\n', ''])
  }),
)

test(
  'a slow reader of a pipe gets all of it',
  inWorld(async (world) => {
    await world.queue.enqueueAll(MANY)
    const { stdout } = await shell(world, 'queuectl list --json | { read -r line; printf %s "$line"; }')
    assert.is((JSON.parse(stdout) as unknown[]).length, 500)
  }),
)

test(
  'a job is enqueued when stdout is closed',
  inWorld(async (world) => {
    const { stdout, stderr } = await shell(world, 'queuectl enqueue true >&-; echo $?')
    assert.equal([stdout, stderr], ['0\n', ''])
    assert.is((await world.queue.count()).pending, 1)
  }),
)

test(
  'a command works when stderr and stdin are closed',
  inWorld(async (world) => {
    assert.match((await shell(world, 'queuectl list <&- 2>&-; echo $?')).stdout, /^0$/m)
  }),
)

test(
  'an output that cannot be written is an error',
  inWorld(async (world) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full here')
    const { stdout, stderr } = await shell(world, 'queuectl status >/dev/full; echo $?')
    assert.is(stdout, '1\n')
    assert.match(stderr, 'no space left')
  }),
)

test(
  'a home that is a file is refused',
  inWorld(async ({ cli, dir }) => {
    writeFileSync(join(dir, 'file'), '')
    const { code, stderr } = await cli(['status', '--home', join(dir, 'file')])
    assert.is(code, 1)
    assert.match(stderr, 'as home')
  }),
)

test(
  'a home that others may write to is refused',
  inWorld(async ({ cli, dir }) => {
    mkdirSync(join(dir, 'open'))
    chmodSync(join(dir, 'open'), 0o777)
    const { code, stderr } = await cli(['status', '--home', join(dir, 'open')])
    assert.is(code, 1)
    assert.match(stderr, 'chmod go-w')
  }),
)

test(
  'a home that cannot be written to is refused',
  inWorld(async ({ cli, dir }) => {
    if (process.getuid?.() === 0) skip('root may write anywhere')
    mkdirSync(join(dir, 'shut'), { mode: 0o500 })
    const { code, stderr } = await cli(['enqueue', 'x', '--home', join(dir, 'shut')])
    assert.is(code, 1)
    assert.match(stderr, 'permission denied')
  }),
)

test(
  'a directory that has been removed is no place to enqueue from, unless --cwd names another',
  inWorld(async (world) => {
    const { stdout, stderr } = await shell(
      world,
      'mkdir gone; cd gone; rmdir ../gone; queuectl enqueue x; echo $?; queuectl enqueue x --cwd /; queuectl list >/dev/null; echo $?',
    )
    assert.match(stdout, /^1\nEnqueued \S+\n0\n$/)
    assert.match(stderr, '--cwd')
  }),
)

test.run()
