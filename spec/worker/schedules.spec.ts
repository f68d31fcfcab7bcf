/** Schedules over days of a clock that is moved: each time fires once, whoever looks, and whatever the clock does. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withMovedClock } from '../../fixtures/moved-clock.ts'
import { rounds } from '../../fixtures/rounds.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'
import { parseName } from '../../lib/job/file-name.ts'
import type { Event } from '../../lib/journal/journal.ts'
import type { RunContext } from '../../lib/run/context.ts'
import { printSchedule } from '../../lib/schedule/schedule.ts'
import { joinWorkers } from '../../lib/spool/holders.ts'
import { openHome } from '../../lib/spool/layout.ts'
import { generationsOf } from '../../lib/spool/schedules.ts'
import { Schedules } from '../../lib/worker/schedules.ts'

const test = suite('schedules while the clock moves')

const DAY = Date.parse('2026-11-27T00:00:00Z')
const MINUTE = 60_000

function here(world: World) {
  const home = openHome(world.home)
  const events: Omit<Event, 'at'>[] = []
  const holder = joinWorkers(home, 1, 0)
  const ctx: RunContext = {
    home,
    holder,
    config: DEFAULTS,
    configOf: () => DEFAULTS,
    letGo: () => {},
    noteOutcome: () => {},
    record: (...more) => void events.push(...more),
    callHook: () => {},
    log: () => {},
    retryUntilDone: async (_doing, act) => act(),
  }
  const failures: string[] = []
  const contain = (_entry: string, _doing: string, act: () => Promise<void>): Promise<void> =>
    act().catch((error: Error) => void failures.push(error.message))
  const worker = (): { fire(): Promise<number>; readonly isMoreDue: boolean } => {
    const schedules = new Schedules(home, { contain, published: () => {} })
    return {
      fire: () => schedules.fire(ctx),
      get isMoreDue() {
        return schedules.isMoreDue
      },
    }
  }
  const file = (name: string, members: object): void => {
    mkdirSync(home.schedules, { recursive: true })
    writeFileSync(
      join(home.schedules, `${name}.json`),
      printSchedule({ job: { command: 'true' }, overlap: 'allow', ...members }),
    )
  }
  /** The times for which jobs of a schedule were made, ascending. */
  const times = (name: string): number[] =>
    readdirSync(home.pending)
      .flatMap((one) => parseName(one)?.id ?? [])
      .filter((id) => id.startsWith(`${name}-2`))
      .map((id) => Date.parse(id.replace(/^.*-(....)(..)(..)T(..)(..)(..)Z-\d+$/, '$1-$2-$3T$4:$5:$6Z')))
      .sort((a, b) => a - b)
  return { home, ctx, events, failures, worker, file, times }
}

test(
  'every minute of a day fires once, over several schedules and workers',
  inWorld(async (world) => {
    const at = here(world)
    const [schedules, minutes] = [rounds(2, 8), rounds(90, 1440)]
    for (let n = 0; n < schedules; n++) at.file(`s${n}`, { cron: '* * * * *', tz: 'UTC' })
    const workers = [at.worker(), at.worker(), at.worker(), at.worker()]
    await withMovedClock(async (set) => {
      for (let minute = 0; minute <= minutes; minute++) {
        set(DAY + minute * MINUTE + (minute % 7) * 1000)
        for (let n = 0; n < workers.length; n++) await workers[(n + minute) % workers.length]?.fire()
      }
    })
    for (let n = 0; n < schedules; n++)
      assert.equal(
        at.times(`s${n}`),
        Array.from({ length: minutes }, (_, i) => DAY + (i + 1) * MINUTE),
      )
    assert.ok(generationsOf(at.home, 's0').length <= 65)
  }),
)

test(
  'a clock that jumps to and fro fires no time twice',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { cron: '*/5 * * * *', tz: 'UTC', missed: 'all' })
    const workers = [at.worker(), at.worker()]
    await withMovedClock(async (set) => {
      let now = DAY
      for (let step = 0; step < rounds(60, 600); step++) {
        now += ((step * 7919) % 23) * MINUTE - 8 * MINUTE
        set(now)
        await workers[step % 2]?.fire()
      }
    })
    const times = at.times('s')
    assert.ok(times.length > 5)
    assert.is(new Set(times).size, times.length)
  }),
)

