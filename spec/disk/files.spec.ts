/** The mover's own promises, below any job. */
import { readTail } from '../../lib/disk/read.ts'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import {
  append,
  linkNew,
  lstat,
  makeDir,
  move,
  listDir,
  readText,
  stamp,
  touch,
  writeNew,
} from '../../lib/disk/files.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'

const test = suite('files and directories')

test(
  'a move of what is gone is no error, only lost',
  inWorld(({ dir }) => assert.is(move(join(dir, 'a'), join(dir, 'b')), false)),
)

test(
  'of a move that failed the target is believed only as what we moved',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'b'), 'another')
    assert.is(
      move(join(dir, 'a'), join(dir, 'b'), (path) => readText(path) === 'ours'),
      false,
    )
    assert.is(
      move(join(dir, 'a'), join(dir, 'b'), (path) => readText(path) === 'another'),
      true,
    )
  }),
)

test(
  'a link that exists is ours if it is the same file, and taken if it is another of the same content',
  inWorld(({ dir }) => {
    for (const name of ['a', 'b']) writeFileSync(join(dir, name), 'same')
    assert.is(linkNew(join(dir, 'a'), join(dir, 'link')), true)
    assert.is(linkNew(join(dir, 'a'), join(dir, 'link')), true)
    assert.is(linkNew(join(dir, 'b'), join(dir, 'link')), false)
  }),
)

test(
  'a move into a directory that is gone is lost and does not bring it back',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'a'), '')
    assert.is(move(join(dir, 'a'), join(dir, 'gone/a')), false)
    assert.equal(readdirSync(dir).toSorted(), ['a', 'home'])
  }),
)

test(
  'a new file never replaces one, and never follows a link',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'a'), 'old')
    assert.throws(() => writeNew(join(dir, 'a'), 'new'), /EEXIST/)
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'link'))
    assert.throws(() => writeNew(join(dir, 'link'), 'new'), /EEXIST/)
    assert.is(readFileSync(join(dir, 'a'), 'utf8'), 'old')
    assert.not(existsSync(join(dir, 'elsewhere')))
  }),
)

test(
  'a stamp replaces the content whole and leaves nothing beside it',
  inWorld(async ({ dir }) => {
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'own/a'), 'old')
    assert.is(await stamp(join(dir, 'own/a'), 'new'), true)
    assert.is(readFileSync(join(dir, 'own/a'), 'utf8'), 'new')
    assert.is(statSync(join(dir, 'own/a')).mode & 0o777, 0o600)
    assert.equal(readdirSync(join(dir, 'own')), ['a'])
  }),
)

test(
  'a stamp on a file that was taken away is lost and brings nothing back',
  inWorld(async ({ dir }) => {
    mkdirSync(join(dir, 'own'))
    assert.is(await stamp(join(dir, 'own/a'), 'new'), false)
    assert.equal(readdirSync(join(dir, 'own')), [])
  }),
)

test(
  'a stamp into a directory that was taken away is lost and brings nothing back',
  inWorld(async ({ dir }) => {
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'own/a'), 'old')
    renameSync(join(dir, 'own'), join(dir, 'taken'))
    assert.is(await stamp(join(dir, 'own/a'), 'new'), false)
    assert.is(readFileSync(join(dir, 'taken/a'), 'utf8'), 'old')
    assert.not(existsSync(join(dir, 'own')))
  }),
)

test(
  'a directory that is taken away while a stamp is being flushed keeps the old content',
  inWorld(async ({ dir }) => {
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'own/a'), 'old')
    const stamping = stamp(join(dir, 'own/a'), 'new')
    renameSync(join(dir, 'own'), join(dir, 'taken'))
    assert.is(await stamping, false)
    assert.is(readFileSync(join(dir, 'taken/a'), 'utf8'), 'old')
    assert.not(existsSync(join(dir, 'own')))
  }),
)

test(
  'a half-written stamp of before is written over',
  inWorld(async ({ dir }) => {
    mkdirSync(join(dir, 'own'))
    writeFileSync(join(dir, 'own/a'), 'old')
    writeFileSync(join(dir, 'own/.a.new'), 'a longer text than the new one')
    assert.is(await stamp(join(dir, 'own/a'), 'new'), true)
    assert.is(readFileSync(join(dir, 'own/a'), 'utf8'), 'new')
  }),
)

test(
  'reading what is gone, or below a file, gives nothing',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'a'), '')
    assert.is(readText(join(dir, 'b')), undefined)
    assert.is(readText(join(dir, 'a/b')), undefined)
    assert.equal(listDir(join(dir, 'a')), [])
  }),
)

test(
  'reading a FIFO or a directory is an error and never waits',
  inWorld(({ dir }) => {
    makeFifos([join(dir, 'fifo')])
    for (const path of [join(dir, 'fifo'), dir])
      try {
        readText(path)
        assert.unreachable()
      } catch (error) {
        assert.instance(error, QueueError)
        assert.match((error as QueueError).message, /is not a regular file/)
      }
  }),
)

test(
  'a name that is not UTF-8 can be looked at, read and moved by what it is listed as',
  inWorld(({ dir }) => {
    mkdirSync(join(dir, 'in'))
    writeFileSync(
      Buffer.concat([Buffer.from(join(dir, 'in/a')), Buffer.from([0xff, 0xfe]), Buffer.from('.json')]),
      'text',
    )
    const [name = ''] = listDir(join(dir, 'in'))
    assert.is(lstat(join(dir, 'in', name))?.size, 4)
    assert.is(readText(join(dir, 'in', name)), 'text')
    assert.is(move(join(dir, 'in', name), join(dir, 'b')), true)
    assert.equal(listDir(join(dir, 'in')), [])
  }),
)

test(
  'a directory is made once, and one that is there is no error',
  inWorld(({ dir }) => {
    assert.is(makeDir(join(dir, 'a')), true)
    assert.is(makeDir(join(dir, 'a')), false)
  }),
)

test(
  'an append makes the file, adds to it, and never follows a link',
  inWorld(({ dir }) => {
    append(join(dir, 'a'), 'one\n')
    append(join(dir, 'a'), 'two\n')
    assert.is(readFileSync(join(dir, 'a'), 'utf8'), 'one\ntwo\n')
    symlinkSync(join(dir, 'a'), join(dir, 'link'))
    assert.throws(() => append(join(dir, 'link'), 'three\n'), /ELOOP/)
  }),
)

test(
  'the tail of a file is its last bytes, of a short one all of it',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'a'), '0123456789')
    assert.is(readTail(join(dir, 'a'), 4), '6789')
    assert.is(readTail(join(dir, 'a'), 40), '0123456789')
    assert.is(readTail(join(dir, 'none'), 4), '')
  }),
)

test(
  'a touch makes a file that is missing and changes nothing but the time of one that is there',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'a'), 'text')
    rmSync(join(dir, 'b'), { force: true })
    touch(join(dir, 'a'))
    touch(join(dir, 'b'))
    assert.is(readFileSync(join(dir, 'a'), 'utf8'), 'text')
    assert.ok(lstatSync(join(dir, 'b')).isFile())
  }),
)

test.run()
