/**
 * Schedules in a storm: four workers that are killed and stopped, and a clock that jumps for all of them. Afterwards a worker makes
 * up for what is left. Each occurrence must have been fired at most once, and those of schedules with `missed: all` exactly once.
 *
 * What should have fired is counted here by arithmetic, and not asked of the program. A clock that was set back by more than an
 * hour lets a schedule begin afresh, which is promised: it leaves a generation without a job, so the numbers of the jobs tell
 * where, and within each stretch of numbers nothing may be lacking.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { configure } from '../../fixtures/jobs.ts'
import { jumpingClock } from '../../fixtures/jumping-clock.ts'
import { signal } from '../../fixtures/processes.ts'
import type { Running } from '../../fixtures/program.ts'
import { until } from '../../fixtures/until.ts'
import { world as newWorld, type World } from '../../fixtures/world.ts'
import { monotonicMs, sleep } from '../../lib/clock.ts'
import { Chance } from './chance.ts'

export interface ClockStorm {
  readonly seed: number
  /** How many signals are sent, and how often the clock jumps. */
  readonly signals: number
  readonly jumps: number
}

export interface ClockWreck {
  readonly fired: number
  /** Occurrences of schedules with `missed: all`, each of which had to be fired. */
  readonly exact: number
  readonly sent: Readonly<Record<string, number>>
  /** How often the clock went forward, back to less than an hour before the latest that it had said, and further back. */
  readonly jumped: readonly [number, number, number]
  /** What must not be. */
  readonly wrong: readonly string[]
}

const WORKERS = 4
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CALM_MS = 50_000

const all = { missed: 'all', max_missed: 1000, overlap: 'allow' } as const

/** Each with the distance of its occurrences (ms): those of cron lie at whole multiples of it, in these zones. */
const SCHEDULES = {
  minutes: { cron: '* * * * *', tz: 'UTC', ...all, step: MINUTE },
  fives: { cron: '*/5 * * * *', tz: 'Europe/Berlin', ...all, step: 5 * MINUTE },
  threes: { cron: '0 */3 * * * *', seconds: true, tz: 'Asia/Kathmandu', ...all, step: 3 * MINUTE },
  late: { cron: '*/2 * * * *', tz: 'UTC', jitter: '60s', ...all, step: 2 * MINUTE },
  every: { every: '90s', ...all, step: 90_000 },
  once: { cron: '* * * * *', tz: 'UTC', missed: 'once', overlap: 'allow', step: MINUTE },
  skip: { cron: '* * * * *', tz: 'UTC', missed: 'skip', grace: '2m', overlap: 'skip', step: MINUTE },
  queue: { cron: '* * * * *', tz: 'UTC', overlap: 'queue', step: MINUTE },
  replace: { cron: '* * * * *', tz: 'UTC', overlap: 'replace', step: MINUTE },
} as const

type Name = keyof typeof SCHEDULES
const NAMES = Object.keys(SCHEDULES) as Name[]
const isExact = (name: Name): boolean => 'max_missed' in SCHEDULES[name]

export async function clockStorm(given: ClockStorm): Promise<ClockWreck> {
  const world = newWorld()
  try {
    configure(world, { keep_completed: 'all', keep_dead: 'all', backoff_base: 1, max_backoff: 1, max_retries: 1000 })
    const storm = new Storm(world, new Chance(given.seed))
    await storm.rage(given)
    await storm.calm()
    return await storm.judge()
  } finally {
    await world.close()
  }
}

