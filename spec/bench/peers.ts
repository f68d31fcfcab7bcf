/**
 * Row 2: the same jobs by those who do the same work, eight at a time; what is not installed is named as absent.
 *
 * task-spooler and nq start the process of a job when it is enqueued: enqueuing counts there, and for us as well.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { absent, atLeast, grounds, inTurns, type Line, line, type Plan, rate, type Row, type Side } from './bench.ts'
import { bullmq } from './bullmq.ts'
import { jobsOf, list, ours, SLOTS } from './drain.ts'
import { has, inQueue, inScratch, QUEUECTL, timed, workerArgs } from './place.ts'

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

/** Enqueues the jobs and waits for their end: jobs a second for both together. */
const handedOver =
  (plan: Plan, script: string, end: string, env: (dir: string) => NodeJS.ProcessEnv): Side =>
  () =>
    inScratch(plan, async (dir) => {
      const call = { cwd: dir, env: { TMPDIR: dir, ...env(dir) } }
      try {
        return jobsOf(plan) / ((await timed('sh', ['-c', script], call)) / 1000)
      } finally {
        await timed('sh', ['-c', end], call)
      }
    })

const spooler = (plan: Plan): Side =>
  handedOver(
    plan,
    // The last one to begin is not always the last one to end.
    `tsp -S ${SLOTS} && for i in $(seq ${jobsOf(plan)}); do tsp sh -c true >>ids || exit; done
     tsp -w && until tsp -l | awk '$2 == "queued" || $2 == "running" { exit 1 }'; do :; done`,
    'tsp -K',
    (dir) => ({ TS_SOCKET: join(dir, 'socket') }),
  )

/** nq runs one job at a time in each directory: one directory a slot. */
const nq = (plan: Plan): Side =>
  handedOver(
    plan,
    `slots=$(seq ${SLOTS}); for d in $slots; do mkdir d$d; done
     for i in $(seq ${jobsOf(plan) / SLOTS}); do for d in $slots; do NQDIR=d$d nq sh -c true >>ids || exit; done; done
     for d in $slots; do NQDIR=d$d nq -w; done`,
    'true',
    () => ({}),
  )

/** The same of ours: a batch from a file, and a worker that ends when nothing is left. */
const handedToUs =
  (plan: Plan): Side =>
  () =>
    inQueue(plan, async ({ home }, dir) => {
      const path = join(dir, 'jobs.ndjson')
      writeFileSync(path, '{"command":"true"}\n'.repeat(jobsOf(plan)))
      const [node, program] = QUEUECTL
      const enqueue = await timed(node, [program, 'enqueue', '-f', path, '--home', home], { cwd: dir })
      return jobsOf(plan) / ((enqueue + (await timed(node, workerArgs(home, SLOTS, '--burst'), { cwd: dir }))) / 1000)
    })

async function peers(plan: Plan): Promise<Line[]> {
  const lines: Line[] = []
  for (const [ground, about] of grounds(plan)) lines.push(...(await peersOn(ground, about)))
  return lines
}

async function peersOn(plan: Plan, where: string): Promise<Line[]> {
  const bull = await bullmq(plan)
  const jobs = jobsOf(plan)
  /** Of each: the side, what is said of it, and whether handing the jobs over counts on both sides. */
  const installed: Record<string, readonly [Side | string, string, boolean]> = {
    'task-spooler': [has('tsp') ? spooler(plan) : 'no tsp here', '', true],
    nq: [has('nq') ? nq(plan) : 'no nq here', `, ${SLOTS} directories`, true],
    'GNU parallel': [has('parallel') ? parallel(plan) : 'no parallel here', ', its output kept', false],
    BullMQ: [typeof bull === 'string' ? bull : bull.side, typeof bull === 'string' ? '' : bull.about, false],
  }
  const sides = Object.entries(installed).flatMap(([name, [side]]) =>
    typeof side === 'string' ? [] : [[name, side] as const],
  )
  try {
    const all = [['drain', ours(plan)] as const, ['whole', handedToUs(plan)] as const, ...sides]
    const found: Record<string, number[]> = await inTurns(plan.rounds, Object.fromEntries(all))
    return Object.entries(installed).map(([name, [side, about, isWhole]]) => {
      const what = `${jobs} jobs as in row 1${isWhole ? ', enqueued and run' : ''}${where}`
      if (typeof side === 'string') return absent(what, name, side)
      const us = found[isWhole ? 'whole' : 'drain'] ?? []
      return line(what, `${name}${about}`, [us, found[name] ?? []], rate, atLeast(1, 2))
    })
  } finally {
    if (typeof bull !== 'string') await bull.end()
  }
}

export const PEERS: Row = { row: 2, name: 'peers', measure: peers }
