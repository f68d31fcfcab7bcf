/**
 * Prints help from the commands' own descriptions. Clipanion's help shows every value as `#0` and has none for a group.
 *
 * The description of an option may begin with the name of its value: `<N> how many`.
 */
import { Cli } from 'clipanion'
import type { CommandClass } from './command.ts'
import { nearest, QueueError } from '../errors.ts'
import { asText, manualOf, manualPage, manualPages, MANUAL_TOPICS } from './manual.ts'
import { type OptionHelp, optionsOf } from './options.ts'
import { allCommands, findCommand, firstWords, isGroup } from './find-command.ts'
import type { Io } from './terminal.ts'
import { VERSION } from '../version.ts'
import { padTo, wrap } from './output/text.ts'

const WIDTH = 80

/** What is needed every day: with the rest of its text it fits a screen of 24 lines. */
const EVERYDAY = [
  'enqueue',
  'run',
  'status',
  'list',
  'show',
  'logs',
  'retry',
  'cancel',
  'worker start',
  'worker stop',
  'dlq list',
  'config set',
]

/**
 * Help on a command, a group such as `worker`, a topic of the manual, what is needed every day, or everything (`all`).
 * `topic NAME` reads the topic where a command has the same name. @throws QueueError USAGE
 */
export async function help(words: readonly string[], io: Io): Promise<string> {
  const [first, second] = words
  if (first === undefined) return everyday(io)
  if (first === 'all') return overview(await allCommands(), io) + topics(io)
  if (first === 'topic' || first === 'topics') return second === undefined ? topics(io) : topic(second, io)
  if (isGroup(first) && second === undefined) return overview(await allCommands(first), io, first)
  if (MANUAL_TOPICS.includes(first) && !firstWords().includes(first)) return topic(first, io)
  return commandHelp(await findCommand(words), io)
}

function topics(io: Io): string {
  const pages = manualPages(manualOf(io.program))
  const lines = pages.map((page) => `  ${padTo(page.topic, 12)}${page.summary}`)
  const how = 'Read one with `queuectl help TOPIC` (`queuectl help topic enqueue`, where a command has its name).'
  return ['', io.colors.bold('Topics:'), ...lines, '', ...wrap(how, WIDTH), ''].join('\n')
}

function topic(name: string, io: Io): string {
  const page = manualPage(manualOf(io.program), name)
  if (page) return asText(page.markdown, io.columns, io.colors)
  const close = nearest(name, MANUAL_TOPICS)
  const hint =
    close === undefined ? `there are: ${MANUAL_TOPICS.join(', ')}` : `did you mean: queuectl help topic ${close}?`
  throw new QueueError('USAGE', `unknown topic: ${name}`, hint)
}

async function everyday(io: Io): Promise<string> {
  const { bold } = io.colors
  const commands = await Promise.all(EVERYDAY.map((name) => findCommand(name.split(' '))))
  return `${[
    ABOUT,
    '',
    `${bold('Usage:')} queuectl COMMAND [options]`,
    '',
    ...commands.map((command, i) => commandLine(command, EVERYDAY[i] ?? '', 12)),
    '',
    `${bold('Help:')}   queuectl help COMMAND, for instance queuectl help enqueue`,
    `${bold('More:')}   queuectl help all, with queue, schedule, top, web, metrics, doctor ...`,
    `${bold('Manual:')} queuectl help topics`,
    `${bold('Home:')}   --home DIR, else QUEUECTL_HOME, else ~/.queuectl`,
  ].join('\n')}\n`
}

const ABOUT = `queuectl ${VERSION}: a background job queue whose whole state is plain files`

const commandLine = (command: CommandClass, name: string, columns: number): string =>
  `  ${padTo(name, columns)}  ${command.usage?.description}`

/** The ways to call a command, as typed. */
export function callsOf(command: CommandClass): string[] {
  const name = command.paths?.[0]?.join(' ')
  return command.forms.map((form) => `queuectl ${name} ${form}`.trimEnd())
}

function overview(commands: readonly CommandClass[], io: Io, group?: string): string {
  const { bold } = io.colors
  const lines =
    group === undefined
      ? [ABOUT, '', `${bold('Usage:')} queuectl COMMAND [options]`]
      : [`${bold('Usage:')} queuectl ${group} COMMAND [options]`]
  const name = (command: CommandClass): string => command.paths?.[0]?.join(' ') ?? ''
  const width = Math.max(...commands.map((command) => name(command).length))
  for (const category of new Set(commands.map(({ usage }) => usage?.category)))
    lines.push(
      '',
      bold(`${category}:`),
      ...commands
        .filter(({ usage }) => usage?.category === category)
        .map((command) => commandLine(command, name(command), width)),
    )
  lines.push(
    '',
    bold('Everywhere:'),
    '  --home DIR              the queue to use; else QUEUECTL_HOME, else ~/.queuectl',
    '  --json                  print JSON; errors as {"error":{...}} on stderr',
    '  --color auto|always|never',
    '  -h, --help              help, for a command: queuectl COMMAND --help',
    '  -v, --version',
  )
  if (group === undefined)
    lines.push(
      '',
      bold('Examples:'),
      '  queuectl enqueue -c "echo hello" --id job1',
      '  queuectl worker start --count 2',
      '  queuectl status',
    )
  return `${lines.join('\n')}\n`
}

function commandHelp(command: CommandClass, io: Io): string {
  const { bold } = io.colors
  const { description = '', details = '', examples = [] } = command.usage ?? {}
  const lines = [description.charAt(0).toUpperCase() + description.slice(1), '', bold('Usage:')]
  for (const call of callsOf(command)) lines.push(`  ${call}`)
  const others = (command.paths ?? []).slice(1).map((path) => `queuectl ${path.join(' ')}`)
  if (others.length > 0) lines.push(`  also: ${others.join(', ')}`)
  if (details) for (const paragraph of details.split('\n\n')) lines.push('', ...wrap(paragraph, WIDTH))
  const cli = new Cli()
  cli.register(command)
  // `--json` is inherited and would come first: put it last.
  const options = optionsOf(cli).toSorted(
    (a, b) => Number(a.names.includes('--json')) - Number(b.names.includes('--json')),
  )
  lines.push('', bold('Options:'), ...optionLines(options))
  if (examples.length > 0) lines.push('', bold('Examples:'))
  for (const [what, line] of examples) lines.push(`  # ${what}`, `  ${line}`)
  const page = command.paths?.find(([name, second]) => second === undefined && MANUAL_TOPICS.includes(name ?? ''))
  if (page) lines.push('', `${bold('Manual:')} queuectl help topic ${page[0]}`)
  return `${lines.join('\n')}\n`
}

function optionLines(options: readonly OptionHelp[]): string[] {
  const heads = options.map(({ names, value }) => `${names.join(', ')}${value && ` ${value}`}`)
  const width = Math.min(26, Math.max(...heads.map((head) => head.length)))
  return options.flatMap(({ description }, i) => {
    const [first = '', ...more] = wrap(description, WIDTH - width - 4)
    const head = heads[i] ?? ''
    const indent = ' '.repeat(width + 4)
    const rest = more.map((line) => indent + line)
    if (head.length > width) return [`  ${head}`, indent + first, ...rest]
    return [`  ${padTo(head, width)}  ${first}`, ...rest]
  })
}
