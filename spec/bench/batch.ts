/** Row 5: a large batch against the files alone. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { absent, atLeast, inTurns, type Line, line, type Plan, rate, type Row } from './bench.ts'
import { compiled, fill, inQueue, inScratch, NO_COMPILER, QUEUECTL, timed } from './place.ts'

const jobsOf = ({ share }: Plan): number => Math.round(100_000 * share)

/** A job's file as the queue writes it, and where in it the id lies: the program in C makes as many of it as one likes. */
export interface Template {
  readonly path: string
  readonly offset: number
}

export const template = (plan: Plan): Promise<Template> =>
  inQueue(plan, async (queue) => {
    await fill(queue, plan.dir, 1)
    const [name = ''] = readdirSync(join(queue.home, 'pending'))
    const text = readFileSync(join(queue.home, 'pending', name))
    const path = join(plan.dir, 'template.json')
    writeFileSync(path, text)
    return { path, offset: text.indexOf(name.slice(-31, -5)) }
  })

async function batch(plan: Plan): Promise<Line[]> {
  const jobs = jobsOf(plan)
  const what = `batch of ${jobs} jobs from NDJSON, durable, acknowledged`
  const against = 'a C loop that creates, writes and renames the same files, one sync at the end'
  const files = compiled(plan, 'files')
  if (files === undefined) return [absent(what, against, NO_COMPILER)]
  const model = await template(plan)
  const input = join(plan.dir, 'jobs.ndjson')
  writeFileSync(input, `${JSON.stringify({ command: 'true', cwd: plan.dir })}\n`.repeat(jobs))
  const found = await inTurns(plan.rounds, {
    ours: () =>
      inQueue(plan, async (queue, dir) => {
        const [command, ...args] = [...QUEUECTL, 'enqueue', '-f', input, '--home', queue.home]
        const took = await timed(command, args, { cwd: dir, output: join(dir, 'ids') })
        return jobs / (took / 1000)
      }),
    files: () =>
      inScratch(plan, async (dir) => {
        const [target, aside] = [join(dir, 'pending'), join(dir, 'tmp')]
        mkdirSync(target)
        mkdirSync(aside)
        const args = ['write', target, String(jobs), '0', model.path, String(model.offset), aside]
        return jobs / ((await timed(files, args, { cwd: dir })) / 1000)
      }),
  })
  return [line(what, against, [found.ours, found.files], rate, atLeast(0.35, 0.7))]
}

export const BATCH: Row = { row: 5, name: 'batch', measure: batch }
