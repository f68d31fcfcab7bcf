/**
 * The user's manual: `lib/manual/`, a page of Markdown for each topic, printed by `queuectl help TOPIC` and made into man
 * pages by `bin/man.ts`.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { wrap } from './output/text.ts'
import type { Colors } from './terminal.ts'

/** In the order in which one reads them; the name of a page is that of its file. */
export const MANUAL_TOPICS = [
  'start',
  'enqueue',
  'jobs',
  'commands',
  'dependencies',
  'unique',
  'queues',
  'schedules',
  'files',
  'workers',
  'settings',
  'durability',
  'retention',
  'hooks',
  'scripts',
  'dashboard',
  'api',
  'library',
  'operations',
  'guarantees',
  'migrating',
]

/** Lines longer than this are hard to read. */
const WIDEST = 100

export interface ManualPage {
  readonly topic: string
  /** What the page is about, in one line. */
  readonly summary: string
  readonly markdown: string
}

/** Where the manual lies, seen from the program that was installed. */
export const manualOf = (program: string): string => join(dirname(realpathSync(program)), '..', 'lib', 'manual')

/** The page of a topic; undefined when there is none. Its first line is `# Title: summary`. */
export function manualPage(dir: string, topic: string): ManualPage | undefined {
  const path = join(dir, `${topic}.md`)
  if (!MANUAL_TOPICS.includes(topic) || !existsSync(path)) return undefined
  const markdown = readFileSync(path, 'utf8')
  return { topic, summary: /^# [^:\n]+: (.*)/.exec(markdown)?.[1] ?? '', markdown }
}

/** Every page that is there. */
export const manualPages = (dir: string): ManualPage[] => MANUAL_TOPICS.flatMap((topic) => manualPage(dir, topic) ?? [])

/** Markdown as text for a terminal: headings bold, code as it is, everything else filled to the width. */
export function asText(markdown: string, columns: number, { bold, cyan }: Colors): string {
  const width = Math.min(columns, WIDEST)
  const painted = (text: string): string =>
    text
      .replaceAll(/(`+)([^`]+)\1/g, (_all, _ticks, code: string) => cyan(code))
      .replaceAll(/\*\*([^*]+)\*\*/g, (_all, strong: string) => bold(strong))
      .replaceAll(/\*(\w[^*]*)\*/g, '$1')
  const filled = (text: string, first: string, rest: string): string =>
    first + painted(wrap(text, width - rest.length).join(`\n${rest}`))
  return blocksOf(asLists(markdown).replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1'))
    .map((block) => {
      if (block.startsWith('```'))
        return block
          .split('\n')
          .slice(1, -1)
          .join('\n')
          .replaceAll(/^(?=.)/gm, '    ')
      if (block.startsWith('#')) return bold(block.replace(/^#+ /, ''))
      if (!block.startsWith('- ')) return filled(block, '', '')
      return block
        .split(/\n(?=- )/)
        .map((item) => filled(item.slice(2), '  - ', '    '))
        .join('\n')
    })
    .join('\n\n')
    .concat('\n')
}

/** Paragraphs, lists, headings and code; pictures and comments are left out. */
const blocksOf = (markdown: string): string[] =>
  markdown
    .split(/(^```[^]*?^```$)/m)
    .flatMap((part) => (part.startsWith('```') ? [part] : part.split(/\n{2,}/)))
    .map((block) => block.replaceAll(/^(<!--.*-->|!\[.*)$/gm, '').trim())
    .filter((block) => block !== '')

/**
 * Markdown with every table made a list, which neither a terminal nor man(1) has to squeeze into its columns: the first
 * cell, then the others, from the third column on with their heads.
 */
export const asLists = (markdown: string): string =>
  markdown.replaceAll(/^\|.*\|\n\|[ |:-]+\|\n((?:\|.*\|\n?)*)/gm, (whole, body: string) => {
    const heads = cellsOf(whole.split('\n')[0] ?? '')
    const items = body.trimEnd().split('\n').map(cellsOf)
    return items.map(([first, ...others]) => `- ${first}${described(heads.slice(1), others)}\n`).join('')
  })

const described = (heads: readonly string[], cells: readonly string[]): string => {
  const said = cells.flatMap((cell, i) => (cell === '' ? [] : i === 0 ? cell : `${heads[i]}: ${cell}`))
  return said.length === 0 ? '' : `: ${said.join('; ')}`
}

const cellsOf = (row: string): string[] =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
