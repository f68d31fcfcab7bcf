/**
 * The tables of README that say what the program says of itself. `node dist/bin/docs.js --write` puts them there;
 * `spec/docs.spec.ts` fails when they differ.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cli } from 'clipanion'
import type { CommandClass } from '../lib/cli/command.ts'
import { allCommands } from '../lib/cli/registry.ts'
import { optionsOf } from '../lib/cli/help.ts'
import { SETTINGS } from '../lib/config/schema.ts'
import { MUTANTS } from '../spec/faults/mutants.ts'
import { ROOT } from '../fixtures/program.ts'
import { DEFAULTS } from '../lib/config/schema.ts'
import { CONFIG_KEYS, shownKey } from '../lib/config/keys.ts'

const README = join(ROOT, 'README.md')

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
  const schema = JSON.parse(readFileSync(join(ROOT, 'lib/job/job.schema.json'), 'utf8')) as {
    properties: Record<string, Member>
  }
  return Object.entries(schema.properties).map(([name, { description }]) => [`\`${name}\``, description])
}

/** Every table by the name in its marker. */
export async function tables(): Promise<Record<string, string>> {
  return {
    commands: table(['command', 'what it does', 'options'], (await allCommands()).map(commandRow)),
    members: table(['member', 'meaning'], memberRows()),
    config: table(
      ['key', 'default', 'meaning', 'may be'],
      CONFIG_KEYS.map((key) => [
        `\`${shownKey(key)}\``,
        `\`${DEFAULTS[key]}\``,
        SETTINGS[key].meaning,
        SETTINGS[key].expected,
      ]),
    ),
    mutants: table(
      ['taken out', 'what fails then'],
      MUTANTS.map(({ name, caughtBy }) => [name, caughtBy]),
    ),
  }
}

export const readme = (): string => readFileSync(README, 'utf8')

/** README with its tables made anew. */
export async function renewed(text: string): Promise<string> {
  let next = text
  for (const [name, body] of Object.entries(await tables())) next = replaceTable(next, name, body)
  return next
}

/** README with something else between the markers of this name. */
export const replaceTable = (text: string, name: string, body: string): string =>
  text.replace(
    new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`),
    (_all, begin: string, end: string) => `${begin}\n${body}\n${end}`,
  )

export const writeReadme = (text: string): void => writeFileSync(README, text)

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === '--write')
  writeReadme(await renewed(readme()))
