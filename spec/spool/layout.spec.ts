/** The state directory: made on first use, and refused when it is not safe to run commands from. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { skip } from '../../fixtures/skip.ts'
import { inWorld } from '../../fixtures/world.ts'
import { type ErrorCode, QueueError } from '../../lib/errors.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('layout of a home')

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

function refused(path: string, code: ErrorCode): QueueError {
  try {
    openHome(path)
  } catch (error) {
    if (!(error instanceof QueueError)) throw error
    assert.is(error.code, code, error.message)
    assert.ok(error.message.includes(path), `the message names the home: ${error.message}`)
    return error
  }
  throw new Error(`${path} was not refused`)
}

const NOBODY = 65_534
function asRoot(): void {
  if (process.getuid?.() !== 0) skip('only root may change an owner')
}

test(
  'a home is made on first use, for its owner alone',
  inWorld(({ dir }) => {
    const root = join(dir, 'new')
    openHome(root)
    assert.is(mode(root), '700')
    for (const place of readdirSync(root)) assert.is(mode(join(root, place)), '700', place)
  }),
)

test(
  'a home has a place for every state and nothing else',
  inWorld(({ dir }) => {
    openHome(join(dir, 'new'))
    const places = 'corrupt dead done failed hold journal logs pending processing run scheduled tmp wake'
    assert.equal(readdirSync(join(dir, 'new')).toSorted(), places.split(' '))
  }),
)

test(
  'the parents of a home are made too, for their owner alone',
  inWorld(({ dir }) => {
    openHome(join(dir, 'a/b/c'))
    assert.is(mode(join(dir, 'a')), '700')
    assert.is(mode(join(dir, 'a/b')), '700')
  }),
)

test(
  'a home that is there is opened again, and what is missing of it is made',
  inWorld(({ home }) => {
    writeFileSync(join(home, 'pending/mine.json'), '{}')
    rmSync(join(home, 'hold'), { recursive: true })
    openHome(home)
    assert.ok(existsSync(join(home, 'hold')))
    assert.ok(existsSync(join(home, 'pending/mine.json')))
  }),
)

test(
  'a home that others may read is their owner’s choice',
  inWorld(({ dir }) => {
    const root = join(dir, 'open')
    mkdirSync(root)
    chmodSync(root, 0o755)
    openHome(root)
    assert.is(mode(root), '755')
  }),
)

for (const bits of [0o777, 0o770, 0o702, 0o1777])
  test(
    `a home of mode ${bits.toString(8)} is refused, for others could run commands as its owner`,
    inWorld(({ dir }) => {
      const root = join(dir, 'loose')
      mkdirSync(root)
      chmodSync(root, bits)
      assert.match(refused(root, 'UNSAFE_HOME').hint ?? '', /chmod go-w/)
      assert.equal(readdirSync(root), [])
    }),
  )

test(
  'a home whose pending/ others may write to is refused: a job file put there runs as its owner',
  inWorld(({ home }) => {
    chmodSync(join(home, 'pending'), 0o777)
    refused(home, 'UNSAFE_HOME')
    chmodSync(join(home, 'pending'), 0o700)
    openHome(home)
  }),
)

test(
  'a home of another user is refused',
  inWorld(({ dir }) => {
    asRoot()
    const root = join(dir, 'theirs')
    mkdirSync(root, { mode: 0o700 })
    chownSync(root, NOBODY, NOBODY)
    assert.match(refused(root, 'UNSAFE_HOME').message, /another user \(uid 65534\)/)
  }),
)

test(
  'a home whose processing/ belongs to another user is refused',
  inWorld(({ home }) => {
    asRoot()
    chownSync(join(home, 'processing'), NOBODY, NOBODY)
    refused(home, 'UNSAFE_HOME')
  }),
)

test(
  'a file is no home',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'file'), 'precious')
    refused(join(dir, 'file'), 'NOT_WRITABLE')
    refused(join(dir, 'file/below'), 'NOT_WRITABLE')
  }),
)

test(
  'a home in which a file stands where a directory belongs is refused',
  inWorld(({ home }) => {
    rmSync(join(home, 'failed'), { recursive: true })
    writeFileSync(join(home, 'failed'), '')
    refused(home, 'NOT_WRITABLE')
  }),
)

test(
  'a symbolic link to a directory is a home, known by its real path',
  inWorld(({ dir, home }) => {
    symlinkSync(home, join(dir, 'link'))
    assert.is(openHome(join(dir, 'link')).root, home)
  }),
)

test(
  'a symbolic link to a directory that others may write to is refused',
  inWorld(({ dir }) => {
    mkdirSync(join(dir, 'loose'))
    chmodSync(join(dir, 'loose'), 0o777)
    symlinkSync(join(dir, 'loose'), join(dir, 'link'))
    try {
      openHome(join(dir, 'link'))
      assert.unreachable()
    } catch (error) {
      assert.is((error as QueueError).code, 'UNSAFE_HOME')
    }
  }),
)

test(
  'a symbolic link to nowhere is refused and not followed',
  inWorld(({ dir }) => {
    symlinkSync(join(dir, 'nowhere'), join(dir, 'link'))
    refused(join(dir, 'link'), 'FAILED')
    assert.not(existsSync(join(dir, 'nowhere')))
  }),
)

test(
  'a home that cannot be made because its parent is not writable is refused',
  inWorld(({ dir }) => {
    if (process.getuid?.() === 0) skip('permissions do not bind root')
    mkdirSync(join(dir, 'closed'), { mode: 0o500 })
    refused(join(dir, 'closed/home'), 'NOT_WRITABLE')
  }),
)

test.run()
