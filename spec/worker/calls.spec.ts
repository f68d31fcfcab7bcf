/**
 * How many system calls things take: a guard against decay that no load disturbs, since it counts and takes no time.
 *
 * Counted is what the main thread of a process does, but for memory and the talk of its threads, which differ from one
 * run and one Node to the next. What a job costs is the difference of two runs, one with twice as many jobs.
 */
import { spawnSync } from 'node:child_process'
import module from 'node:module'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { monotonicMs } from '../../lib/clock.ts'
import { configure, linesOf, SOON_MS } from '../../fixtures/jobs.ts'
import { cleanEnv, PROGRAM, ROOT, start } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

/** Upper limits. Lower one when the count has fallen; raise one only with the reason here. */
const MOST = {
  /** `queuectl enqueue`, whole process, beyond what `node -e 0` does. Its code is read in pieces of 8 KiB, ten of them. */
  enqueue: 97,
  /** Where V8 keeps compiled code for the next call (Node 22.8 and later), reading that takes 22 more. */
  compileCache: 25,
  /** One more job in a program that enqueues job after job. */
  enqueueOne: 14,
  /** One more job in a batch. */
  enqueueMany: 5,
  /** One more plain job that a worker claims, starts and settles. */
  job: 48,
  /** Processes that a worker starts for a job; FIFOs are made by one in 64. */
  processes: 1.2,
  /** A worker with nothing to do, all threads; what those say to one another is in it, so it differs by a fifth. */
  idleMinute: 1150,
}

const test = suite('system calls')

