/** What somebody may put into pending/ that is no file of ours. */
import { chmodSync, chownSync, existsSync, linkSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NOON } from '../../fixtures/job.ts'
import { referee } from '../../fixtures/check-home.ts'
import { skip } from '../../fixtures/skip.ts'
import { listDir } from '../../lib/disk/files.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { promote } from '../../lib/spool/transitions.ts'
import { inDesk } from '../../fixtures/intake-clock.ts'

const test = suite('strange')

const STRANGE: Record<string, [(path: string) => void, RegExp]> = {
  'a symbolic link': [(path) => symlinkSync('/etc/hostname', path), /symbolic link/],
  'a symbolic link to nowhere': [(path) => symlinkSync('nowhere', path), /symbolic link/],
  'a FIFO': [(path) => makeFifos([path]), /not a regular file/],
  'a directory': [(path) => mkdirSync(path), /not a regular file/],
  'a directory with something in it': [(path) => mkdirSync(join(path, 'x'), { recursive: true }), /not a regular file/],
}
for (const [what, [make, reason]] of Object.entries(STRANGE))
  test(
    `${what} is set aside as it is`,
    inDesk(async (desk) => {
      make(join(desk.home.pending, 'mine.json'))
      assert.is(await desk.after(2, 'mine.json'), 'corrupt')
      assert.match(desk.reason, reason)
      assert.equal(listDir(desk.home.pending), [])
      assert.is(desk.corrupt.length, 1)
    }),
  )

test(
  'a file with a second name waits for a minute, then it is set aside',
  inDesk(async (desk, { dir }) => {
    desk.drop('mine.json', { command: 'true' })
    linkSync(join(desk.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    desk.pass(1000)
    assert.is((await desk.take('mine.json')).kind, 'corrupt')
    assert.match(desk.reason, /hard link/)
  }),
)

test(
  'a file whose second name goes is taken',
  inDesk(async (desk, { dir }) => {
    desk.drop('mine.json', { command: 'true' })
    linkSync(join(desk.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await desk.after(1, 'mine.json'), 'waiting')
    unlinkSync(join(dir, 'second'))
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file of another user is set aside and never run',
  inDesk(async (desk) => {
    if (process.getuid?.() !== 0) skip('only root may change an owner')
    desk.drop('mine.json', { command: 'true' })
    chownSync(join(desk.home.pending, 'mine.json'), 65_534, 65_534)
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    assert.match(desk.reason, /another user/)
  }),
)

test(
  'a file that we may not read is set aside',
  inDesk(async (desk) => {
    if (process.getuid?.() === 0) skip('permissions do not bind root')
    desk.drop('mine.json', { command: 'true' })
    chmodSync(join(desk.home.pending, 'mine.json'), 0)
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    assert.match(desk.reason, /permissions/)
  }),
)

for (const fileName of [`${'x'.repeat(245)}.json`, `${'日'.repeat(83)}.json`])
  test(
    `a file whose name has ${Buffer.byteLength(fileName)} bytes is set aside`,
    inDesk(async (desk) => {
      desk.drop(fileName, { command: 'true' })
      assert.is(await desk.after(2, fileName), 'corrupt')
      assert.match(desk.reason, /name is longer/)
      assert.equal(listDir(desk.home.pending), [])
    }),
  )

test(
  'a file whose name is not UTF-8 is taken in like any other',
  inDesk(async (desk, { home }) => {
    const path = Buffer.concat([Buffer.from(join(home, 'pending/a')), Buffer.from([0xff]), Buffer.from('b.json')])
    writeFileSync(path, '{"command":"true"}')
    const [fileName = ''] = listDir(desk.home.pending)
    assert.is((await desk.take(fileName)).kind, 'taken')
    assert.is(referee(home).get('a-b'), 'pending')
  }),
)

for (const fileName of [
  '.hidden.json',
  'a.json.tmp',
  'a.json~',
  '.a.json.swp',
  'a.json.part',
  'a.txt',
  'json',
  '.json',
])
  test(
    `a file called ${fileName} is left alone`,
    inDesk((desk, { home, queue }) => {
      writeFileSync(join(home, 'failed', fileName), 'oops')
      promote(desk.home, NOON, 3600)
      assert.ok(existsSync(join(home, 'failed', fileName)))
      return queue.count().then(({ failed }) => assert.is(failed, 0))
    }),
  )

test(
  'a file that is gone is gone',
  inDesk(async (desk) => assert.is((await desk.take('mine.json')).kind, 'gone')),
)

test.run()
