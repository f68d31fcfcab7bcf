/** What is set aside: its bytes, its name, the reason. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inWorld } from '../../fixtures/world.ts'
import { quarantined, namesIn, spoolHome } from '../../fixtures/spool-home.ts'
import { quarantine } from '../../lib/spool/corrupt.ts'

const test = suite('quarantine')

test(
  'what is set aside keeps its bytes and its name behind something random, with the reason beside it',
  inWorld((world) => {
    const { home } = spoolHome(world)
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0x0a])
    writeFileSync(join(home.pending, 'mine.json'), bytes)
    assert.is(quarantine(home, join(home.pending, 'mine.json'), 'mine.json', 'it is not JSON'), true)
    const [name = ''] = quarantined(home)
    assert.match(name, /^[0-9a-f]{8}-mine\.json$/)
    assert.equal(readFileSync(join(home.corrupt, name)), bytes)
    assert.is(readFileSync(join(home.corrupt, `${name}.reason`), 'utf8'), 'it is not JSON\n')
  }),
)

test(
  'two files of one name are set aside side by side',
  inWorld((world) => {
    const { home } = spoolHome(world)
    for (const text of ['one', 'two']) {
      writeFileSync(join(home.pending, 'mine.json'), text)
      quarantine(home, join(home.pending, 'mine.json'), 'mine.json', 'why')
    }
    assert.equal(
      quarantined(home)
        .map((name) => readFileSync(join(home.corrupt, name), 'utf8'))
        .toSorted(),
      ['one', 'two'],
    )
  }),
)

for (const fileName of [`${'x'.repeat(250)}.json`, `${'日'.repeat(83)}.json`, `${'👍'.repeat(62)}.json`])
  test(
    `a name of ${Buffer.byteLength(fileName)} bytes can be set aside (${fileName.slice(0, 2)}…)`,
    inWorld((world) => {
      const { home } = spoolHome(world)
      writeFileSync(join(home.pending, fileName), 'bytes')
      assert.is(quarantine(home, join(home.pending, fileName), fileName, 'why'), true)
      assert.is(readFileSync(join(home.corrupt, quarantined(home)[0] ?? ''), 'utf8'), 'bytes')
      assertHomeIntact(world.home)
    }),
  )

test(
  'what was gone before it was set aside leaves nothing',
  inWorld((world) => {
    const { home } = spoolHome(world)
    assert.is(quarantine(home, join(home.pending, 'mine.json'), 'mine.json', 'why'), false)
    assert.equal(namesIn(home, 'corrupt'), [])
  }),
)

test.run()
