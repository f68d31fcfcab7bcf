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
  'lines are served by number, also beyond the first block, and each by its bytes',
  inWeb(async (web) => {
    await add(web, 'seq 1 30000; printf "\\377\\033[1mend"', { id: 'a' })
    await runAll(web)
    const lines = async (query: string): Promise<string[]> =>
      (await web.ask(`${LOG}/lines?${query}`)).json.items.map(({ text }: { text: string }) => text)
    assert.equal(await lines('from=29998&limit=2'), ['29998', '29999'])
    assert.equal(await lines('from=12345&limit=1'), ['12345'])
    assert.equal(await lines('from=30001'), ['\ufffd\u001b[1mend'])
    assert.equal(await lines('from=30001&raw=1'), ['\u00ff\u001b[1mend'])
    assert.equal(await lines('from=30002'), [])
    const { total, complete, offset } = (await web.ask(`${LOG}/lines?limit=0`)).json
    assert.equal([total, complete], [30_001, 30_000])
    assert.is((await web.ask(LOG, { headers: { range: `bytes=${offset - 6}-${offset - 1}` } })).text, '30000\n')
    assert.is((await web.ask(`${LOG}/lines?from=0`)).status, 400)
  }),
)

test(
  'a line longer than memory should hold is cut, and says so',
  inWeb(async (web) => {
    await add(web, 'head -c 3000000 /dev/zero | tr "\\0" x; echo; echo next', { id: 'a' })
    await runAll(web)
    const { items, total } = (await web.ask(`${LOG}/lines`)).json
    assert.equal([total, items[0].text.length, items[0].omitted, items[1].text], [2, 200_000, 2_800_000, 'next'])
  }),
)

test(
  'groups of lines are listed, and end where the next one begins',
  inWeb(async (web) => {
    await add(web, 'echo a; echo ::group::one; echo b; echo ::endgroup::; echo "##[group]two"; echo ::group::three', {
      id: 'a',
    })
    await runAll(web)
    assert.equal((await web.ask(`${LOG}/lines`)).json.groups, [
      { from: 2, title: 'one', to: 4 },
      { from: 5, title: 'two', to: 5 },
      { from: 6, title: 'three' },
    ])
  }),
)

test(
  'all of the output is searched, as it is shown; errors are found by how they look',
  inWeb(async (web) => {
    await add(web, 'seq 1 20000; printf "a \\033[31mRed\\033[0mdish line\\n"; echo "some Reddish thing" >&2; exit 1', {
      id: 'a',
    })
    await runAll(web)
    const found = async (query: string): Promise<unknown[]> =>
      (await web.ask(`${LOG}/search?${query}`)).json.items.map(({ stream, line }: { stream: string; line: number }) => [
        stream,
        line,
      ])
    assert.equal(await found('q=reddish'), [
      ['stdout', 20_001],
      ['stderr', 1],
    ])
    assert.equal(await found('q=1999&stream=stdout&limit=2'), [
      ['stdout', 1999],
      ['stdout', 11_999],
    ])
    assert.equal(await found('errors=1'), [])
    assert.is((await web.ask(`${LOG}/search?q=1&limit=2`)).json.is_complete, false)
    assert.is((await web.ask(`${LOG}/search`)).status, 400)
  }),
)

test(
  'both streams are downloaded in one file',
  inWeb(async (web) => {
    await some(web)
    const { text, headers } = await web.ask(`${LOG}?stream=merged&download=1`)
    assert.is(text, 'one\ntwo\nthree\n--- stderr ---\nwrong\n')
    assert.match(headers['content-disposition'] ?? '', 'a.1.txt')
  }),
)

test(
  'the stream begins where it is told to',
  inWeb(async (web) => {
    await some(web)
    const stream = await web.listen(`${LOG}/stream?from=8.0`)
    const { data } = await stream.until('it wrote', ({ event }) => event === 'log')
    assert.equal(data, { stream: 'stdout', text: 'three\n' })
  }),
)

test(
  'lines after what the size cap has left out are found too',
  inWeb(async (web) => {
    configure(web, { max_log_bytes: 131_072 })
    await add(web, 'seq 1 100000', { id: 'a' })
    await runAll(web)
    const { total, items } = (await web.ask(`${LOG}/lines?limit=1`)).json
    assert.is(items[0].text, '1')
    assert.is((await web.ask(`${LOG}/lines?from=${total}`)).json.items[0].text, '100000')
    assert.equal((await web.ask(`${LOG}/search?q=bytes+left+out`)).json.items.length, 1)
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
