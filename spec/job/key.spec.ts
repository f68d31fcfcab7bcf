/** What stands for a key in a file name. */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { aName } from '../../fixtures/job.ts'
import { formatName, parseName, whyNotQueue } from '../../lib/job/file-name.ts'
import { slugOf } from '../../lib/job/key.ts'
import { whyNotKey } from '../../lib/job/unique.ts'

const test = suite('keys in file names')

for (const key of ['example.org', 'user-7', 'A_b', '7'])
  test(`${key} stands in a name as it is`, () => assert.is(slugOf({ queue: 'mail', key }), key))

for (const key of ['a b', 'a/b', 'a--b', '.a', '-a', 'a.json', 'x0123456789ab', 'b.1', 'n.1', 's.1', 'k'.repeat(59)])
  test(`for ${key.slice(0, 20)} stands a part of its hash`, () =>
    assert.match(slugOf({ queue: 'mail', key }) ?? '', /^x[0-9a-f]{12}$/))

test('no key, nothing that stands for it', () => assert.is(slugOf({ queue: 'mail' }), undefined))

test('two keys have not the same slug', () => {
  assert.is.not(slugOf({ queue: 'mail', key: 'a b' }), slugOf({ queue: 'mail', key: 'a  b' }))
})

for (const queue of ['q'.repeat(50), 'mail-'])
  test(`a key cannot stand after the queue ${queue.slice(0, 10)} (${queue.length} characters), and is refused`, () =>
    assert.throws(() => slugOf({ queue, key: 'a' }), /cannot have jobs with keys/))

test('whatever the key, the name is that of a job of this queue', () => {
  const queue = fc.stringMatching(/^[a-z](?:[a-z.-]{0,47}[a-z.])?$/).filter((text) => whyNotQueue(text) === undefined)
  const key = fc.stringMatching(/^[!-~][ -~]{0,78}[!-~]$/).filter((text) => whyNotKey(text) === undefined)
  fc.assert(
    fc.property(queue, key, (one, given) => {
      const name = aName({ queue: one, slug: slugOf({ queue: one, key: given }) })
      assert.equal(parseName(formatName(name)), name)
    }),
  )
})

test.run()
