import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT } from '../fixtures/program.ts'
import { inProcess } from '../fixtures/in-process.ts'
import { hasSessions, rerun } from '../fixtures/console.ts'
import { documents, readDocument, tables, withTables } from '../bin/docs.ts'
import { inWorld } from '../fixtures/world.ts'
import { allCommands } from '../lib/cli/find-command.ts'
import { MANUAL_TOPICS } from '../lib/cli/manual.ts'

const test = suite('documents')

test('every table is what the program says of itself (else: node dist/bin/docs.js --write)', async () => {
  const all = await tables()
  for (const path of documents()) assert.is(readDocument(path), withTables(readDocument(path), all), path)
})

test('every table of the program stands in a document', async () => {
  const text = documents().map(readDocument).join('')
  for (const name of Object.keys(await tables())) assert.match(text, `<!-- ${name} -->\n`)
})

for (const path of documents().filter((one) => hasSessions(readDocument(one))))
  test(
    `the sessions in ${path} print what it says (else: node dist/bin/docs.js --write)`,
    inWorld(async (world) => {
      assert.is(readDocument(path), await rerun(world, readDocument(path)))
    }),
  )

test('README has at most 200 lines', () => {
  assert.ok(readDocument('README.md').split('\n').length <= 201)
})

test('README names the two commands that a clone must pass', () => {
  for (const command of ['npm ci && npm run quickstart', 'npm ci && npm test'])
    assert.match(readDocument('README.md'), command)
})

test(
  'every command has help with a description and at least one example that begins with its name',
  inWorld(async (world) => {
    for (const command of await allCommands()) {
      const name = command.paths?.[0]?.join(' ') ?? ''
      const { code, stdout } = await inProcess(world, [...name.split(' '), '--help'])
      assert.is(code, 0, name)
      assert.match(stdout, `queuectl ${name}`)
      assert.ok(
        (command.usage?.examples ?? []).some(([, line]) => line.includes(`queuectl ${name}`)),
        name,
      )
    }
  }),
)

test('every page of the manual is a topic, with a title and a summary', () => {
  const pages = readdirSync(join(ROOT, 'lib/manual')).map((name) => name.replace(/\.md$/, ''))
  assert.equal(pages.toSorted(), MANUAL_TOPICS.toSorted())
  for (const topic of MANUAL_TOPICS) assert.match(readDocument(`lib/manual/${topic}.md`), /^# \w+: .{10,80}\n\n/)
})

test('every page is a man page, and the package installs each', () => {
  const { man } = JSON.parse(readDocument('package.json')) as { man: string[] }
  const made = readdirSync(join(ROOT, 'dist/man')).map((name) => `./dist/man/${name}`)
  assert.equal(man.toSorted(), made.toSorted())
  assert.equal(
    made.toSorted(),
    ['.1', ...MANUAL_TOPICS.map((topic) => `-${topic}.7`)].map((end) => `./dist/man/queuectl${end}`).toSorted(),
  )
})

test('a man page says what its page says, and carries a fixed date', () => {
  const text = readDocument('dist/man/queuectl-files.7')
  assert.match(text, /^\.TH "QUEUECTL\\-FILES" "7" "January 2026"/)
  assert.match(text, /hello\n *Enqueued hello\n/)
  assert.not.match(text, /&#?\w+;|<!--/)
})

test('every metric is in the manual', () => {
  const source = readFileSync(join(ROOT, 'lib/journal/prometheus.ts'), 'utf8')
  const metrics = [...source.matchAll(/'(queuectl_\w+)'/g)].map(([, name = '']) => name)
  assert.ok(metrics.length > 5)
  for (const name of metrics) assert.match(readDocument('lib/manual/operations.md'), `| \`${name}`)
})

test('every exit status of an error is in the manual', () => {
  const text = readDocument('lib/manual/scripts.md')
  const listed = [...text.matchAll(/^\| `[A-Z_]+` .* (\d+) \|$/gm)].map(([, status]) => status)
  assert.ok(listed.length > 5)
  for (const status of listed) assert.match(text, `\n| ${status} | `)
})

const rooms = ['lib', 'spec', 'fixtures', 'bin'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
)

test('every link leads to a file, and every file that is named is there', () => {
  for (const document of documents()) {
    const text = readDocument(document)
    for (const [, path = ''] of text.matchAll(/\]\(((?!http)[^)#]+)/g))
      assert.ok(existsSync(join(ROOT, dirname(document), path)), `${document}: ${path}`)
    for (const [, path = ''] of text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.(?:ts|tsx|spec\.ts|schema\.json))[` ]/g))
      assert.ok(
        /^(queuectl|dist)\//.test(path) || rooms.some((file) => `/${file}`.endsWith(`/${path}`)),
        `${document}: ${path}`,
      )
  }
})

/** The rows of a table in lib/README.md whose last column names `file symbol`, several apart by commas. */
const symbolsOf = (heading: string): string[] => {
  const [, section = ''] =
    new RegExp(`^## ${heading}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(readDocument('lib/README.md')) ?? []
  return [...section.matchAll(/`(\w[\w/-]*\.tsx? #?\w+)`/g)].map(([, named = '']) => named)
}

/** Is it defined there: exported, or private to the file or to one of its classes? */
function isDefined(named: string): boolean {
  const [path = '', symbol = ''] = named.split(' ')
  const text = readFileSync(join(ROOT, 'lib', path), 'utf8')
  const top = `(?:export )?(?:abstract )?(?:async )?(?:const|let|function\\*?|class|interface|type) ${symbol}\\b`
  const member = ` {2}(?:static )?(?:async )?(?:get )?\\*?${symbol}\\(`
  return new RegExp(`^(?:${top}|${member})`, 'm').test(text)
}

test('every row of "Where does X happen?" names a symbol that its file defines', () => {
  const rows = readDocument('lib/README.md').match(/^\|[^|]*\? \|.*$/gm) ?? []
  assert.ok(rows.length > 30)
  for (const row of rows) assert.match(row, /`\w[\w/-]*\.tsx? #?\w+`/)
  for (const named of symbolsOf('Where does X happen\\?')) assert.ok(isDefined(named), named)
})

test('the walk of a job passes at most ten files, each there with what it is passed by', () => {
  const walk = symbolsOf('The walk of one job')
  const files = new Set(walk.map((named) => normalize(named.split(' ')[0] ?? '')))
  assert.ok(files.size > 5 && files.size <= 10, [...files].join())
  for (const named of walk) assert.ok(isDefined(named), named)
})

test.run()
