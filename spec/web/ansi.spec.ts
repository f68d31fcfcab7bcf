import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AnsiReader } from '../../lib/web/ansi.ts'

const test = suite('terminal output on the page')

/** The chunks one after the other, as `text{classes}`. */
function seen(...chunks: readonly string[]): string {
  const terminal = new AnsiReader()
  return chunks
    .flatMap((chunk) => terminal.read(chunk))
    .map(({ text, classes, color, background }) => {
      const how = [classes, color, background].filter(Boolean).join(' ')
      return how === '' ? text : `${text}{${how}}`
    })
    .join('')
}

test('text without escapes stays as it is, tabs and line ends included', () => {
  assert.is(seen('a\tb\r\nc\n'), 'a\tb\nc\n')
})

test('the sixteen colours and the decorations become names', () => {
  assert.is(
    seen('\x1b[31mred\x1b[0m \x1b[1;4mbold\x1b[22;24m \x1b[92;41mx'),
    'red{f-red} bold{bold underline} x{f-green b-red}',
  )
})

test('an empty sequence resets all colours, as grep and ls write it', () => {
  assert.is(seen('\x1b[31mred\x1b[mplain'), 'red{f-red}plain')
})

test('colours and cut sequences carry over to the next chunk', () => {
  assert.is(seen('\x1b[32mgre', 'en\x1b[', '0mplain\x1b', '[31mred'), 'gre{f-green}en{f-green}plainred{f-red}')
})

test('colours by number are returned as values', () => {
  assert.is(seen('\x1b[38;5;1ma\x1b[38;2;1;2;3mb'), 'a{f-red}b{#010203}')
})

test('reverse video exchanges the two colours', () => {
  assert.is(seen('\x1b[31;7mx\x1b[0;7my'), 'x{b-red}y{b-white}')
})

test('cursor movements, titles, bells and other control characters are removed', () => {
  assert.is(seen('\x1b[2K\x1b[1Aa\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c\x07\b\x1b(Bd\x1b[?25le'), 'abcde')
})

test('a line that was overwritten shows its last version', () => {
  assert.is(seen('10 %\r50 %\r100 %\ndone'), '100 %\ndone')
})

test('a line end cut in two removes nothing', () => {
  assert.is(seen('whole\r', '\nnext'), 'whole\nnext')
})

test('text that looks like HTML stays text', () => {
  assert.is(seen('<img src=x onerror=alert(1)>&amp;'), '<img src=x onerror=alert(1)>&amp;')
})

test('an escape that never ends does not hold back what follows', () => {
  assert.match(seen(`\x1b]0;${'x'.repeat(300)}`, 'later'), /later$/)
})

test.run()
