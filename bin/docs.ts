/**
 * What documents say of the program, made by the program: tables between `<!-- name -->` and `<!-- end -->`, and the output
 * in console blocks. `node dist/bin/docs.js --write` writes it into every document, `--write --tables` the
 * tables alone; `spec/docs.spec.ts` fails when one differs.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cli } from 'clipanion'
import type { CommandClass } from '../lib/cli/command.ts'
import { allCommands } from '../lib/cli/find-command.ts'
import { optionsOf } from '../lib/cli/options.ts'
import { DEFAULTS, SETTINGS } from '../lib/config/schema.ts'
import { CONFIG_KEYS, shownKey } from '../lib/config/keys.ts'
import { type ErrorCode, EXIT_STATUS } from '../lib/errors.ts'
import { JOB_ROUTES } from '../lib/http/openapi/job-routes.ts'
import { QUEUE_ROUTES } from '../lib/http/openapi/queue-routes.ts'
import { MUTANTS } from '../spec/faults/mutants.ts'
import { hasSessions, rerun } from '../fixtures/console.ts'
import { ROOT } from '../fixtures/program.ts'
import { world } from '../fixtures/world.ts'

type Row = readonly string[]

export const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')

function commandRow(command: CommandClass): Row {
  const cli = new Cli()
  cli.register(command)
  const [name = [], ...synonyms] = command.paths ?? []
  const also = synonyms.length === 0 ? '' : ` (also ${synonyms.map((path) => `\`${path.join(' ')}\``).join(', ')})`
  const options = optionsOf(cli).flatMap(({ names }) => names.filter((option) => option !== '--json'))
  return [
    `\`${name.join(' ')}\`${also}`,
    command.usage?.description ?? '',
    options.map((option) => `\`${option}\``).join(' '),
  ]
}

interface Member {
  readonly description: string
}

function memberRows(): Row[] {
  const schema = JSON.parse(readDocument('lib/job/job.schema.json')) as { properties: Record<string, Member> }
  return Object.entries(schema.properties).map(([name, { description }]) => [`\`${name}\``, description])
}

const CODES: Readonly<Record<ErrorCode, string>> = {
  FAILED: 'the operation failed; the message says why',
  DUPLICATE_JOB: 'a job has this id already',
  NOT_WRITABLE: 'the home cannot be written to',
  UNSAFE_HOME: 'other users can write to the home',
  DISK_FULL: 'no space, inodes or quota left; nothing was lost',
  USAGE: 'the command line is wrong',
  INVALID_JOB: 'a member of the job is not what it may be',
  BAD_CONFIG: 'no such setting, or not a value for it',
  BROKEN_CONFIG: 'config.json cannot be read',
  WRONG_STATE: 'the job is in a state that does not allow this',
  NOT_FOUND: 'no such job, run or key',
  NO_WORKER: 'no worker is alive',
  PARTLY_DONE: 'done for some, refused for others',
  STILL_HELD: 'a process that a run of the job started is alive, or may be',
  STILL_RUNNING: 'the time was up first',
}

const errorRows = (): Row[] =>
  Object.entries(CODES).map(([code, meaning]) => [`\`${code}\``, String(EXIT_STATUS[code as ErrorCode]), meaning])

function routeRows(): Row[] {
  const paths = { ...JOB_ROUTES, ...QUEUE_ROUTES } as Record<string, Record<string, { readonly summary?: string }>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { summary }]) =>
      summary === undefined ? [] : [[`\`${method.toUpperCase()} ${path}\``, summary]],
    ),
  )
}

/** Every method of the library with the first sentence of its comment. */
const verbRows = (): Row[] =>
  Object.entries({ Queue: 'lib/queue.ts', QueueReader: 'lib/queue-reader.ts' }).flatMap(([owner, path]) =>
    [
      ...readDocument(path).matchAll(
        / {2}\/\*\*((?:(?!\*\/)[^])*)\*\/\n {2}(static )?(?:override )?(?:async )?\*?([a-z]\w*)\(/g,
      ),
    ].map(([, comment = '', isStatic, name = '']) => [
      `\`${isStatic ? `${owner}.` : ''}${name}\``,
      comment
        .replaceAll(/\s*\n\s*\* ?/g, ' ')
        .replaceAll(/\{@link (\w+)\}/g, '`$1`')
        .trim()
        .replace(/(\.|;|:)\s[^]*|\.$/, '')
        .replace(/ @(throws|param|returns)[^]*/, ''),
    ]),
  )

/** Every table by the name in its marker. */
export async function tables(): Promise<Record<string, string>> {
  return {
    commands: table(['command', 'what it does', 'options'], (await allCommands()).map(commandRow)),
    members: table(['member', 'meaning'], memberRows()),
    config: table(
      ['key', 'meaning', 'default', 'may be'],
      CONFIG_KEYS.map((key) => [
        `\`${shownKey(key)}\``,
        SETTINGS[key].meaning,
        DEFAULTS[key] === '' ? 'none' : `\`${DEFAULTS[key]}\``,
        SETTINGS[key].expected,
      ]),
    ),
    errors: table(
      ['code', 'meaning', 'exit status'],
      errorRows().map(([code = '', status = '', what = '']) => [code, what, status]),
    ),
    routes: table(['route', 'what it does'], routeRows()),
    verbs: table(['verb', 'what it does'], verbRows()),
    mutants: table(
      ['taken out', 'what fails then'],
      MUTANTS.map(({ name, caughtBy }) => [name, caughtBy]),
    ),
  }
}

/** Every document, as a path from the root. */
export const documents = (): string[] =>
  [
    'README.md',
    'CHANGELOG.md',
    ...['lib', 'lib/manual', 'spec', 'spec/faults', 'spec/bench'].flatMap((dir) =>
      readdirSync(join(ROOT, dir))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${dir}/${name}`),
    ),
  ].filter((path) => existsSync(join(ROOT, path)))

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
export const writeDocument = (path: string, text: string): void => writeFileSync(join(ROOT, path), text)

/** The text with something else between the markers of this name. */
export const replaceTable = (text: string, name: string, body: string): string =>
  text.replace(
    new RegExp(`(<!-- ${name} -->\n)[^]*?(\n?<!-- end -->)`),
    (_all, begin: string) => `${begin}\n${body}\n\n<!-- end -->`,
  )

/** The text with its tables made anew. */
export const withTables = (text: string, all: Readonly<Record<string, string>>): string =>
  Object.entries(all).reduce((next, [name, body]) => replaceTable(next, name, body), text)

async function writeAll(onlyTables: boolean): Promise<void> {
  const all = await tables()
  for (const path of documents()) {
    const text = withTables(readDocument(path), all)
    if (onlyTables || !hasSessions(text)) {
      writeDocument(path, text)
      continue
    }
    const here = world()
    try {
      writeDocument(path, await rerun(here, text))
    } finally {
      await here.close()
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--write')
  await writeAll(process.argv[3] === '--tables')
