/**
 * Row 2: the same jobs by those who do the same work. Each as its own manual has it for eight at a time; what is not
 * installed is named as absent.
 *
 * task-spooler and nq keep a process for each job that waits, task-spooler at most a thousand: they get fewer jobs, all
 * of them enqueued before the clock starts.
 */
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicMs } from '../../lib/clock.ts'
import { absent, atLeast, inTurns, type Line, line, type Plan, rate, type Row, type Side } from './bench.ts'
import { bullmq } from './bullmq.ts'
import { jobsOf, list, ours, SLOTS } from './drain.ts'
import { begin, has, inScratch, timed } from './place.ts'

const fewer = ({ share }: Plan): number => Math.round(100 * share) * SLOTS

const parallel =
  (plan: Plan): Side =>
  () =>
    inScratch(plan, async (dir) => {
      mkdirSync(join(dir, '.parallel'))
      writeFileSync(join(dir, '.parallel', 'will-cite'), '')
      const call = {
        cwd: dir,
        env: { HOME: dir, TMPDIR: dir, PARALLEL_SHELL: '/bin/sh' },
        input: list(dir, jobsOf(plan)),
      }
      const output = join(dir, 'output')
      return jobsOf(plan) / ((await timed('parallel', [`-j${SLOTS}`, '-n0', 'true'], { ...call, output })) / 1000)
    })

/** Waits behind a job that waits for the file `go`. */
const BLOCK = "sh -c 'until [ -e go ]; do sleep 0.01; done'"

async function shell(script: string, dir: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [code] = (await once(begin('sh', ['-c', script], { cwd: dir, env }), 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
}

/** Enqueues behind a job that waits, then lets go, and takes the time until all are done. */
const released =
  (plan: Plan, enqueue: string, wait: string, end: string, env: (dir: string) => NodeJS.ProcessEnv): Side =>
  () =>
    inScratch(plan, async (dir) => {
      const here = { TMPDIR: dir, ...env(dir) }
      try {
        await shell(enqueue, dir, here)
        const begun = monotonicMs()
        writeFileSync(join(dir, 'go'), '')
        await shell(wait, dir, here)
        return fewer(plan) / ((monotonicMs() - begun) / 1000)
      } finally {
        await shell(end, dir, here)
      }
    })

const spooler = (plan: Plan): Side =>
  released(
    plan,
    `tsp -S 1 && tsp ${BLOCK} >ids && for i in $(seq ${fewer(plan)}); do tsp sh -c true >>ids || exit; done; tsp -S ${SLOTS}`,
    // The last one to begin is not always the last one to end.
    `tsp -w && until tsp -l | awk '$2 == "queued" || $2 == "running" { exit 1 }'; do :; done`,
    'tsp -K',
    (dir) => ({ TS_SOCKET: join(dir, 'socket') }),
  )

/** nq runs one job at a time in each directory: one directory a slot. */
const nq = (plan: Plan): Side =>
  released(
    plan,
    `for d in $(seq ${SLOTS}); do mkdir d$d; NQDIR=d$d nq ${BLOCK} >ids;
     for i in $(seq ${fewer(plan) / SLOTS}); do NQDIR=d$d nq sh -c true >>ids || exit; done; done`,
    `for d in $(seq ${SLOTS}); do NQDIR=d$d nq -w; done`,
    'true',
    () => ({}),
  )

async function peers(plan: Plan): Promise<Line[]> {
  const bull = await bullmq(plan)
  const installed: Record<string, readonly [Side | string, string]> = {
    'task-spooler': [has('tsp') ? spooler(plan) : 'no tsp here', `${fewer(plan)} jobs`],
    'GNU parallel': [has('parallel') ? parallel(plan) : 'no parallel here', `${jobsOf(plan)} jobs, its output kept`],
    nq: [has('nq') ? nq(plan) : 'no nq here', `${fewer(plan)} jobs, ${SLOTS} directories`],
    BullMQ: [typeof bull === 'string' ? bull : bull.side, typeof bull === 'string' ? '' : bull.about],
  }
  const sides = Object.entries(installed).flatMap(([name, [side]]) =>
    typeof side === 'string' ? [] : [[name, side] as const],
  )
  try {
    const found: Record<string, number[]> = await inTurns(
      plan.rounds,
      Object.fromEntries([['ours', ours(plan)], ...sides]),
    )
    return Object.entries(installed).map(([name, [side, about]]) => {
      const what = `the same as row 1: ${jobsOf(plan)} jobs, ${SLOTS} at a time`
      if (typeof side === 'string') return absent(what, name, side)
      return line(what, `${name} (${about})`, [found.ours ?? [], found[name] ?? []], rate, atLeast(1, 2))
    })
  } finally {
    if (typeof bull !== 'string') await bull.end()
  }
}

export const PEERS: Row = { row: 2, name: 'peers', measure: peers }
