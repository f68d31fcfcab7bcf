/**
 * Chaos: four workers, people who enqueue, and signals at random to workers, shims, jobs and commands. When the storm
 * is over a healthy worker does what is left: every acknowledged job must be at its end, and no two runs of one job may
 * ever have been going on at the same time, which each job detects by a lock of the kernel.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicMs, sleep } from '../../lib/clock.ts'
import { configure, isAlive, linesOf, program } from '../../fixtures/jobs.ts'
import { type Found, processesOf, signal } from '../../fixtures/processes.ts'
import type { Running } from '../../fixtures/program.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { world as newWorld, type World } from '../../fixtures/world.ts'
import { Chance } from './chance.ts'

export interface Storm {
  readonly seed: number
  /** How many signals are sent. */
  readonly faults: number
  /** The home lies below a symbolic link. */
  readonly isLinked?: boolean
}

export interface Wreck {
  readonly acknowledged: number
  /** Signals by whom they were sent to. */
  readonly sent: Readonly<Record<string, number>>
  /** Jobs whose command ran to its end more than once, one run after the other: the honest "at least once". */
  readonly repeated: number
  /** Jobs that were interrupted so often that they were given up. */
  readonly poisoned: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

const WORKERS = 4
/** Enough to keep every slot busy, and few enough to be done soon when the storm is over. */
const WAITING = 30
const CALM_MS = 50_000

export async function storm({ seed, faults, isLinked = false }: Storm): Promise<Wreck> {
  const world = newWorld({ isLinked })
  try {
    configure(world, { backoff_base: 1, max_backoff: 1, max_retries: 1000 })
    const weather = new Weather(world, new Chance(seed))
    await weather.rage(faults)
    await weather.calm()
    return await weather.judge()
  } finally {
    await world.close()
  }
}

type Role = 'worker' | 'shim' | 'job' | 'command'

class Weather {
  readonly #world: World
  readonly #chance: Chance
  readonly #workers = new Set<Running>()
  readonly #commands = new Set<Running>()
  readonly #told: Running[] = []
  /** Stopped processes, and when they may go on. */
  readonly #stopped = new Map<number, number>()
  readonly #sent: Record<string, number> = {}
  #made = 0

  constructor(world: World, chance: Chance) {
    this.#world = world
    this.#chance = chance
  }

