/** Rows 1 and 13: how fast jobs that do nothing are run, by one worker and by many. */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { absent, atLeast, grounds, inTurns, type Line, line, type Plan, rate, type Row, type Side } from './bench.ts'
import { begin, drainRate, fill, has, inQueue, inScratch, timed, workerArgs } from './place.ts'

/** Jobs of rows 1 and 2. */
export const jobsOf = ({ share }: Plan): number => Math.round(5000 * share)
export const SLOTS = 8
const manyJobs = ({ share }: Plan): number => Math.round(10_000 * share)
const MANY = 16

/** Jobs a second of one worker, from its start to its end. */
export const ours =
  (plan: Plan, jobs = jobsOf(plan)): Side =>
  () =>
    inQueue(plan, async (queue, dir) => {
      await fill(queue, dir, jobs)
      const took = await timed(process.execPath, workerArgs(queue.home, SLOTS, '--burst'), { cwd: dir })
      const { completed } = await queue.count()
      if (completed !== jobs) throw new Error(`${completed} of ${jobs} jobs completed`)
      return jobs / (took / 1000)
    })

/** One argument a line, as many as there are jobs. */
export function list(dir: string, jobs: number): string {
  const path = join(dir, 'list')
  writeFileSync(path, Array.from({ length: jobs }, (_, n) => `${n}\n`).join(''))
  return path
}

const xargs =
  (plan: Plan): Side =>
  () =>
    inScratch(plan, async (dir) => {
      const args = ['-P8', '-n1', 'sh', '-c', 'true']
      const jobs = jobsOf(plan)
      return jobs / ((await timed('xargs', args, { cwd: dir, input: list(dir, jobs) })) / 1000)
    })

async function drain(plan: Plan): Promise<Line[]> {
  const what = `drain ${jobsOf(plan)} pending \`true\` jobs, default durability, output kept, ${SLOTS} slots`
  const lines: Line[] = []
  for (const [ground, about] of grounds(plan)) {
    const found = await inTurns(plan.rounds, { ours: ours(ground), xargs: xargs(ground) })
    const rates = [found.ours, found.xargs] as const
    lines.push(line(`${what}${about}`, '`xargs -P8 -n1 sh -c true`', rates, rate, atLeast(0.5, 0.85)))
  }
  return lines
}

/** Jobs a second of so many workers. */
const workers =
  (plan: Plan, processes: number, slots: number): Side =>
  () =>
    inWorkers(plan, processes, slots, [], drainRate)

/** Runs the jobs with so many workers, each started by what stands before its command line. */
const inWorkers = (
  plan: Plan,
  processes: number,
  slots: number,
  before: readonly string[],
  figure: (home: string) => number,
): Promise<number> =>
  inQueue(plan, async (queue, dir) => {
    const jobs = manyJobs(plan)
    await fill(queue, dir, jobs)
    const [command = '', ...args] = [...before, process.execPath, ...workerArgs(queue.home, slots, '--burst')]
    const all = Array.from({ length: processes }, () => begin(command, args, { cwd: dir }))
    await Promise.all(all.map((child) => once(child, 'exit')))
    const { completed } = await queue.count()
    if (completed !== jobs) throw new Error(`${completed} of ${jobs} jobs completed`)
    return figure(queue.home)
  })

/** A file for each process; everything but a rename runs at full speed. */
const TRACED = 'strace --seccomp-bpf -f -ff -e trace=rename -e signal=none -qq -o trace'.split(' ')

/** Claims that found the job gone. */
const lostIn = (home: string): number =>
  readdirSync(dirname(home))
    .filter((name) => name.startsWith('trace.'))
    .flatMap((name) => readFileSync(join(dirname(home), name), 'latin1').split('\n'))
    .filter((text) => /^rename\("[^"]*\/pending\/[^"]*".* = -1 ENOENT/.test(text)).length

async function many(plan: Plan): Promise<Line[]> {
  const found = await inTurns(plan.rounds, { ours: workers(plan, MANY, 1), one: workers(plan, 1, MANY) })
  const jobs = manyJobs(plan)
  const what = `${MANY} worker processes against one queue, ${jobs} jobs`
  const rates = line(what, `one process with ${MANY} slots`, [found.ours, found.one], rate, atLeast(0.9, 1))
  const lost = `${what}: claims lost to races`
  const canTrace =
    has('strace') && spawnSync('strace', ['--seccomp-bpf', '-f', 'true'], { stdio: 'ignore' }).status === 0
  if (!canTrace) return [rates, absent(lost, 'claims', 'no strace here, or it may not trace')]
  const claims = await inWorkers(plan, MANY, 1, TRACED, lostIn)
  const against = `${jobs} claims, one run under strace`
  return [rates, { what: lost, against, ours: String(claims), ratio: `${((claims / jobs) * 100).toFixed(1)} %` }]
}

export const DRAIN: Row = { row: 1, name: 'drain', measure: drain }
export const WORKERS: Row = { row: 13, name: 'workers', measure: many }
