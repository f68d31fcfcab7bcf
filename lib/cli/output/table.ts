/**
 * Formats tables for people: heads, rows, and what gives way where a terminal is too narrow. Pure. Not cli-table3, whose
 * time grows with the square of the rows (5.4 s at 10,000).
 */
import { isMadeId } from '../../job/file-name.ts'
import { clip, padTo, width, wrap } from './text.ts'

export interface TableColumn {
  readonly head: string
  /** The cells are ids: of generated ones the end is shown where the width asks for it, which every command takes. */
  readonly isId?: true
  /** May be left out: `same` when all its cells are the same, or `any`, the last such column first. */
  readonly omit?: 'same' | 'any'
  /** Its width, where the table is too wide. An id longer than that pushes the rest of its line. */
  readonly most?: number
  /** What does not fit goes on in further lines; else it is cut. */
  readonly wraps?: true
}

/** Colours a padded cell, by the head of its column. */
export type Paint = (cell: string, head: string) => string

/** The last column gives way to others down to this width, and is never cut narrower than the second. */
const WANTED = 20
const NARROWEST = 8
const GAP = 2
/** Of a generated id at least this much is shown: two of a million are alike in it once in a million homes. */
const SHORT_ID = 8

interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: Rows
  /** Columns are no wider than their `most`. */
  readonly isCut: boolean
}

/** A head alone is a column that does not give way. */
type Head = string | TableColumn
type Rows = readonly (readonly string[])[]

const whole = (heads: readonly Head[], rows: Rows): Table => ({
  columns: heads.map((head) => (typeof head === 'string' ? { head } : head)),
  rows,
  isCut: false,
})

/** Does a table fit without giving way? */
export const fits = (heads: readonly Head[], rows: Rows, room: number): boolean => widthOf(whole(heads, rows)) <= room

/** The lines of a table. @param room the width of the terminal */
export const table = (heads: readonly Head[], rows: Rows, room: number, paint?: Paint): string[] =>
  tableRows(heads, rows, room, paint).flat()

/** The lines of the heads, then those of each row. */
export function tableRows(heads: readonly Head[], rows: Rows, room: number, paint: Paint = (cell) => cell): string[][] {
  const given = whole(heads, rows)
  const shown = room === Number.POSITIVE_INFINITY ? given : fit(given, room)
  const widths = widthsOf(shown)
  const last = shown.columns.length - 1
  widths[last] = Math.max(NARROWEST, room - leadOf(widths))
  const heading = shown.columns.map(({ head }) => head)
  return [
    linesOf(heading, shown.columns, widths, (cell) => cell),
    ...shown.rows.map((row) => linesOf(row, shown.columns, widths, paint)),
  ]
}

function fit(given: Table, room: number): Table {
  let now = given
  // What is hardly missed goes first; the rest only for the room that the last column needs.
  for (const step of [shortenIds, dropSame]) if (widthOf(now) > room) now = step(now)
  for (const step of [cut, ...given.columns.map(() => dropLast)])
    if (Math.min(widthOf(now), leadOf(widthsOf(now)) + WANTED) > room) now = step(now)
  return now
}

function shortenIds({ columns, rows, isCut }: Table): Table {
  const shortened = columns.map(({ isId }, i) => (isId ? shortIds(rows.map((row) => row[i] ?? '')) : undefined))
  return { columns, rows: rows.map((row, y) => row.map((cell, i) => shortened[i]?.[y] ?? cell)), isCut }
}

/** Generated ids as their ends, long enough to tell them apart; others as they are. */
export function shortIds(ids: readonly string[]): string[] {
  const made = [...new Set(ids.filter(isMadeId))]
  let length = SHORT_ID
  while (new Set(made.map((id) => id.slice(-length))).size < made.length) length++
  return ids.map((id) => (isMadeId(id) ? id.slice(-length) : id))
}

/** A text with the generated ids in it as their ends. */
export const withShortIds = (text: string): string =>
  text.replaceAll(/\b[0-9A-Z]{26}\b/g, (word) => shortIds([word])[0] ?? word)

const without = ({ columns, rows, isCut }: Table, isDropped: (i: number) => boolean): Table => ({
  columns: columns.filter((_, i) => !isDropped(i)),
  rows: rows.map((row) => row.filter((_, i) => !isDropped(i))),
  isCut,
})

const dropSame = (now: Table): Table =>
  // Of a single row every column is the same, and no other row says so.
  now.rows.length < 2
    ? now
    : without(now, (i) => now.columns[i]?.omit !== undefined && now.rows.every((row) => row[i] === now.rows[0]?.[i]))

const cut = (now: Table): Table => ({ ...now, isCut: true })

function dropLast(now: Table): Table {
  const last = now.columns.findLastIndex(({ omit }) => omit === 'any')
  return last < 0 ? now : without(now, (i) => i === last)
}

const widthsOf = ({ columns, rows, isCut }: Table): number[] =>
  columns.map(({ head, most = Number.POSITIVE_INFINITY }, i) => {
    let widest = width(head)
    for (const row of rows) widest = Math.max(widest, width(row[i] ?? ''))
    return isCut ? Math.min(widest, most) : widest
  })

const sum = (widths: readonly number[]): number => widths.reduce((total, one) => total + one, 0)
const widthOf = (now: Table): number => sum(widthsOf(now)) + GAP * (now.columns.length - 1)
/** What the last column stands behind. */
const leadOf = (widths: readonly number[]): number => sum(widths.slice(0, -1)) + GAP * (widths.length - 1)

function linesOf(
  row: readonly string[],
  columns: readonly TableColumn[],
  widths: readonly number[],
  paint: Paint,
): string[] {
  const { pads, left } = padded(row, columns, widths)
  const cells = row.map((cell, i) => {
    const most = i === row.length - 1 ? left : (widths[i] ?? 0)
    if (width(cell) <= most || columns[i]?.isId) return [cell]
    return columns[i]?.wraps ? wrap(cell, most).flatMap((line) => chop(line, most)) : [clip(cell, most)]
  })
  const height = Math.max(1, ...cells.map(({ length }) => length))
  return Array.from({ length: height }, (_, y) =>
    cells
      .map((lines, i) => {
        const text = lines[y] ?? ''
        return paint(i === row.length - 1 ? text : padTo(text, pads[i] ?? 0), columns[i]?.head ?? '')
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/**
 * The widths of one row's cells, and what is left for its last. An id is typed again and never cut: one that is longer
 * than its column takes the blanks of the cells that follow, then the room of the last.
 */
function padded(
  row: readonly string[],
  columns: readonly TableColumn[],
  widths: readonly number[],
): { readonly pads: readonly number[]; readonly left: number } {
  let over = 0
  const pads = row.slice(0, -1).map((cell, i) => {
    const [wide, taken] = [widths[i] ?? 0, width(cell)]
    if (columns[i]?.isId && taken > wide) {
      over += taken - wide
      return taken
    }
    const given = Math.min(over, Math.max(0, wide - taken))
    over -= given
    return wide - given
  })
  return { pads, left: Math.max(NARROWEST, (widths[row.length - 1] ?? 0) - over) }
}

/** Breaks a word that is too long. */
function chop(word: string, most: number): string[] {
  const lines = ['']
  for (const char of word) {
    const line = lines.at(-1) ?? ''
    if (width(line + char) > most && line !== '') lines.push(char)
    else lines[lines.length - 1] = line + char
  }
  return lines
}