class Storm {
  readonly #world: World
  readonly #chance: Chance
  readonly #clock: ReturnType<typeof jumpingClock>
  readonly #workers = new Set<Running>()
  /** Stopped workers, and when they may go on. */
  readonly #stopped = new Map<number, number>()
  readonly #sent: Record<string, number> = {}
  readonly #jumped: [number, number, number] = [0, 0, 0]
  /** The latest that the clock has said. */
  #high = 0

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
    this.#clock = jumpingClock(join(world.dir, 'clock'))
  }

  async rage({ signals, jumps }: ClockStorm): Promise<void> {
    for (const name of NAMES) {
      const { step: _, ...members } = SCHEDULES[name]
      const command = isExact(name) ? 'true' : 'sleep 0.05'
      await this.#world.queue.addSchedule(name, { ...members, job: { command, cwd: '/' } })
    }
    for (let [sent, jumped] = [0, 0]; sent < signals || jumped < jumps; ) {
      this.#keepWorkers()
      this.#letGoOn(monotonicMs())
      if (jumped < jumps && this.#chance.below(signals + jumps) < jumps) {
        this.#jump()
        jumped++
      } else if (this.#strike()) sent++
      await sleep(this.#chance.below(150))
    }
  }

  /** A worker without troubles fires what is due; then nothing more is to fire, and all jobs end. */
  async calm(): Promise<void> {
    this.#letGoOn(Number.POSITIVE_INFINITY)
    for (const worker of this.#workers) worker.kill('SIGKILL')
    await Promise.all([...this.#workers].map(({ ended }) => ended))
    const { queue } = this.#world
    // It waits for no time again that it has passed.
    this.#clock.jump(HOUR + MINUTE)
    const end = this.#clock.now()
    await this.#runUntil('all is made up for', async () => {
      for (const name of NAMES.filter(isExact)) {
        const [last] = await queue.scheduleHistory(name)
        // One that is late by chance is two minutes behind, and another five.
        if (!last || Date.parse(last.at) < end - 6 * MINUTE) return false
      }
      return true
    })
    for (const name of NAMES) await queue.removeSchedule(name)
    await this.#runUntil('all jobs have ended', async () => {
      const { pending, processing, failed } = await queue.count()
      return pending + processing + failed === 0
    })
  }

  /** What does not come to be is found by the judge. */
  async #runUntil(what: string, fact: () => Promise<boolean>): Promise<void> {
    const worker = this.#begin(8)
    await until(fact, CALM_MS, what).catch(() => {})
    worker.kill()
    await worker.ended
  }

  async judge(): Promise<ClockWreck> {
    const { queue, home } = this.#world
    const wrong: string[] = []
    try {
      assertHomeIntact(home)
    } catch (error) {
      wrong.push((error as Error).message)
    }
    const jobs = await queue.list()
    for (const { id, state } of jobs)
      if (state !== 'completed' && !(id.startsWith('replace-') && (await queue.get(id)).cancelled))
        wrong.push(`stuck: ${id} is ${state}`)
    for (const name of readdirSync(join(home, 'corrupt'))) wrong.push(`set aside: ${name}`)
    let exact = 0
    for (const name of NAMES) {
      const ids = jobs.filter(({ id }) => id.startsWith(`${name}-2`)).map(({ id }) => id)
      wrong.push(...whatIsWrong(name, ids.map(firedOf), this.#jumped[2]).map((text) => `${name}: ${text}`))
      if (isExact(name)) exact += ids.length
    }
    return { fired: jobs.length, exact, sent: this.#sent, jumped: this.#jumped, wrong }
  }

  #keepWorkers(): void {
    while (this.#workers.size < WORKERS) this.#begin(2)
  }

  #begin(count: number): Running {
    const { env } = this.#clock
    const child = this.#world.begin(['worker', 'start', '--foreground', '--count', String(count)], { env })
    this.#workers.add(child)
    void child.ended.then(() => this.#workers.delete(child))
    return child
  }

  /** Mostly forward, or back by a quarter of an hour; one of forty back by hours. */
  #jump(): void {
    this.#high = Math.max(this.#high, this.#clock.now())
    const by = this.#chance.below(40) === 0 ? -HOUR - this.#chance.below(HOUR) : (this.#chance.below(100) - 40) * 20_000
    this.#clock.jump(by + this.#chance.below(1000))
    this.#jumped[by > 0 ? 0 : this.#clock.now() >= this.#high - HOUR ? 1 : 2]++
  }

  #strike(): boolean {
    const there = [...this.#workers].filter(({ isRunning }) => isRunning)
    const { pid } = this.#chance.pick(there)
    const name = this.#chance.pick(['SIGKILL', 'SIGKILL', 'SIGSTOP', 'SIGTERM', 'SIGUSR2'] as const)
    signal(pid, name)
    if (name === 'SIGSTOP') this.#stopped.set(pid, monotonicMs() + this.#chance.below(3000))
    this.#sent[name] = (this.#sent[name] ?? 0) + 1
    return true
  }

  #letGoOn(now: number): void {
    for (const [pid, when] of this.#stopped) {
      if (when > now) continue
      signal(pid, 'SIGCONT')
      this.#stopped.delete(pid)
    }
  }
}

export interface Fired {
  readonly id: string
  readonly at: number
  /** Of its generation. */
  readonly number: number
}

function firedOf(id: string): Fired {
  const [, y = '', m = '', d = '', hours = '', minutes = '', seconds = '', number = ''] =
    /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(\d+)$/.exec(id) ?? []
  return { id, at: Date.parse(`${y}-${m}-${d}T${hours}:${minutes}:${seconds}Z`), number: Number(number) }
}

/** @param setBack how often the clock was set back so far that a schedule begins afresh */
export function whatIsWrong(name: Name, fired: readonly Fired[], setBack: number): string[] {
  const { step } = SCHEDULES[name]
  const wrong: string[] = []
  let begins = 0
  let before: Fired | undefined
  for (const one of fired.toSorted((a, b) => a.number - b.number)) {
    if (name !== 'every' && one.at % step !== 0) wrong.push(`${one.id} is no time of it`)
    if (before !== undefined) {
      const ahead = one.at - before.at
      // Only a new begin is followed by an earlier time; where none is missed it alone makes no job.
      const isNewBegin = one.number > before.number + 1 && (isExact(name) || ahead <= 0)
      if (isNewBegin) begins++
      if (isNewBegin && isExact(name) && ahead > step - HOUR) wrong.push(`lost between ${before.id} and ${one.id}`)
      if (!isNewBegin && ahead <= 0) wrong.push(`twice: ${one.id} after ${before.id}`)
      if (!isNewBegin && isExact(name) && ahead > step) wrong.push(`lost: ${ahead / step - 1} before ${one.id}`)
    }
    before = one
  }
  if (begins > setBack) wrong.push(`began ${begins} times, and was set back ${setBack} times`)
  if (fired.length === 0) wrong.push('never fired')
  return wrong
}
