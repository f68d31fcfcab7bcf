import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, letGo, outputOf, runAll, settles, SOON_MS } from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('output cap')

const MOST = 131_072
/** Writes 4,000,000 bytes in lines of 10, `begin` first, and when it is let go the line `end`. */
const chatter = (name: string): string =>
  `echo begin; seq -f %09.0f 400000; while [ ! -e ${name}.go ]; do sleep 0.02; done; echo end`
const LINE = /\n--- queuectl: \d+ bytes left out here \(max-log-bytes\) ---\n/

const roomOf = (path: string): number => statSync(path).blocks * 512
const outOf = (world: World, id: string): string => join(world.home, 'logs', id, '1.out')

/** Whole lines at both ends, one clear line between. */
function isHeadAndEnd(text: string, last: string): void {
  const [head = '', end = '', ...more] = text.split(LINE)
  assert.is(more.length, 0)
  assert.match(head, /^begin\n000000001\n000000002\n/)
  assert.ok(end.endsWith(last), end.slice(-40))
  assert.not.match(text, '\0')
  assert.ok(text.length < MOST + 8192, String(text.length))
}

test(
  'while a run goes on the middle of its output is punched out, and logs passes over it',
  inWorld(async (world) => {
    configure(world, { max_log_bytes: MOST })
    await add(world, chatter('a'), { id: 'a' })
    const worker = await world.startWorker()
    await until(() => statSync(outOf(world, 'a')).size > 4_000_000, SOON_MS, 'it has written')
    await until(
      () => roomOf(outOf(world, 'a')) < 2 * MOST,
      SOON_MS,
      () => `it is small: ${roomOf(outOf(world, 'a'))}`,
    )
    isHeadAndEnd((await world.cli(['logs', 'a'])).stdout, '000399999\n000400000\n')
    const following = world.begin(['logs', '-f', 'a'])
    await until(() => following.stdout.endsWith('000400000\n'), SOON_MS, 'the end so far is shown')
    letGo(world, 'a')
    isHeadAndEnd((await following.ended).stdout, '000400000\nend\n')
    await settles(world.queue, 'a')
    isHeadAndEnd((await outputOf(world.queue, 'a')).out, '000400000\nend\n')
    worker.kill()
    await worker.ended
    assert.equal(readdirSync(join(world.home, 'run')), [])
    assert.is(assertHomeIntact(world.home).get('a'), 'completed')
  }),
)

test(
  'output that grew too fast to be punched is rewritten when the run has ended',
  inWorld(async (world) => {
    configure(world, { max_log_bytes: MOST })
    letGo(world, 'a')
    await add(world, `{ ${chatter('a')}; } >&2; exit 3`, { id: 'a', max_retries: 1 })
    await runAll(world)
    isHeadAndEnd((await outputOf(world.queue, 'a')).err, '000400000\nend\n')
    assert.is((await world.queue.get('a')).last_error, 'exit code 3: end')
  }),
)

test(
  'where nothing can punch holes the job runs all the same and its output is rewritten at the end',
  inWorld(async (world) => {
    configure(world, { max_log_bytes: MOST })
    const bin = join(world.dir, 'bin')
    mkdirSync(bin)
    for (const name of ['mkfifo', 'seq', 'sleep', 'sync']) symlinkSync(`/usr/bin/${name}`, join(bin, name))
    await add(world, chatter('a'), { id: 'a' })
    const worker = await world.startWorker({ env: { PATH: bin } })
    // The gap is recorded before the attempt to make it.
    await until(() => readdirSync(join(world.home, 'run')).includes('a.1.gap'), SOON_MS, 'it was tried')
    letGo(world, 'a')
    await settles(world.queue, 'a')
    isHeadAndEnd(readFileSync(outOf(world, 'a'), 'utf8'), '000400000\nend\n')
    worker.kill()
    await worker.ended
  }),
)

test(
  'with 0 everything is kept, and what is short stays as it was written',
  inWorld(async (world) => {
    configure(world, { max_log_bytes: 0 })
    letGo(world, 'a')
    await add(world, chatter('a'), { id: 'a' })
    await runAll(world)
    assert.is((await outputOf(world.queue, 'a')).out.length, 4_000_010)
    configure(world, { max_log_bytes: MOST })
    await add(world, 'seq 20000', { id: 'b' })
    await runAll(world)
    assert.is((await outputOf(world.queue, 'b')).out.length, 108_894)
  }),
)

test.run()
