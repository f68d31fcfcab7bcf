/** An intake that dies, loses its directory, meets another, or has its file swapped. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { racer } from '../../fixtures/race.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { isMadeId, parseName } from '../../lib/job/file-name.ts'
import { listDir } from '../../lib/disk/files.ts'
import { findExact } from '../../lib/spool/lookup.ts'
import { holderOf } from '../../lib/spool/holders.ts'
import { putBackIntakeOf } from '../../lib/spool/intake.ts'
import { IntakeClock, withIntake, dropAndTake } from '../../fixtures/intake-clock.ts'

const test = suite('races of an intake')

test(
  'a file that is swapped for a link all the time is never followed',
  withIntake(async (intake, { home, dir }) => {
    writeFileSync(join(dir, 'elsewhere'), '{"command":"evil"}')
    const swapper = await racer(home, 'swap', { fileName: 'mine.json', target: join(dir, 'elsewhere'), times: 2000 })
    let swaps: number | undefined
    const swapping = swapper.go().then((times) => (swaps = times))
    const commands = new Set<unknown>()
    await until(
      async () => {
        const result = await intake.take('mine.json')
        if (result.kind === 'taken') commands.add(result.job.command)
        intake.advance(1000)
        return swaps !== undefined
      },
      20_000,
      'the swapping ends',
    )
    await swapping
    await swapper.end()
    assert.equal(
      [...commands].filter((command) => command !== 'good'),
      [],
    )
    for (const name of listDir(intake.home.pending))
      if (parseName(name)) assert.match(readFileSync(join(intake.home.pending, name), 'utf8'), /"good"/)
  }),
)

for (const [what, content, kind] of [
  ['something wrong', 'oops', 'corrupt'],
  ['another good job', '{"command":"false"}', 'taken'],
] as const)
  test(
    `a dead worker’s intake that holds ${what} goes back to pending/ and is judged anew`,
    withIntake(async (intake) => {
      const dir = join(intake.holder.dir, 'intake')
      mkdirSync(dir)
      writeFileSync(join(dir, 'mine.json'), content)
      writeFileSync(join(dir, '.mine.json.new'), '{"comm')
      putBackIntakeOf(intake.home, intake.holder.dir)
      assert.equal(listDir(intake.home.pending), ['mine.json'])
      assert.equal(readdirSync(dir), [])
      assert.is(kind === 'taken' ? (await intake.take('mine.json')).kind : await intake.after(2, 'mine.json'), kind)
    }),
  )

for (const fileName of ['report.json', '日本.json', 'last.json'])
  test(
    `a worker that dies between the stamp and the move of ${fileName} loses nothing: another takes it in`,
    withIntake(async (intake, { home }) => {
      const stamped = await dropAndTake(intake, fileName, { command: 'true' })
      // As it lay in the dead worker's intake: stamped, its id reserved by a process that is gone.
      const seen = findExact(intake.home, stamped.id)
      mkdirSync(join(intake.holder.dir, 'intake'), { recursive: true })
      renameSync(seen?.path ?? '', join(intake.holder.dir, 'intake', fileName))
      putBackIntakeOf(intake.home, intake.holder.dir)
      const again = await intake.take(fileName)
      assert.is(again.kind, 'taken', JSON.stringify(again))
      assert.is(assertHomeIntact(home).size, 1)
    }),
  )

test(
  'a worker whose directory was taken away takes nothing in, and brings nothing back',
  withIntake(async (intake) => {
    intake.drop('mine.json', { command: 'true' })
    renameSync(intake.holder.dir, join(intake.home.processing, 'rescue-1-abcdef'))
    assert.is((await intake.take('mine.json')).kind, 'gone')
    assert.not(existsSync(intake.holder.dir))
    assert.equal(listDir(intake.home.pending), ['mine.json'])
    assert.is(holderOf(intake.home, intake.holder.name), undefined)
  }),
)

test(
  'of two workers that meet the same file one takes it and the other sees it gone',
  withIntake(async (intake, world) => {
    const other = new IntakeClock(world)
    intake.drop('mine.json', { command: 'true' })
    const kinds = await Promise.all([intake.take('mine.json'), other.take('mine.json')])
    assert.equal(kinds.map(({ kind }) => kind).toSorted(), ['gone', 'taken'])
    assert.is(assertHomeIntact(world.home).size, 1)
  }),
)

test(
  'a ULID in a dropped file is not trusted',
  withIntake(async (intake) => {
    intake.drop('mine.json', { command: 'true', id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })
    assert.ok(isMadeId('01ARZ3NDEKTSV4RRFFQ69G5FAV'))
    assert.is(await intake.after(2, 'mine.json'), 'corrupt')
    assert.match(intake.reason, /ULID/)
  }),
)

test.run()
