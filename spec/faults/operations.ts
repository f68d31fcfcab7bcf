/**
 * What is put under a fault: every command that changes the disk, the worker, and what a worker finds of a dead one.
 * Each says in what home it begins, what is typed, and what must be true when a healthy worker has done what is left.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { program, SOON_MS } from '../../fixtures/jobs.ts'
import { fakeHolder } from '../../fixtures/recover-once.ts'
import type { Ran } from '../../fixtures/program.ts'
import type { StateById } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import type { World } from '../../fixtures/world.ts'
import { openHome } from '../../lib/spool/layout.ts'
import type { Fault } from './library.ts'

/** What came of a trial. */
export interface Seen {
  readonly world: World
  readonly fault: Fault
  /** The command under the fault; its exit status is null when it was killed. */
  readonly ran: Ran
  /** The fault struck what it had started: the shim, the job itself, mkfifo(1) or sync(1). */
  readonly isElsewhere: boolean
  /** Where each job lies at the end. */
  readonly whole: StateById
  /** How often its command was started. */
  runs(id: string): number
}

export interface Operation {
  readonly name: string
  /** Makes the home that it finds, without a fault. */
  readonly prepare?: (world: World) => Promise<void>
  readonly args: readonly string[]
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** The worker's coming and going is part of it. */
  readonly isWholeLife?: true
  /** What must be true at once, before a healthy worker comes. */
  readonly atOnce?: (seen: Omit<Seen, 'whole' | 'runs'>) => Promise<void>
  readonly judge: (seen: Seen) => Promise<void> | void
}

/** A command that notes its start beside the home and holds a lock of the kernel on its id meanwhile. */
export const noted = (then = 'true'): string => `${program('alone.sh')} "$QUEUECTL_HOME/../$QUEUECTL_JOB_ID" ${then}`

export const BURST = ['worker', 'start', '--foreground', '--burst'] as const
/** Was the process killed, rather than given an error? */
export const isKill = (fault: Fault): boolean => fault.kind.startsWith('kill')
const acknowledged = (ran: Ran): string[] => [...ran.stdout.matchAll(/^Enqueued (\S+)$/gm)].map(([, id]) => id ?? '')

/** Enqueued jobs: what was acknowledged is done, and what was refused is not there. */
function enqueued({ ran, whole, runs, fault, world }: Seen): void {
  const told = acknowledged(ran)
  for (const id of told) assert.is(whole.get(id), 'completed', `${id} was acknowledged and is ${whole.get(id)}`)
  for (const [id, state] of whole) {
    assert.is(state, 'completed')
    assert.is(runs(id), 1, `${id} ran ${runs(id)} times`)
  }
  if (isKill(fault)) return
  assert.is(told.length > 0, ran.code === 0, `exit status ${ran.code}, acknowledged: ${told.length}`)
  if (ran.code !== 0) assert.equal([...whole.keys()], [], `it failed and left a job: ${ran.stderr} ${world.home}`)
}

/** A chosen id can be had again unless its job is there. */
async function canBeHadAgain({ world }: Omit<Seen, 'whole' | 'runs'>): Promise<void> {
  const isThere = (await world.queue.list()).some(({ id }) => id === 'job1')
  const again = await world.cli(['enqueue', '-i', 'job1', '-c', noted()])
  assert.is(again.code, isThere ? 1 : 0, `enqueued once more: ${again.stdout}${again.stderr}`)
}

/** One job of the home is completed; an error, unlike a death, neither repeats nor counts anything. */
export const completedOnce =
  (id: string, expected = 1) =>
  async ({ whole, runs, fault, world, isElsewhere }: Seen): Promise<void> => {
    assert.is(whole.get(id), 'completed', `${id} is ${whole.get(id)}`)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.exit_code, job.history.at(-1)?.outcome], ['completed', 0, 'completed'])
    assert.is(job.history.at(-1)?.run, job.runs)
    if (isKill(fault)) assert.ok(runs(id) >= expected, `${id} ran ${runs(id)} times`)
    else assert.is(runs(id), expected, `${id} ran ${runs(id)} times`)
    if (!isKill(fault)) assert.is(job.interruptions, 0)
    // A job whose own process is killed has failed.
    if (!isKill(fault) || !isElsewhere)
      assert.is(job.attempts, 1, `${job.attempts} attempts: ${JSON.stringify(job.history)}`)
  }

export const add = async (world: World, command: string, more: object = {}): Promise<string> =>
  (await world.queue.enqueue({ id: 'job1', cwd: '/', backoff_base: 1, ...more, command })).id

export const becomesDead = async (world: World): Promise<void> => {
  await add(world, noted(`sh -c '[ "$QUEUECTL_RUN" -ge 2 ]'`), { max_retries: 1 })
  await world.cli(BURST)
  assert.is((await world.queue.get('job1')).state, 'dead')
}

