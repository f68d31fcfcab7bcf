/** Row 10: what a worker with nothing to do costs. And how memory and processor time are read, for row 8 as well. */
import { readdirSync, readFileSync } from 'node:fs'
import { sleep } from '../../lib/clock.ts'
import { atMost, type Line, line, mb, type Plan, plus, type Row } from './bench.ts'
import { begin, inQueue, startWorker } from './place.ts'

const SLOTS = 64
const IDLE_MS = 60_000
/** What happens at the start is over. */
const CALM_MS = 3000

/** Megabytes of memory: now, or at most. */
export function memory(pid: number, kind: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(new RegExp(`${kind}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
}

/** Milliseconds of processor time, of all threads; counted in nanoseconds, where `stat` counts in hundredths. */
const cpu = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]))
    .reduce((sum, ns) => sum + ns / 1e6, 0)

/** All rounds at the same time, each with a worker and a Node of its own: they do nothing, and so not disturb each other. */
async function idle(plan: Plan): Promise<Line[]> {
  const found = await Promise.all(
    Array.from({ length: plan.rounds }, () =>
      inQueue(plan, async ({ home }, dir) => {
        const worker = await startWorker(home, SLOTS, 'when up')
        const node = begin(process.execPath, ['-e', 'setInterval(() => {}, 2 ** 30)'], { cwd: dir })
        const pid = node.pid ?? 0
        await sleep(CALM_MS)
        const before = [cpu(worker.pid), cpu(pid)] as const
        await sleep(IDLE_MS)
        const used = [cpu(worker.pid) - before[0], cpu(pid) - before[1]] as const
        const size = [memory(worker.pid, 'VmRSS'), memory(pid, 'VmRSS')] as const
        await worker.stop()
        node.kill()
        return { used, size }
      }),
    ),
  )
  const pair = (of: 'used' | 'size'): [number[], number[]] => [
    found.map((one) => one[of][0]),
    found.map((one) => one[of][1]),
  ]
  const share = pair('used').map((values) => values.map((value) => (value / IDLE_MS) * 100)) as [number[], number[]]
  const percent = (value: number): string => `${value.toFixed(3)} %`
  return [
    line(`worker with ${SLOTS} idle slots: memory`, 'bare `node` process', pair('size'), mb, atMost(1.6, 1.3)),
    line(`the same: processor over ${IDLE_MS / 1000} s`, 'bare `node` process', share, percent, plus(0.1, 0, '%')),
  ]
}

export const IDLE: Row = { row: 10, name: 'idle', measure: idle }