const NOISE = /^(futex|madvise|mprotect|mmap|munmap|mremap|brk|rt_sig\w+|epoll_p?wait|sched_\w+|getpid|pkey_\w+)\(/

const canTrace = (): boolean => spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

/** The calls that a program makes, one a line. */
async function callsOf({ dir, home }: World, args: readonly string[]): Promise<string[]> {
  if (!canTrace()) skip('no strace, or it may not trace')
  const trace = join(dir, 'trace')
  // Operations of a ring are not calls.
  const env = { ...cleanEnv(), HOME: dir, QUEUECTL_HOME: home, UV_USE_IO_URING: '0' }
  const { code, stderr } = await start('strace', ['-qq', '-o', trace, process.execPath, ...args], { cwd: dir, env })
    .ended
  assert.is(code, 0, stderr)
  return linesOf(trace).filter((call) => !NOISE.test(call))
}

/** What one more costs: `make` returns the arguments that do a given number. */
async function oneMore(
  world: World,
  n: number,
  make: (n: number) => Promise<readonly string[]> | readonly string[],
  which: (call: string) => boolean = () => true,
): Promise<number> {
  const few = (await callsOf(world, await make(n))).filter(which).length
  const twice = (await callsOf(world, await make(2 * n))).filter(which).length
  return (twice - few) / n
}

/** Fails with the figure, which is what one wants to know when it has become more or much less. */
const atMost = (most: number, found: number, what: string, unit = 'system calls'): void =>
  assert.ok(found <= most, `${what} takes ${found.toFixed(1)} ${unit}, and may take ${most}`)

const script = (body: string): string[] => [
  '--input-type=module',
  '-e',
  `import { Queue } from ${JSON.stringify(`${ROOT}dist/lib/index.js`)}; const queue = Queue.open(); ${body}`,
]

test(
  `a whole enqueue takes at most ${MOST.enqueue} calls more than node alone`,
  inWorld(async (world) => {
    // The first one makes the home, and compiles what the next one finds compiled.
    await world.cli(['enqueue', '--', 'true'])
    const bare = await callsOf(world, ['-e', '0'])
    const all = await callsOf(world, [PROGRAM, 'enqueue', '--', 'true'])
    const most = MOST.enqueue + ('enableCompileCache' in module ? MOST.compileCache : 0)
    atMost(most, all.length - bare.length, 'enqueue')
  }),
)

test(
  `one more job takes at most ${MOST.enqueueOne} calls to enqueue`,
  inWorld(async (world) => {
    const found = await oneMore(world, 50, (n) =>
      script(`for (let n = 0; n < ${n}; n++) await queue.enqueue({ command: 'true' })`),
    )
    atMost(MOST.enqueueOne, found, 'one more job')
  }),
)

test(
  `one more job of a batch takes at most ${MOST.enqueueMany} calls to enqueue`,
  inWorld(async (world) => {
    const found = await oneMore(world, 200, (n) =>
      script(`await queue.enqueueAll(Array.from({ length: ${n} }, () => ({ command: 'true' })))`),
    )
    atMost(MOST.enqueueMany, found, 'one more job')
  }),
)

test(
  `one more job takes a worker at most ${MOST.job} calls and ${MOST.processes} processes`,
  inWorld(async (world) => {
    const isStart = (call: string): boolean => /^v?fork\(|^clone3?\(/.test(call) && !call.includes('CLONE_THREAD')
    let starts = 0
    // Or the slower one of the two has one more timed round.
    configure(world, { poll_interval: 60 })
    const work = async (n: number): Promise<string[]> => {
      await world.queue.enqueueAll(Array.from({ length: n }, () => ({ command: ['true'], cwd: world.dir })))
      return [PROGRAM, 'worker', 'start', '--foreground', '--burst', '--count', '2']
    }
    let least = Number.POSITIVE_INFINITY
    let measured = 0
    // How many events one wake-up brings is chance, and half a call more or less a job: what a job takes it always takes.
    while (measured < 6 && least > MOST.job) {
      measured++
      const found = await oneMore(world, 25, work, (call) => {
        if (isStart(call)) starts++
        return true
      })
      least = Math.min(least, found)
    }
    atMost(MOST.job, least, 'one more job')
    atMost(MOST.processes, starts / 75 / measured, 'one more job', 'processes')
    assert.is((await world.queue.count()).completed, 75 * measured)
  }),
)

/** An idle worker looks around this often here, and eight times less by default. */
const POLL_MS = 250
const ROUNDS = 12
const ROUNDS_A_MINUTE = 30

test(
  `an idle worker takes at most ${MOST.idleMinute} calls a minute`,
  inWorld(async (world) => {
    if (!canTrace()) skip('no strace, or it may not trace')
    configure(world, { poll_interval: POLL_MS / 1000 })
    const worker = await world.startWorker({ count: 4 })
    const trace = join(world.dir, 'trace')
    const tracer = start('strace', ['-f', '-o', trace, '-p', String(worker.pid)], { cwd: world.dir, env: cleanEnv() })
    await until(() => tracer.stderr.includes('attached') || !tracer.isRunning, SOON_MS, 'strace is attached')
    if (!tracer.isRunning) skip('strace may not attach to a process')
    const calls = (): number => linesOf(trace).filter((line) => !OF_V8.test(line)).length
    await calm(calls)
    const before = calls()
    const begun = monotonicMs()
    await until(() => monotonicMs() - begun > ROUNDS * POLL_MS, SOON_MS, 'the worker was idle for some rounds')
    const found = calls() - before
    // On a busy machine more rounds may have gone by.
    const rounds = (monotonicMs() - begun) / POLL_MS
    tracer.kill()
    await tracer.ended
    assert.ok(found > 0, 'the worker did nothing at all: it is not what was traced')
    atMost(MOST.idleMinute, (found / rounds) * ROUNDS_A_MINUTE, 'an idle minute')
    worker.kill()
    await worker.ended
  }),
)

/** V8 tidies its memory and threads when it likes, most of all soon after the start. */
const OF_V8 = /^\d+ +(?:(?:futex|munmap|mmap|mprotect|madvise|brk)\(|<\.\.\. futex)/

/** Resolves between two rounds, when all that belongs to the start is over. */
async function calm(calls: () => number): Promise<void> {
  let last = { calls: 0, at: monotonicMs() }
  await until(
    () => {
      const now = calls()
      if (now !== last.calls) last = { calls: now, at: monotonicMs() }
      return monotonicMs() - last.at > 0.6 * POLL_MS
    },
    SOON_MS,
    'the worker has started, and waits',
  )
}

test.run()
