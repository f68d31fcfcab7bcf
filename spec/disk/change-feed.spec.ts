/** Changes that are applied together, and rescans that do not overlap. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'
import { until } from '../../fixtures/until.ts'
import { ChangeFeed, type ChangeFeedOptions, type Changes } from '../../lib/disk/change-feed.ts'

const test = suite('change feed')

const HOUR_MS = 3_600_000

/** Gives a feed that is closed at the end of the test, and what it applied. */
const withFeed = (
  options: Partial<ChangeFeedOptions>,
  body: (feed: ChangeFeed, applied: Changes[], dir: string) => Promise<void>,
): ReturnType<typeof inWorld> =>
  inWorld(async ({ dir }) => {
    const applied: Changes[] = []
    const apply = (changes: Changes): void => void applied.push(changes)
    const feed = new ChangeFeed({ apply, rescan: () => {}, rescanMs: HOUR_MS, ...options })
    try {
      await body(feed, applied, dir)
    } finally {
      feed.close()
    }
  })

test(
  'changes that come together are applied together',
  withFeed({}, async (feed, applied, dir) => {
    feed.watcher.add(dir)
    for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, name), '')
    await until(() => applied[0], 5000, 'they are applied')
    assert.equal([...(applied[0]?.get(dir) ?? [])].sort(), ['a', 'b', 'c'])
  }),
)

test(
  'a change that does not count is not applied',
  withFeed({ isRelevant: (_dir, name) => name !== 'a' }, async (feed, applied, dir) => {
    feed.watcher.add(dir)
    for (const name of ['a', 'b']) writeFileSync(join(dir, name), '')
    await until(() => applied[0], 5000, 'the other one is applied')
    assert.equal([...(applied[0]?.get(dir) ?? [])], ['b'])
  }),
)

test('without watches it rescans all the same', async (context) => {
  let scans = 0
  const feedOptions = { isPolling: true, pollMs: 1, rescan: () => void scans++ }
  await withFeed(feedOptions, async (feed) => {
    feed.start()
    await until(() => scans > 2, 5000, 'it rescans')
  })(context)
})

test('a rescan that fails is repeated', async (context) => {
  let scans = 0
  const rescan = (): void => {
    if (++scans === 1) throw new Error('no descriptors')
  }
  await withFeed({ rescanMs: 1, rescan }, async (feed) => {
    feed.start()
    await until(() => scans > 1, 5000, 'it rescans')
  })(context)
})

test('a rescan asked for during another one runs after it', async (context) => {
  const running = { now: 0, most: 0, done: 0 }
  let end = (): void => {}
  const rescan = async (): Promise<void> => {
    running.most = Math.max(running.most, ++running.now)
    await new Promise<void>((resolve) => (end = resolve))
    running.now--
    running.done++
  }
  await withFeed({ rescan }, async (feed) => {
    feed.rescanWithin(0)
    await until(() => running.now === 1, 5000, 'the first one runs')
    feed.rescanWithin(0)
    end()
    await until(() => running.done === 1 && running.now === 1, 5000, 'the second one runs')
    end()
    assert.is(running.most, 1)
  })(context)
})

test.run()
