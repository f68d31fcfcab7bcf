import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, runAll } from '../../../fixtures/jobs.ts'
import { inWeb, type Web } from '../../../fixtures/web.ts'

const test = suite('output over HTTP')
const LOG = '/api/v1/jobs/a/attempts/1/log'

async function some(web: Web, runs = 1): Promise<void> {
  await add(web, 'printf "one\\ntwo\\nthree\\n"; echo wrong >&2; exit 1', {
    id: 'a',
    max_retries: runs,
    backoff_base: 1,
    max_backoff: 1,
  })
  await runAll(web)
}

test(
  'every run of a job is listed with its output’s size',
  inWeb(async (web) => {
    await some(web, 2)
    const { items } = (await web.ask('/api/v1/jobs/a/attempts')).json
    assert.equal(
      items.map((one: Record<string, unknown>) => [
        one.run,
        one.outcome,
        one.exit_code,
        one.stdout_bytes,
        one.stderr_bytes,
      ]),
      [
        [1, 'failed', 1, 14, 6],
        [2, 'failed', 1, 14, 6],
      ],
    )
    assert.is((await web.ask('/api/v1/jobs/a/attempts/last')).json.run, 2)
    const none = await web.ask('/api/v1/jobs/a/attempts/3')
    assert.is(none.status, 404)
    assert.match(none.json.hint, '1, 2')
  }),
)

test(
  'output is served whole or by its last lines, of either stream',
  inWeb(async (web) => {
    await some(web)
    assert.is((await web.ask(LOG)).text, 'one\ntwo\nthree\n')
    assert.is((await web.ask(`${LOG}?tail=2`)).text, 'two\nthree\n')
    assert.is((await web.ask(`${LOG}?tail=0`)).text, '')
    assert.is((await web.ask(`${LOG}?stream=stderr`)).text, 'wrong\n')
    assert.is((await web.ask(`${LOG}?stream=both`)).status, 400)
    assert.is((await web.ask(`${LOG}?tail=-1`)).status, 400)
  }),
)

test(
  'output is served in byte ranges',
  inWeb(async (web) => {
    await some(web)
    const range = async (text: string): Promise<[number, string, string | undefined]> => {
      const { status, text: body, headers } = await web.ask(LOG, { headers: { range: text } })
      return [status, body, headers['content-range']]
    }
    assert.equal(await range('bytes=4-6'), [206, 'two', 'bytes 4-6/14'])
    assert.equal(await range('bytes=8-'), [206, 'three\n', 'bytes 8-13/14'])
    assert.equal(await range('bytes=-6'), [206, 'three\n', 'bytes 8-13/14'])
    assert.equal(await range('bytes=-99'), [206, 'one\ntwo\nthree\n', 'bytes 0-13/14'])
    assert.equal(await range('bytes=0-0'), [206, 'o', 'bytes 0-0/14'])
    assert.equal((await range('bytes=14-')).slice(0, 1), [416])
    assert.equal((await range('bytes=9-3')).slice(0, 1), [416])
    assert.equal((await range('lines=1-2')).slice(0, 2), [200, 'one\ntwo\nthree\n'])
  }),
)

test(
  'capped output contains the line that says so',
  inWeb(async (web) => {
    configure(web, { max_log_bytes: 131_072 })
    await add(web, 'head -c 400000 /dev/zero | tr "\\0" x', { id: 'a' })
    await runAll(web)
    assert.match((await web.ask(LOG)).text, /bytes left out here/)
  }),
)

test(
  'output that is not UTF-8 is served unchanged',
  inWeb(async (web) => {
    await add(web, 'printf "\\377\\376ok"', { id: 'a' })
    await runAll(web)
    const { headers } = await web.ask(LOG)
    assert.is(headers['content-type'], 'text/plain; charset=utf-8')
    const bytes = Buffer.from(await (await fetch(`${web.url.slice(0, -1)}${LOG}`)).arrayBuffer())
    assert.equal([...bytes], [0xff, 0xfe, 0x6f, 0x6b])
  }),
)

test(
  'a job that was not started has no runs',
  inWeb(async (web) => {
    await add(web, 'true', { id: 'a' })
    assert.equal((await web.ask('/api/v1/jobs/a/attempts')).json.items, [])
    assert.is((await web.ask(LOG)).status, 404)
    assert.is((await web.ask('/api/v1/jobs/a/attempts/last/log/stream')).status, 404)
  }),
)

test.run()