  async rage(faults: number): Promise<void> {
    for (let sent = 0; sent < faults; ) {
      this.#keepWorkers()
      this.#enqueue()
      this.#letGoOn(monotonicMs())
      if (this.#strike()) sent++
      await sleep(this.#chance.below(30))
    }
  }

  async calm(): Promise<void> {
    this.#letGoOn(Number.POSITIVE_INFINITY)
    for (const worker of this.#workers) worker.kill('SIGKILL')
    await Promise.all([...this.#workers, ...this.#commands].map(({ ended }) => ended))
    const isOver = async (): Promise<boolean> => {
      const counts = await this.#world.queue.count()
      return counts.pending + counts.processing + counts.failed === 0
    }
    const worker = await this.#world.startWorker({ count: 8 })
    await until(isOver, CALM_MS, async () => JSON.stringify(await this.#world.queue.count())).catch(() => {})
    worker.kill()
    await worker.ended
  }

  async judge(): Promise<Wreck> {
    const { dir, home } = this.#world
    const acknowledged = this.#told.flatMap(({ stdout }) =>
      [...stdout.matchAll(/^Enqueued (\S+)$/gm)].map(([, id]) => id ?? ''),
    )
    const overlaps = readdirSync(dir).filter((name) => name.endsWith('.overlaps'))
    const wrong = overlaps.map(
      (name) => `overlapping runs: ${linesOf(join(dir, name)).join(', ')}${this.#story(name.replace('.overlaps', ''))}`,
    )
    let whole: ReturnType<typeof assertHomeIntact> = new Map()
    try {
      whole = assertHomeIntact(home)
    } catch (error) {
      wrong.push((error as Error).message)
    }
    const ended = (id: string): number => linesOf(join(dir, `${id}.ended`)).length
    for (const id of acknowledged) {
      const state = whole.get(id)
      if (state === undefined) wrong.push(`lost: ${id}${this.#story(id)}`)
      else if (state !== 'completed' && state !== 'dead') wrong.push(`stuck: ${id} is ${state}${this.#story(id)}`)
    }
    for (const id of whole.keys()) {
      const { history } = await this.#world.queue.get(id)
      if (history.slice(0, -1).some(({ outcome }) => outcome === 'completed'))
        wrong.push(`${id} ran on after its success`)
    }
    for (const [id, state] of whole)
      if (state === 'completed' && ended(id) === 0)
        wrong.push(`${id} is completed and never came to its end${this.#story(id)}`)
    const corrupt = readdirSync(join(home, 'corrupt')).filter((name) => !name.endsWith('.reason'))
    for (const name of corrupt)
      wrong.push(`set aside: ${name}: ${linesOf(join(home, 'corrupt', `${name}.reason`)).join()}`)
    return {
      acknowledged: acknowledged.length,
      sent: this.#sent,
      repeated: [...whole.keys()].filter((id) => ended(id) > 1).length,
      poisoned: [...whole.values()].filter((state) => state === 'dead').length,
      wrong,
    }
  }

  /** What the workers said of a job, in the order of time. */
  #story(id: string): string {
    const logs = readdirSync(join(this.#world.home, 'logs')).filter((name) => name.endsWith('.log'))
    const lines = logs.flatMap((name) =>
      linesOf(join(this.#world.home, 'logs', name)).map((line) => `${line} (${name})`),
    )
    return lines
      .filter((line) => line.includes(id))
      .toSorted()
      .map((line) => `\n    ${line}`)
      .join('')
  }

  #keepWorkers(): void {
    while (this.#workers.size < WORKERS) this.#begin(this.#workers, ['worker', 'start', '--foreground', '--count', '2'])
  }

  #enqueue(): void {
    if (this.#commands.size > 1 || !existsSync(this.#world.home) || readdirSync(this.#world.home).length < 3) return
    if (readdirSync(join(this.#world.home, 'pending')).length > WAITING) return
    const command = `${program('alone.sh')} "${this.#world.dir}/$QUEUECTL_JOB_ID" sh -c 'sleep 0.${this.#chance.below(3)}; echo $QUEUECTL_RUN >>"${this.#world.dir}/$QUEUECTL_JOB_ID.ended"'`
    const id = `job-${++this.#made}`
    const forms = [
      ['enqueue', '-c', command],
      ['enqueue', '-i', id, '-c', command],
      ['enqueue', '-'],
    ]
    const args = this.#chance.pick(forms)
    const many = Array.from({ length: 5 }, (_, n) => `${JSON.stringify({ id: `${id}-${n}`, command })}\n`).join('')
    this.#told.push(this.#begin(this.#commands, args, many))
  }

  #begin(where: Set<Running>, args: readonly string[], input = ''): Running {
    const child = this.#world.begin(args, { input })
    where.add(child)
    void child.ended.then(() => where.delete(child))
    return child
  }

  /** Sends a signal to a process of that role; false when there is none. */
  #strike(): boolean {
    const role = this.#chance.pick<Role>(['worker', 'worker', 'shim', 'job', 'job', 'command'])
    const there = this.#all(role)
    if (there.length === 0) return false
    const pid = this.#chance.pick(there)
    const worst = ['SIGKILL', 'SIGKILL', 'SIGSTOP'] as const
    // A worker may also be asked to leave its jobs, to give them back, or to finish them.
    const name = this.#chance.pick(
      role === 'worker' ? ([...worst, ...worst, 'SIGUSR2', 'SIGQUIT', 'SIGTERM'] as const) : worst,
    )
    if (!isAlive(pid)) return false
    signal(pid, name)
    if (name === 'SIGSTOP') this.#stopped.set(pid, monotonicMs() + this.#chance.below(3000))
    this.#sent[`${role} ${name}`] = (this.#sent[`${role} ${name}`] ?? 0) + 1
    return true
  }

  #all(role: Role): number[] {
    if (role === 'worker') return [...this.#workers].map(({ pid }) => pid)
    if (role === 'command') return [...this.#commands].map(({ pid }) => pid)
    const isShim = ({ command }: Found): boolean =>
      command.startsWith('/bin/sh -s worker-') || command.includes('trap : TERM')
    const isJob = (one: Found): boolean => one.environment.includes('QUEUECTL_JOB_ID=') && !isShim(one)
    return processesOf(this.#world.dir)
      .filter(role === 'shim' ? isShim : isJob)
      .map(({ pid }) => pid)
  }

  #letGoOn(now: number): void {
    for (const [pid, when] of this.#stopped) {
      if (when > now) continue
      signal(pid, 'SIGCONT')
      this.#stopped.delete(pid)
    }
  }
}
