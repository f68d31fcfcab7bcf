/** Tables: whole where there is room, and what gives way where there is not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { shortIds, table } from '../../../lib/cli/output/table.ts'
import { width } from '../../../lib/cli/output/text.ts'

const test = suite('tables')

const MADE = '01M8E9B6A3EKASF8N1VCXD81QG'
const NEXT = '01M8E9B6A3EKASF8N1VCXD81QH'
const ID = { head: 'ID', isId: true } as const

test('all columns but the last are padded, and no line ends in blanks', () => {
  const rows = [
    ['longer', 'x'],
    ['a', ''],
  ]
  assert.equal(table(['ID', 'COMMAND'], rows, 80), ['ID      COMMAND', 'longer  x', 'a'])
})

test('the last column is cut to the width', () => {
  const [, line] = table(['ID', 'COMMAND'], [['0123456789', 'abcdefghijklmnop']], 22)
  assert.is(line, '0123456789  abcdefghi…')
})

test('a generated id is whole where there is room, and else its end', () => {
  const of = (room: number): string[] => table([ID, 'COMMAND'], [[MADE, 'a command of thirty characters']], room)
  assert.match(of(60)[1] ?? '', MADE)
  assert.is(of(40)[1], 'VCXD81QG  a command of thirty characters')
})

test('ids that are alike in their ends are shown longer, chosen ids whole', () => {
  const alike = `01M8E9B6A3EKASF8X${MADE.slice(-9)}`
  assert.equal(shortIds([MADE, NEXT, 'chosen-by-someone']), ['VCXD81QG', 'VCXD81QH', 'chosen-by-someone'])
  assert.equal(shortIds([MADE, alike]), [MADE.slice(-10), alike.slice(-10)])
})

test('a column that is the same in all rows goes where the width asks for it', () => {
  const rows = [
    ['a', '0', 'x'.repeat(30)],
    ['b', '0', 'y'],
  ]
  const heads = ['ID', { head: 'PRIORITY', omit: 'same' }, 'COMMAND'] as const
  assert.match(table(heads, rows, 60)[0] ?? '', 'PRIORITY')
  assert.equal(table(heads, rows, 40)[0], 'ID  COMMAND')
})

test('columns that may go leave the last one its room, the last of them first', () => {
  const rows = [['a', '1', '2', 'x'.repeat(80)]]
  const heads = ['ID', { head: 'FIRST', omit: 'any' }, { head: 'SECOND', omit: 'any' }, 'COMMAND'] as const
  assert.is(table(heads, rows, 40)[0], 'ID  FIRST  SECOND  COMMAND')
  assert.is(table(heads, rows, 32)[0], 'ID  FIRST  COMMAND')
  assert.is(table(heads, rows, 28)[0], 'ID  COMMAND')
})

test('a column that wraps loses no word', () => {
  const words = 'one two three four five six seven eight nine ten'
  const lines = table(
    ['KEY', { head: 'VALUE', most: 6, wraps: true }, { head: 'MEANING', wraps: true }],
    [['key', 'abcdefghijklm', words]],
    36,
  )
  for (const line of lines) assert.ok(width(line) <= 36, line)
  assert.equal(lines[1], 'key  abcdef  one two three four five')
  for (const word of words.split(' '))
    assert.ok(
      lines.some((line) => line.includes(word)),
      word,
    )
  assert.equal(
    lines.slice(1).map((line) => line.slice(5, 11).trim()),
    ['abcdef', 'ghijkl', 'm'],
  )
})

test('a long chosen id is never cut, and makes no other line longer', () => {
  const long = 'x'.repeat(50)
  const rows = [
    [long, 'echo hello, and then some more words'],
    ['short', 'echo hello, and then some more words'],
  ]
  const [, first = '', second = ''] = table([{ ...ID, most: 20 }, 'COMMAND'], rows, 60)
  assert.match(first, long)
  assert.is(width(first), 60)
  assert.match(second, /^short {17}echo hello, and then some more words$/)
})

test('what is piped is whole', () => {
  const rows = [
    [MADE, '0', 'a'.repeat(300)],
    [NEXT, '0', 'b'],
  ]
  const lines = table([ID, { head: 'PRI', omit: 'any', most: 1 }, 'COMMAND'], rows, Number.POSITIVE_INFINITY)
  assert.is(lines[1], `${MADE}  0    ${'a'.repeat(300)}`)
})

test.run()
