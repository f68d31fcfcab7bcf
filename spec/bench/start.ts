/** Rows 3 and 4: whole commands, from their start to their end, against Node alone. */
import { atMost, inTurns, type Line, line, ms, type Plan, type Row } from './bench.ts'
import { inQueue, QUEUECTL, timed, timedSmall, workerArgs } from './place.ts'

/** So many times as many rounds: each takes 50 ms. */
const TIMES = 8

const AGAINST = '`node -e 0`'

async function whole(
  plan: Plan,
  asked: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, number[]>> {
  return inQueue(plan, async (queue, dir) => {
    // A home that a worker has been in: the ballast lies there, else `status` writes as much to see whether it could.
    await timed(process.execPath, workerArgs(queue.home, 1, '--burst'), { cwd: dir })
    const call = { cwd: dir, env: { QUEUECTL_HOME: queue.home } }
    const sides = Object.entries({ ...asked, [AGAINST]: [process.execPath, '-e', '0'] }).map(
      ([name, argv]) => [name, () => timedSmall(plan, argv, call)] as const,
    )
    return inTurns(plan.rounds * TIMES, Object.fromEntries(sides))
  })
}

async function enqueue(plan: Plan): Promise<Line[]> {
  const found = await whole(plan, { enqueue: [...QUEUECTL, 'enqueue', '--', 'true'] })
  const what = '`queuectl enqueue -- true`, whole process, durable'
  return [line(what, AGAINST, [found.enqueue ?? [], found[AGAINST] ?? []], ms, atMost(1.9, 1.2))]
}

async function commands(plan: Plan): Promise<Line[]> {
  const asked = {
    '`status`': ['status'],
    '`--version`': ['--version'],
    'completion: Tab after `queuectl sta`': ['__complete', 'sta'],
    'completion: Tab after `queuectl show `': ['__complete', 'show', ''],
  }
  const calls = Object.entries(asked).map(([what, words]) => [what, [...QUEUECTL, ...words]] as const)
  const found = await whole(plan, Object.fromEntries(calls))
  return Object.keys(asked).map((what) =>
    line(what, AGAINST, [found[what] ?? [], found[AGAINST] ?? []], ms, atMost(1.7, 1.2)),
  )
}

export const ENQUEUE: Row = { row: 3, name: 'enqueue', measure: enqueue }
export const START: Row = { row: 4, name: 'start', measure: commands }
