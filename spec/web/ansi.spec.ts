import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Terminal } from '../../lib/web/ansi.ts'

const test = suite('terminal output on the page')

/** The chunks one after the other, as `text{classes}`. */
function seen(...chunks: readonly string[]): string {
  const terminal = new Terminal()
  const shown: { readonly text: string; readonly how: string }[] = []
  for (const { text, classes, color, background, link, erase = 0 } of chunks.flatMap((chunk) => terminal.read(chunk))) {
    const kept = shown.map((one) => one.text).join('').length - erase
    if (erase > 0) truncate(shown, kept)
    shown.push({ text, how: [classes, color, background, link].filter(Boolean).join(' ') })
  }
  return merged(shown)
    .map(({ text, how }) => (how === '' ? text : `${text}{${how}}`))
    .join('')
}

interface Shown {
  readonly text: string
  readonly how: string
}

function truncate(shown: Shown[], length: number): void {
  let left = length
  for (const [i, one] of shown.entries()) {
    shown[i] = { ...one, text: one.text.slice(0, Math.max(0, left)) }
    left -= one.text.length
  }
}

const merged = (shown: readonly Shown[]): Shown[] => {
  const all: Shown[] = []
  for (const one of shown) {
    const last = all.at(-1)
    if (last?.how === one.how) all[all.length - 1] = { ...one, text: last.text + one.text }
    else if (one.text !== '') all.push(one)
  }
  return all
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
  assert.is(seen('\x1b[32mgre', 'en\x1b[', '0mplain\x1b', '[31mred'), 'green{f-green}plainred{f-red}')
})

test('colours by number are returned as values', () => {
  assert.is(seen('\x1b[38;5;1ma\x1b[38;2;1;2;3mb'), 'a{f-red}b{#010203}')
})

test('reverse video exchanges the two colours', () => {
  assert.is(seen('\x1b[31;7mx\x1b[0;7my'), 'x{b-red}y{b-white}')
})

test('cursor movements, titles, bells and other control characters are removed', () => {
  assert.is(seen('\x1b[2K\x1b[1Aa\x1b]0;title\x07bc\x07\x1b(Bd\x1b[?25le'), 'abcde')
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

test('two carriage returns before a line end wipe out nothing', () => {
  assert.is(seen('first\r\r\nsecond\r\r\n'), 'first\nsecond\n')
})

test('backspaces overwrite: progress, and bold as man writes it', () => {
  assert.is(seen('at 10%\b\b\b20%\b\b\b30%\nN\bNA\bA\n'), 'at 30%\nNA\n')
})

test('what is overwritten by a later chunk is replaced', () => {
  assert.is(seen('10 %', '\r50', ' %\r100 %\n'), '100 %\n')
})

test('a shorter text overwrites only its own length', () => {
  assert.is(seen('abcdef\rxy\n'), 'xycdef\n')
})

test('the rest of a line is erased when that is asked for', () => {
  assert.is(seen('abcdef\rxy\x1b[K\nab\x1b[2K\x1b[1Gc\n'), 'xy\nc\n')
})

test('a title that is not ended on its line is text, and hides nothing after it', () => {
  assert.match(
    seen('before \x1b]0;title\nERROR 1\nERROR 2\n', 'ERROR 3\n'),
    /before .*title\nERROR 1\nERROR 2\nERROR 3\n$/,
  )
})

test('strings of a device and sequences of one byte are no garbage', () => {
  assert.is(
    seen('a\x1bP1$r0m\x1b\\b\x1b_app\x1b\\c\u009b31md\u009d0;t\u0007e\n'),
    'abc{f-red}'.replace('{f-red}', '') + 'de{f-red}\n',
  )
})

test('concealed text is shown', () => {
  assert.is(seen('\x1b[8msecret\x1b[0m\n'), 'secret\n')
})

test('clearing the screen and moving to earlier lines removes no output', () => {
  assert.is(seen('one\ntwo\n\x1b[2A\x1b[2J\x1b[Hthree\n'), 'one\ntwo\nthree\n')
})

test('a link is text with its target', () => {
  assert.is(seen('see \x1b]8;;https://example.org\x1b\\here\x1b]8;;\x1b\\.\n'), 'see here{https://example.org}.\n')
})

test.run()
