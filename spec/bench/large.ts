/**
 * The large directory: a million job files, made once and lent to one home after the other by a rename, to `pending/` or
 * as a day of `done/`. What was taken out of it is made up for before it is lent again.
 */
import { existsSync, mkdirSync, opendirSync, renameSync, writeFileSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import type { Queue } from '../../lib/queue.ts'
import type { Plan } from './bench.ts'
import { template } from './batch.ts'
import { begin, compiled, inQueue } from './place.ts'

let next = 0

/** Does something with a queue that has all of the large directory pending, or completed. */
export async function inLarge<T>(
  plan: Plan,
  place: 'pending' | 'completed',
  act: (queue: Queue, dir: string, large: string) => Promise<T>,
): Promise<T> {
  const path = join(plan.dir, 'large')
  await complete(plan, path)
  return inQueue(plan, async (queue, dir) => {
    const lent = place === 'pending' ? join(queue.home, 'pending') : join(queue.home, 'done', '2020-01-01')
    renameSync(path, lent)
    try {
      return await act(queue, dir, lent)
    } finally {
      renameSync(lent, path)
    }
  })
}

async function complete(plan: Plan, path: string): Promise<void> {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
  const missing = plan.large - count(path)
  if (missing <= 0) return
  plan.say(`making ${missing} job files`)
  const model = await template(plan)
  const files = compiled(plan, 'files')
  if (files !== undefined) {
    const args = ['write', path, String(missing), String(next), model.path, String(model.offset)]
    const [code] = (await once(begin(files, args, { cwd: plan.dir }), 'exit')) as [number | null]
    if (code !== 0) throw new Error(`files write ended with ${code}`)
  } else writeSlowly(path, missing, readFileSync(model.path, 'utf8'), model.offset)
  next += missing
}

/** The same without a compiler. */
function writeSlowly(path: string, n: number, text: string, offset: number): void {
  for (let i = next; i < next + n; i++) {
    const id = `01BENCH${String(i).padStart(19, '0')}`
    const due = new Date(Date.UTC(2020, 0, 1) + i / 100).toISOString().replaceAll(/[-:]/g, '').slice(0, -5)
    const micros = String((i % 100_000) * 10).padStart(6, '0')
    const name = `1000-${due}.${micros}Z-${id}.json`
    writeFileSync(join(path, name), text.slice(0, offset) + id + text.slice(offset + 26), { mode: 0o600 })
  }
}

function count(path: string): number {
  const dir = opendirSync(path, { bufferSize: 1024 })
  let n = 0
  while (dir.readSync()) n++
  dir.closeSync()
  return n
}