/** What people and workers do. */
export const COMMANDS: readonly Operation[] = [
  { name: 'enqueue into a new home', args: ['enqueue', '-c', noted()], judge: enqueued },
  {
    name: 'enqueue under a chosen id',
    prepare: async (world) => void (await world.queue.count()),
    args: ['enqueue', '-i', 'job1', '-c', noted()],
    atOnce: canBeHadAgain,
    judge({ whole, runs }) {
      assert.equal([...whole], [['job1', 'completed']])
      assert.is(runs('job1'), 1)
    },
  },
  {
    name: 'enqueue a batch',
    prepare: async (world) => void (await world.queue.count()),
    args: ['enqueue', '-'],
    input: [{}, { id: 'job1' }, { priority: 3 }]
      .map((more) => `${JSON.stringify({ ...more, command: noted(), cwd: '/' })}\n`)
      .join(''),
    judge: enqueued,
  },
  {
    name: 'take in a dropped file',
    prepare: async (world) => {
      await world.queue.count()
      writeFileSync(join(world.home, 'pending/job1.json'), JSON.stringify({ command: noted(), cwd: '/' }))
    },
    args: BURST,
    judge: async (seen) => {
      assert.equal([...seen.whole.keys()], ['job1'])
      await completedOnce('job1')(seen)
    },
  },
  {
    name: 'run a job',
    isWholeLife: true,
    prepare: async (world) => void (await add(world, noted())),
    args: BURST,
    judge: completedOnce('job1'),
  },
  {
    name: 'run plain jobs',
    isWholeLife: true,
    // The first run of a slot opens its shell; an id that is made has no earlier run to be asked about.
    prepare: async (world) => {
      for (let n = 0; n < 2; n++) await world.queue.enqueue({ command: noted(), cwd: '/' })
    },
    args: BURST,
    judge: async (seen) => {
      assert.is(seen.whole.size, 2)
      for (const id of seen.whole.keys()) await completedOnce(id)(seen)
    },
  },
  {
    name: 'run a job to its death',
    prepare: async (world) => void (await add(world, noted('false'), { max_retries: 1 })),
    args: BURST,
    judge: async ({ world, whole, runs, fault, isElsewhere }) => {
      assert.is(whole.get('job1'), 'dead')
      const job = await world.queue.get('job1')
      assert.equal([job.attempts, job.history.at(-1)?.outcome], [1, 'failed'])
      if (!isKill(fault) || !isElsewhere) assert.is(job.exit_code, 1)
      if (!isKill(fault)) assert.is(runs('job1'), 1)
    },
  },
  {
    name: 'promote a job that is due',
    prepare: async (world) => {
      const at = Date.now() + 50
      await add(world, noted(), { run_at: new Date(at).toISOString() })
      assert.is((await world.queue.get('job1')).state, 'scheduled')
      await until(() => Date.now() > at, SOON_MS, 'it is due')
    },
    args: BURST,
    judge: completedOnce('job1'),
  },
  {
    name: 'retry a dead job',
    prepare: becomesDead,
    args: ['retry', 'job1'],
    judge: async (seen) => {
      const state = seen.whole.get('job1')
      if (seen.ran.code !== 0 && state === 'dead') return
      await completedOnce('job1', 2)(seen)
    },
  },
  {
    name: 'cancel a pending job',
    prepare: async (world) => void (await add(world, noted())),
    args: ['cancel', 'job1'],
    judge: async (seen) => {
      const state = seen.whole.get('job1')
      if (seen.ran.code === 0) assert.equal([state, seen.runs('job1')], ['dead', 0])
      else if (state === 'dead') assert.ok((await seen.world.queue.get('job1')).cancelled)
      else await completedOnce('job1')(seen)
    },
  },
  {
    name: 'forget a worker elsewhere',
    prepare: async (world) => {
      await add(world, noted())
      const home = openHome(world.home)
      const dir = fakeHolder(home, 'worker-1-abcdef', { boot: 'another', device: 1, renews: 0.02 })
      for (const name of readdirSync(home.pending)) renameSync(join(home.pending, name), join(dir, name))
    },
    args: ['worker', 'forget', 'worker-1-abcdef'],
    isWholeLife: true,
    atOnce: async ({ world, ran }) => {
      const [worker] = await world.queue.workers()
      if (ran.code === 0) assert.is(worker?.life, 'dead')
      // What was cut off is typed again.
      else await world.cli(['worker', 'forget', 'worker-1-abcdef'])
    },
    judge: completedOnce('job1'),
  },
  {
    name: 'set a key of the configuration',
    prepare: async (world) => {
      await world.queue.setConfig('max_retries', 5)
    },
    args: ['config', 'set', 'max-retries', '7'],
    judge: ({ ran, world }) => {
      const { max_retries: now } = world.queue.config()
      if (ran.code === 0) assert.is(now, 7)
      else assert.ok([5, 7].includes(now), `it is ${now}`)
    },
  },
]
