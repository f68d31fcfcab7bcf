/**
 * Every fault point: an operation is done once to count its steps on the disk, then again from the same start for each
 * step and each kind of fault, with the fault at that step. Afterwards a healthy worker does what is left, and every
 * job must be at its end, whole, once.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { eventsOf, linesOf } from '../../fixtures/jobs.ts'
import type { Running } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { world as newWorld, type World } from '../../fixtures/world.ts'
import { isMadeId } from '../../lib/job/file-name.ts'
import { type Fault, type Kind, kindOf, KINDS, type Step, Trap } from './library.ts'
import { isKill, type Operation } from './operations.ts'

/** A fault point, and what it strikes when nothing else happens at the same time. */
export interface Point extends Fault {
  readonly step: string
}

const AGAIN = 3

/** What is recorded; ids that are made differ from one time to the next. */
const kindsOfEvents = ({ home }: World): string[] =>
  eventsOf(home).map(({ event, job }) => `${event} ${isMadeId(job) ? '' : job}`)

/** The home an operation begins in, made once. */
export class Bench {
  readonly operation: Operation
  readonly #dir = mkdtempSync(join(tmpdir(), 'queuectl-bench-'))

  /** What the operation records when nothing fails. */
  #events: readonly string[] = []

  constructor(operation: Operation) {
    this.operation = operation
  }

  /** Makes the home, does the operation without a fault and returns the points at which it can meet one. */
  async points(): Promise<Point[]> {
    const first = newWorld()
    try {
      await this.operation.prepare?.(first)
      // `cp -a` and not fs.cp: a home has FIFOs in it.
      for (const name of readdirSync(first.dir)) execFileSync('cp', ['-a', join(first.dir, name), this.#dir])
    } finally {
      await first.close()
    }
    return this.#inWorld(async (world) => {
      const trap = new Trap(world.dir, world.home)
      const ran = await this.#act(world, trap).ended
      this.#events = kindsOfEvents(world)
      if (ran.code !== 0) throw new Error(`it fails without a fault: ${ran.stdout}${ran.stderr}`)
      const steps = trap.steps().filter(({ operation }) => operation !== 'say')
      return this.#own(distinct(steps, world.home)).flatMap(({ at, step, alike }, index) =>
        kindsFor(step, index).map((kind) => ({
          at: kind === 'lied' ? steps.slice(0, at).filter(mayLie).length : at,
          kind,
          step: alike,
        })),
      )
    })
  }

  /** Does it with the fault. @returns what was struck; undefined when it ended before that. @throws when anything is wrong. */
  async trial(point: Fault): Promise<string | undefined> {
    return this.#inWorld(async (world) => {
      const { operation } = this
      const trap = new Trap(world.dir, world.home, point)
      const running = this.#act(world, trap)
      const { pid } = running
      const ran = await running.ended
      const struck = trap.struck()
      if (struck === undefined) return undefined
      const said = `${ran.stdout}${ran.stderr}`
      try {
        if (!isKill(point) && /\n +at |this is a bug/.test(said))
          throw new Error('it shows a stack instead of a reason')
        // A fault may also strike what it started: the shim, mkfifo(1), sync(1).
        if (struck.pid === pid && isKill(point) && ran.signal !== 'SIGKILL')
          throw new Error(`it ended with ${ran.code ?? ran.signal}`)
        if (point.kind === 'lied' && struck.pid === pid) {
          if (ran.code !== 0) throw new Error(`what was done is not believed: it ended with ${ran.code}`)
          assert.equal(kindsOfEvents(world), this.#events, 'events')
        }
        await operation.atOnce?.({ world, fault: point, ran, isElsewhere: struck.pid !== pid })
        const healthy = await world.cli(['worker', 'start', '--foreground', '--burst'])
        if (healthy.code !== 0)
          throw new Error(
            `stuck, a healthy worker ended with ${healthy.code ?? healthy.signal}: ${healthy.stdout}${healthy.stderr}`,
          )
        const whole = assertHomeIntact(world.home)
        if (readdirSync(join(world.home, 'processing')).length > 0)
          throw new Error(
            `stuck in processing/: ${readdirSync(join(world.home, 'processing')).join(', ')}; ${healthy.stdout}`,
          )
        const overlaps = readdirSync(world.dir).filter((name) => name.endsWith('.overlaps'))
        if (overlaps.length > 0) throw new Error(`overlapping runs: ${overlaps.join(', ')}`)
        const runs = (id: string): number => linesOf(join(world.dir, `${id}.runs`)).length
        await operation.judge({ world, fault: point, ran, isElsewhere: struck.pid !== pid, whole, runs })
      } catch (error) {
        throw new Error(
          `${operation.name}: ${point.kind} at ${point.at} (${struck.what}): ${(error as Error).message} ${(error as { details?: string }).details ?? ''}\n  it said: ${said}`,
          { cause: error },
        )
      }
      return struck.what
    })
  }

  /**
   * A trial that strikes: what runs side by side takes its steps in no fixed order or number, so a point that was not
   * reached is tried again. Undefined: it was never reached.
   */
  async strike(point: Point): Promise<string | undefined> {
    for (let tries = 1; tries < AGAIN; tries++) {
      const what = await this.trial(point)
      if (what !== undefined) return what
    }
    return this.trial(point)
  }

  close(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }

  /** A worker's coming and going is put under faults once, with the first operation of a worker. */
  #own(steps: Numbered[]): Numbered[] {
    if (this.operation.args[0] !== 'worker' || this.operation.isWholeLife) return steps
    const up = steps.findIndex(({ alike }) => alike.startsWith('create /logs/worker'))
    const down = steps.findIndex(({ alike }) => alike.startsWith('unlink /tmp/worker'))
    return steps.slice(up, down)
  }

  #act(world: World, trap: Trap): Running {
    const { args, input, env } = this.operation
    return world.begin(args, { env: { ...env, ...trap.env }, ...(input === undefined ? {} : { input }) })
  }

  async #inWorld<T>(body: (world: World) => Promise<T>): Promise<T> {
    const world = newWorld()
    try {
      for (const name of readdirSync(this.#dir)) execFileSync('cp', ['-a', join(this.#dir, name), world.dir])
      return await body(world)
    } finally {
      await world.close()
    }
  }
}

interface Numbered {
  readonly at: number
  readonly step: Step
  readonly alike: string
}

/** One step for each stretch of steps that are alike: a worker makes 64 FIFOs ahead, and removes them again. */
function distinct(steps: readonly Step[], home: string): Numbered[] {
  const numbered = steps.map((step, index) => ({ at: index + 1, step, alike: kindOf(step, home) }))
  return numbered.filter(({ alike }, index) => alike !== numbered[index - 1]?.alike)
}

const ERRORS = KINDS.filter((kind) => kind.startsWith('E'))

const mayLie = ({ operation }: Step): boolean => operation === 'rename' || operation === 'link'

/** Both deaths at every step; of the errors two, by turns; half a write where there is a write. */
const kindsFor = (step: Step, index: number): Kind[] =>
  KINDS.filter((kind) => {
    if (kind === 'short') return step.operation === 'write'
    if (kind === 'lied') return mayLie(step)
    return !kind.startsWith('E') || (ERRORS.indexOf(kind) + index) % 2 === 0
  })
