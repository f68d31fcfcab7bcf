/** Dropped files that cannot be trusted: when they are quarantined, and when intake waits for them. */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { NOON } from '../../fixtures/job.ts'
import { skip } from '../../fixtures/skip.ts'
import { listDir } from '../../lib/disk/files.ts'
import { makeFifos } from '../../lib/disk/fifo.ts'
import { promote } from '../../lib/spool/transitions.ts'
import { withIntake } from '../../fixtures/intake-clock.ts'

const test = suite('intake of untrusted files')

const WRONG: Record<string, string | Uint8Array> = {
  'a syntax error': '{"command": "true",}',
  'two objects': '{"command":"true"}{"command":"true"}',
  'an array': '[{"command":"true"}]',
  'a number': '42',
  null: 'null',
  'a string': '"true"',
  'no command': '{}',
  'an empty command': '{"command":" "}',
  'a command that is a number': '{"command":1}',
  'an unknown zone of time': '{"command":"true","run_at":"tomorrow"}',
  'an id with a slash': '{"command":"true","id":"../../x"}',
  'an id that is reserved': '{"command":"true","id":"last"}',
  'a NUL in the command': '{"command":"a\\u0000b"}',
  'bytes that are no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
  'UTF-16': Buffer.from('\uFEFF{"command":"true"}', 'utf16le'),
  'an object nested 200,000 deep': `{"command":"true","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
  'more than a job may hold': `{"command":"true","a":"${'x'.repeat(2_097_152)}"}`,
}
for (const [what, content] of Object.entries(WRONG))
  test(
    `${what}: the file waits for two seconds of stillness, then it is set aside with its bytes`,
    withIntake(async (intake, { home }) => {
      intake.drop('mine.json', content)
      assert.is((await intake.take('mine.json')).kind, 'waiting')
      intake.advance(1999)
      assert.is((await intake.take('mine.json')).kind, 'waiting')
      intake.advance(1)
      assert.is((await intake.take('mine.json')).kind, 'corrupt')
      assert.equal(readFileSync(join(home, 'corrupt', intake.corrupt[0] ?? '')), Buffer.from(content))
      assert.ok(intake.reason.length > 5, intake.reason)
      assert.is(assertHomeIntact(home).size, 0)
    }),
  )

const UNFINISHED: Record<string, string | Uint8Array> = {
  'an empty file': '',
  blanks: ' \n',
  'a text that ends in the middle': '{"command":"tr',
  'a text that ends behind a comma': '{"command":"true",',
  'a text that ends in a word': '{"command":"true","a":tru',
  'a text that ends in the middle of a character': Buffer.from('{"command":"grüß').subarray(0, 15),
}
for (const [what, content] of Object.entries(UNFINISHED))
  test(
    `${what} waits for a minute of stillness, then it is set aside`,
    withIntake(async (intake) => {
      intake.drop('mine.json', content)
      assert.is(await intake.after(59.9, 'mine.json'), 'waiting')
      intake.advance(100)
      assert.is((await intake.take('mine.json')).kind, 'corrupt')
      assert.is(intake.corrupt.length, 1)
    }),
  )

test(
  'a file that nobody has finished for 10 s is stalled, until somebody writes to it: a worker in a burst does not wait for it',
  withIntake(async (intake) => {
    intake.drop('mine.json', '{"command":"tr')
    assert.is(await intake.after(9.9, 'mine.json'), 'waiting')
    assert.not(intake.isStalled('mine.json'))
    intake.advance(100)
    assert.ok(intake.isStalled('mine.json'))
    intake.drop('mine.json', '{"command":"tru')
    assert.not(intake.isStalled('mine.json'))
  }),
)

test(
  'every beginning of a good file is one that merely ends too early',
  withIntake(async (intake) => {
    const whole = Buffer.from(
      '{"command":["echo","grüß \\u00df"],"priority":-12,"env":{"A":"1e5"},"x":[true,null,1.5e3]}',
    )
    for (let end = 1; end < whole.length; end++) {
      intake.drop(`n${end}.json`, whole.subarray(0, end))
      const kind = await intake.after(10, `n${end}.json`)
      assert.is(kind, 'waiting', `after ${whole.subarray(0, end).toString()}`)
      unlinkSync(join(intake.home.pending, `n${end}.json`))
    }
  }),
)

test(
  'a file that is being written to starts its time anew, and is taken when it is whole',
  withIntake(async (intake) => {
    const path = join(intake.home.pending, 'mine.json')
    intake.drop('mine.json', '{"command":')
    assert.is(await intake.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '"true"')
    assert.is(await intake.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '}')
    assert.is((await intake.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file that is mended in time is taken',
  withIntake(async (intake) => {
    intake.drop('mine.json', 'oops')
    assert.is(await intake.after(1, 'mine.json'), 'waiting')
    intake.drop('mine.json', { command: 'true' })
    assert.is((await intake.take('mine.json')).kind, 'taken')
  }),
)

test(
  'another file under the name of one that was wrong has its own time',
  withIntake(async (intake) => {
    intake.drop('mine.json', 'oops')
    assert.is(await intake.after(2, 'mine.json'), 'corrupt')
    intake.drop('mine.json', 'oops')
    assert.is((await intake.take('mine.json')).kind, 'waiting')
  }),
)

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
    withIntake(async (intake) => {
      make(join(intake.home.pending, 'mine.json'))
      assert.is(await intake.after(2, 'mine.json'), 'corrupt')
      assert.match(intake.reason, reason)
      assert.equal(listDir(intake.home.pending), [])
      assert.is(intake.corrupt.length, 1)
    }),
  )

test(
  'a file with a second name waits for a minute, then it is set aside',
  withIntake(async (intake, { dir }) => {
    intake.drop('mine.json', { command: 'true' })
    linkSync(join(intake.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await intake.after(59, 'mine.json'), 'waiting')
    intake.advance(1000)
    assert.is((await intake.take('mine.json')).kind, 'corrupt')
    assert.match(intake.reason, /hard link/)
  }),
)

test(
  'a file whose second name goes is taken',
  withIntake(async (intake, { dir }) => {
    intake.drop('mine.json', { command: 'true' })
    linkSync(join(intake.home.pending, 'mine.json'), join(dir, 'second'))
    assert.is(await intake.after(1, 'mine.json'), 'waiting')
    unlinkSync(join(dir, 'second'))
    assert.is((await intake.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file of another user is set aside and never run',
  withIntake(async (intake) => {
    if (process.getuid?.() !== 0) skip('only root may change an owner')
    intake.drop('mine.json', { command: 'true' })
    chownSync(join(intake.home.pending, 'mine.json'), 65_534, 65_534)
    assert.is(await intake.after(2, 'mine.json'), 'corrupt')
    assert.match(intake.reason, /another user/)
  }),
)

test(
  'a file that we may not read may be good, and stays where it is',
  withIntake(async (intake) => {
    if (process.getuid?.() === 0) skip('permissions do not bind root')
    intake.drop('mine.json', { command: 'true' })
    chmodSync(join(intake.home.pending, 'mine.json'), 0)
    const error = await intake.take('mine.json').then(() => '', String)
    assert.match(error, /EACCES.*mine\.json/)
    assert.equal(listDir(intake.home.pending), ['mine.json'])
  }),
)

for (const fileName of [`${'x'.repeat(245)}.json`, `${'日'.repeat(83)}.json`])
  test(
    `a file whose name has ${Buffer.byteLength(fileName)} bytes is set aside`,
    withIntake(async (intake) => {
      intake.drop(fileName, { command: 'true' })
      assert.is(await intake.after(2, fileName), 'corrupt')
      assert.match(intake.reason, /name is longer/)
      assert.equal(listDir(intake.home.pending), [])
    }),
  )

test(
  'a file whose name is not UTF-8 is taken in like any other',
  withIntake(async (intake, { home }) => {
    const path = Buffer.concat([Buffer.from(join(home, 'pending/a')), Buffer.from([0xff]), Buffer.from('b.json')])
    writeFileSync(path, '{"command":"true"}')
    const [fileName = ''] = listDir(intake.home.pending)
    assert.is((await intake.take(fileName)).kind, 'taken')
    assert.is(assertHomeIntact(home).get('a-b'), 'pending')
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
    withIntake((intake, { home, queue }) => {
      writeFileSync(join(home, 'failed', fileName), 'oops')
      promote(intake.home, NOON, 3600)
      assert.ok(existsSync(join(home, 'failed', fileName)))
      return queue.count().then(({ failed }) => assert.is(failed, 0))
    }),
  )

test(
  'a file that is gone is gone',
  withIntake(async (intake) => assert.is((await intake.take('mine.json')).kind, 'gone')),
)

test.run()
