/** Reading what may not be a file of ours: never waits, follows no link, and names the path. */
import { mkdirSync, symlinkSync, writeFileSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ODDITIES } from '../../fixtures/oddities.ts'
import { inWorld } from '../../fixtures/world.ts'
import { append, listRealDir, lstat, readText, touch, truncate } from '../../lib/disk/files.ts'
import { failureKind } from '../../lib/disk/errno.ts'
import { linesBackwards, openIfThere, readTail } from '../../lib/disk/read.ts'

const test = suite('reading')

const { 'torn file': _file, ...NO_FILES } = ODDITIES

const READERS: Readonly<Record<string, (path: string) => unknown>> = {
  readText,
  readTail: (path) => readTail(path, 10),
  openIfThere,
  linesBackwards: (path) => [...linesBackwards(path)],
}

for (const [what, make] of Object.entries(NO_FILES))
  test(
    `a ${what} is not read but refused with its path, as what fails by its content`,
    inWorld(({ dir }) => {
      mkdirSync(join(dir, 'below'))
      const path = join(dir, 'below', 'odd')
      make(path)
      for (const [name, read] of Object.entries(READERS)) {
        let error: unknown
        try {
          read(path)
        } catch (caught) {
          error = caught
        }
        assert.match(String(error), path, name)
        assert.is(failureKind(error), 'content', name)
      }
    }),
  )

test(
  'writing neither waits for a FIFO nor follows a link',
  inWorld(({ dir }) => {
    const target = join(dir, 'target')
    writeFileSync(target, 'keep')
    utimesSync(target, 1, 1)
    const link = join(dir, 'link')
    symlinkSync(target, link)
    ODDITIES['FIFO']?.(join(dir, 'fifo'))
    for (const path of [link, join(dir, 'fifo')]) {
      assert.throws(() => append(path, 'x'))
      assert.throws(() => truncate(path))
      touch(path)
    }
    assert.is(readFileSync(target, 'utf8'), 'keep')
    assert.is(statSync(target).mtimeMs, 1000)
  }),
)

test(
  'a path below a file, a loop or a name that is too long has nothing there',
  inWorld(({ dir }) => {
    writeFileSync(join(dir, 'file'), '')
    ODDITIES['loop']?.(join(dir, 'loop'))
    for (const path of ['file/x', 'loop/x', 'x'.repeat(300)]) assert.is(lstat(join(dir, path)), undefined)
  }),
)

test(
  'a link to a directory is not listed',
  inWorld(({ dir, home }) => {
    symlinkSync(home, join(dir, 'link'))
    assert.equal(listRealDir(join(dir, 'link')), [])
    assert.ok(listRealDir(dir).includes('link'))
  }),
)

test.run()
