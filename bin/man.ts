/**
 * Makes `dist/man/`: a man page for each topic of the manual, `queuectl-TOPIC.7`, and `queuectl.1` of what the commands say
 * of themselves. With a fixed date, so that the same sources make the same pages.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cli } from 'clipanion'
import { Marked } from 'marked'
import man from 'marked-man'
import type { CommandClass } from '../lib/cli/command.ts'
import { callsOf } from '../lib/cli/help.ts'
import { optionsOf } from '../lib/cli/options.ts'
import { asLists, manualPages } from '../lib/cli/manual.ts'
import { allCommands } from '../lib/cli/find-command.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const target = join(root, 'dist/man')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const DATE = '2026-01-01'

/** Links between pages become the names of man pages; pictures and markers are left out. */
const forMan = (markdown: string): string =>
  asLists(markdown)
    .replaceAll(/^(<!--.*-->|!\[.*)$/gm, '')
    .replaceAll(/\[([^\]]+)\]\((\w+)\.md\)/g, (_all, text: string, topic: string) =>
      text.toLowerCase() === topic ? `**queuectl-${topic}**(7)` : `${text} (**queuectl-${topic}**(7))`,
    )
    .replaceAll(/\[([^\]]+)\]\((?!http)[^)]*\)/g, '$1')

/** @param markdown without its title */
function write(name: string, section: number, summary: string, markdown: string): void {
  const marked = new Marked(man, { breaks: false, date: DATE, manual: 'queuectl', manVersion: version } as object)
  const text = marked.parse(`# ${name}(${section}) -- ${summary}\n\n${forMan(markdown)}`) as string
  // The converter leaves these of marked's entities, and no space before code.
  const mended = text
    .replaceAll('&#39;', '\\(aq')
    .replaceAll('&quot;', '"')
    .replaceAll(/^\.RS 2\n\.nf$/gm, '.P\n$&')
  writeFileSync(join(target, `${name}.${section}`), mended)
}

function commandMarkdown(command: CommandClass): string {
  const { description = '', details = '', examples = [] } = command.usage ?? {}
  const cli = new Cli()
  cli.register(command)
  const options = optionsOf(cli).map(
    ({ names, value, description: text }) => `- \`${names.join(', ')}${value && ` ${value}`}\`: ${text}`,
  )
  return [
    `### ${command.paths?.[0]?.join(' ')}`,
    `${description.charAt(0).toUpperCase()}${description.slice(1)}.`,
    `\`\`\`\n${callsOf(command).join('\n')}\n\`\`\``,
    details.replaceAll(/\n +/g, '\n'),
    options.join('\n'),
    `\`\`\`\n${examples.map(([what, line]) => `# ${what}\n${line}`).join('\n')}\n\`\`\``,
  ].join('\n\n')
}

const pages = manualPages(join(root, 'lib/manual'))
const program = `## SYNOPSIS

\`queuectl\` COMMAND [options]

## DESCRIPTION

A background job queue that is driven from any shell and whose whole state is plain files. **queuectl-start**(7) is where to begin.

Every command knows \`--help\`, \`--home DIR\` and \`--color auto|always|never\`, and \`--json\` where it prints something.

## COMMANDS

${(await allCommands()).map(commandMarkdown).join('\n\n')}

## EXIT STATUS

See **queuectl-scripts**(7).

## ENVIRONMENT

See **queuectl-settings**(7).

## SEE ALSO

${pages.map(({ topic, summary }) => `- **queuectl-${topic}**(7): ${summary}`).join('\n')}
`

rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
write('queuectl', 1, 'a background job queue whose whole state is plain files', program)
for (const { topic, summary, markdown } of pages)
  write(`queuectl-${topic}`, 7, summary, markdown.replace(/^# .*\n/, ''))