test(
  'an edit, a pause and its end, and another name fire nothing, and a schedule that is removed is at rest',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { every: '1h' })
    const worker = at.worker()
    const path = join(at.home.schedules, 's.json')
    await withMovedClock(async (set) => {
      const later = async (hours: number): Promise<number> => {
        set(DAY + hours * 60 * MINUTE)
        await worker.fire()
        return at.times('s').length + at.times('t').length
      }
      assert.is(await later(0), 0)
      assert.is(await later(1.1), 1)
      at.file('s', { every: '2h' })
      assert.is(await later(9), 1)
      assert.is(await later(11.1), 2)
      writeFileSync(join(at.home.schedules, 's.paused'), '')
      assert.is(await later(20), 2)
      rmSync(join(at.home.schedules, 's.paused'))
      assert.is(await later(30), 2)
      renameSync(path, join(at.home.schedules, 't.json'))
      assert.is(await later(40), 2)
      assert.is(await later(42.1), 3)
      rmSync(join(at.home.schedules, 't.json'))
      assert.is(await later(60), 3)
    })
  }),
)

test(
  'one that cannot be read fires nothing, others do, and once mended the last time is made up for',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { every: '1h' })
    at.file('other', { every: '1h' })
    const worker = at.worker()
    await withMovedClock(async (set) => {
      set(DAY)
      await worker.fire()
      writeFileSync(join(at.home.schedules, 's.json'), '{')
      set(DAY + 190 * MINUTE)
      await worker.fire()
      assert.equal([at.times('s').length, at.times('other').length], [0, 1])
      at.file('s', { every: '1h' })
      await worker.fire()
    })
    assert.equal(at.times('s'), [DAY + 180 * MINUTE])
    assert.ok(at.events.some(({ event, schedule }) => event === 'schedule_missed' && schedule === 's'))
  }),
)

test(
  'what was made and not published is published, also when its schedule has gone',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { every: '1h' })
    const worker = at.worker()
    await withMovedClock(async (set) => {
      set(DAY)
      await worker.fire()
      set(DAY + 61 * MINUTE)
      await worker.fire()
      const [name = ''] = readdirSync(at.home.pending)
      renameSync(join(at.home.pending, name), join(at.home.fired, 's/2', name))
      rmSync(join(at.home.schedules, 's.json'))
      await at.worker().fire()
      assert.equal(readdirSync(at.home.pending), [name])
    })
  }),
)

test(
  'of many times that are due ten are fired in a round, of every schedule, so that the worker does everything else between',
  inWorld(async (world) => {
    const at = here(world)
    for (const name of ['s', 't']) at.file(name, { cron: '* * * * *', tz: 'UTC', missed: 'all' })
    const worker = at.worker()
    await withMovedClock(async (set) => {
      set(DAY)
      await worker.fire()
      set(DAY + 25 * MINUTE)
      const looks: (number | boolean)[][] = []
      for (let n = 0; n < 3; n++) {
        set(DAY + 25 * MINUTE + 2 * n)
        await worker.fire()
        looks.push([at.times('s').length, at.times('t').length, worker.isMoreDue])
      }
      assert.equal(looks, [
        [10, 10, true],
        [20, 20, true],
        [25, 25, false],
      ])
    })
  }),
)

test(
  'one that cannot be looked at is looked at a second later, and not in rounds without pause',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { every: '1h' })
    mkdirSync(join(at.home.fired, 's/1'), { recursive: true })
    const worker = at.worker()
    await withMovedClock(async (set) => {
      set(DAY)
      assert.is(await worker.fire(), DAY + 1000)
      assert.match(
        at.failures.join(),
        /fired\/s\/1 does not say what the schedule s did; remove it, or all of fired\/s/,
      )
      rmSync(join(at.home.fired, 's'), { recursive: true })
      set(DAY + 1000)
      assert.is(await worker.fire(), DAY + 1000 + 60 * MINUTE)
    })
  }),
)

test(
  'it says when the next time is, and asks nothing of the disk but the look at its file until then',
  inWorld(async (world) => {
    const at = here(world)
    at.file('s', { cron: '0 * * * *', tz: 'UTC' })
    const worker = at.worker()
    await withMovedClock(async (set) => {
      set(DAY + 1000)
      assert.is(await worker.fire(), DAY + 60 * MINUTE)
      rmSync(at.home.fired, { recursive: true })
      set(DAY + 59 * MINUTE)
      assert.is(await worker.fire(), DAY + 60 * MINUTE)
    })
  }),
)

test.run()
