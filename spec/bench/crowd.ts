/** Rows 7, 8, 9 and 11: what a million jobs make harder. */
import { nowMs, sleep } from '../../lib/clock.ts'
import { until } from '../../fixtures/until.ts'
import {
  absent,
  atLeast,
  atMost,
  inTurns,
  type Line,
  line,
  mb,
  median,
  ms,
  type Plan,
  plus,
  rate,
  type Row,
} from './bench.ts'
import { memory } from './idle.ts'
import { inLarge } from './large.ts'
import { firstInstruction } from './latency.ts'
import {
  compiled,
  drainRate,
  eventsIn,
  fill,
  inQueue,
  NO_COMPILER,
  QUEUECTL,
  startWorker,
  timed,
  timedSmall,
  untilCompleted,
  workerArgs,
} from './place.ts'

const SLOTS = 8
/** So many jobs of the large directory are run before the rate is taken. */
const drained = ({ share }: Plan): number => Math.round(5000 * share)
const FEW = 1000
const LONG_MS = 600_000

async function full(plan: Plan): Promise<Line[]> {
  const found = await inTurns(plan.largeRounds, {
    ours: () =>
      inLarge(plan, 'pending', async ({ home }) => {
        const worker = await startWorker(home, SLOTS, 'at once')
        await untilCompleted(home, drained(plan))
        await worker.stop()
        return drainRate(home)
      }),
    few: () =>
      inQueue(plan, async (queue, dir) => {
        await fill(queue, dir, FEW)
        await timed(process.execPath, workerArgs(queue.home, SLOTS, '--burst'), { cwd: dir })
        return drainRate(queue.home)
      }),
  })
  const what = `drain rate with ${plan.large} jobs pending, over ${drained(plan)} jobs, ${SLOTS} slots`
  return [line(what, `rate with ${FEW} pending`, [found.ours, found.few], rate, atLeast(0.8, 0.95))]
}

/** Until a second scan has been made, perhaps. */
const SETTLED_MS = 3000

async function first(plan: Plan): Promise<Line[]> {
  const peaks: number[] = []
  const found = await inTurns(plan.largeRounds, {
    ours: () =>
      inLarge(plan, 'pending', async ({ home }) => {
        const begun = nowMs()
        const worker = await startWorker(home, 1, 'at once')
        const one = await until(() => eventsIn(home).find(({ event }) => event === 'started'), LONG_MS, 'a job started')
        await sleep(SETTLED_MS)
        peaks.push(memory(worker.pid, 'VmHWM'))
        await worker.stop()
        return Date.parse(one.at) - begun
      }),
    ls: () => inLarge(plan, 'pending', (_queue, dir, large) => timed('ls', ['-f', large], { cwd: dir })),
    idle: () =>
      inQueue(plan, async ({ home }) => {
        const worker = await startWorker(home, 1, 'when up')
        await sleep(SETTLED_MS)
        const size = memory(worker.pid, 'VmRSS')
        await worker.stop()
        return size
      }),
  })
  const what = `worker start to first job started with ${plan.large} pending`
  return [
    line(what, '`ls -f` of the directory', [found.ours, found.ls], ms, atMost(5, 2)),
    line(`the same: its peak memory`, 'a worker that is idle', [peaks, found.idle], mb, plus(150, 60, 'MB')),
  ]
}

/** Jobs that have been run before the urgent one comes: the worker is in the middle of it. */
const WARM = 200
const URGENT = 10
/** Urgent jobs of a round, this far apart. */
const SAMPLES = 3
const APART_MS = 700

async function urgent(plan: Plan): Promise<Line[]> {
  const what = `a job of high priority behind ${plan.large} others that are being run: time until it starts`
  const against = 'empty queue'
  const clock = compiled(plan, 'clock')
  if (clock === undefined) return [absent(what, against, NO_COMPILER)]
  const samples = async (queue: Parameters<typeof firstInstruction>[0], dir: string): Promise<number> => {
    const took: number[] = []
    for (let n = 0; n < SAMPLES; n++) {
      await sleep(APART_MS)
      took.push(await firstInstruction(queue, clock, dir, URGENT))
    }
    return median(took)
  }
  const found = await inTurns(plan.largeRounds, {
    ours: () =>
      inLarge(plan, 'pending', async (queue, dir) => {
        const worker = await startWorker(queue.home, SLOTS, 'at once')
        await untilCompleted(queue.home, WARM)
        const took = await samples(queue, dir)
        await worker.stop()
        return took
      }),
    empty: () =>
      inQueue(plan, async (queue, dir) => {
        const worker = await startWorker(queue.home, SLOTS, 'when up')
        const took = await samples(queue, dir)
        await worker.stop()
        return took
      }),
  })
  return [line(what, against, [found.ours, found.empty], ms, plus(1000, 100, 'ms'))]
}

async function list(plan: Plan): Promise<Line[]> {
  return inLarge(plan, 'completed', async ({ home }, dir, large) => {
    const call = { cwd: dir, env: { QUEUECTL_HOME: home } }
    const found = await inTurns(plan.largeRounds, {
      status: () => timedSmall(plan, [...QUEUECTL, 'status'], call),
      list: () => timedSmall(plan, [...QUEUECTL, 'list', '--limit', '20'], call),
      ls: () => timedSmall(plan, ['ls', '-f', large], call),
    })
    const lineOf = (name: 'status' | 'list', command: string): Line => {
      const goal = atMost(3, 1)
      const what = `\`${command}\` with ${plan.large} completed`
      return { ...line(what, '`ls -f` of them', [found[name], found.ls], ms, goal), dream: 'constant' }
    }
    return [lineOf('status', 'status'), lineOf('list', 'list --limit 20')]
  })
}

export const FULL: Row = { row: 7, name: 'full', measure: full }
export const FIRST: Row = { row: 8, name: 'first', measure: first }
export const URGENT_ROW: Row = { row: 9, name: 'urgent', measure: urgent }
export const LIST: Row = { row: 11, name: 'list', measure: list }
