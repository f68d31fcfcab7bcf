/** Dropped files that are doubtful: when they are set aside, when they are waited for. */
import { appendFileSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { referee } from '../../fixtures/check-home.ts'
import { inDesk } from '../../fixtures/intake-clock.ts'

const test = suite('doubt')

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
    inDesk(async (desk, { home }) => {
      desk.drop('mine.json', content)
      assert.is((await desk.take('mine.json')).kind, 'waiting')
      desk.pass(1999)
      assert.is((await desk.take('mine.json')).kind, 'waiting')
      desk.pass(1)
      assert.is((await desk.take('mine.json')).kind, 'corrupt')
      assert.equal(readFileSync(join(home, 'corrupt', desk.corrupt[0] ?? '')), Buffer.from(content))
      assert.ok(desk.reason.length > 5, desk.reason)
      assert.is(referee(home).size, 0)
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
    inDesk(async (desk) => {
      desk.drop('mine.json', content)
      assert.is(await desk.after(59.9, 'mine.json'), 'waiting')
      desk.pass(100)
      assert.is((await desk.take('mine.json')).kind, 'corrupt')
      assert.is(desk.corrupt.length, 1)
    }),
  )

test(
  'every beginning of a good file is one that merely ends too early',
  inDesk(async (desk) => {
    const whole = Buffer.from(
      '{"command":["echo","grüß \\u00df"],"priority":-12,"env":{"A":"1e5"},"x":[true,null,1.5e3]}',
    )
    for (let end = 1; end < whole.length; end++) {
      desk.drop(`n${end}.json`, whole.subarray(0, end))
      const kind = await desk.after(10, `n${end}.json`)
      assert.is(kind, 'waiting', `after ${whole.subarray(0, end).toString()}`)
      unlinkSync(join(desk.home.pending, `n${end}.json`))
    }
  }),
)

test(
  'a file that is being written to starts its time anew, and is taken when it is whole',
  inDesk(async (desk) => {
    const path = join(desk.home.pending, 'mine.json')
    desk.drop('mine.json', '{"command":')
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '"true"')
    assert.is(await desk.after(59, 'mine.json'), 'waiting')
    appendFileSync(path, '}')
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'a file that is mended in time is taken',
  inDesk(async (desk) => {
    desk.drop('mine.json', 'oops')
    assert.is(await desk.after(1, 'mine.json'), 'waiting')
    desk.drop('mine.json', { command: 'true' })
    assert.is((await desk.take('mine.json')).kind, 'taken')
  }),
)

test(
  'another file under the name of one that was wrong has its own time',
  inDesk(async (desk) => {
    desk.drop('mine.json', 'oops')
    assert.is(await desk.after(2, 'mine.json'), 'corrupt')
    desk.drop('mine.json', 'oops')
    assert.is((await desk.take('mine.json')).kind, 'waiting')
  }),
)

test.run()
