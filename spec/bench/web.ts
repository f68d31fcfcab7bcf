/**
 * The web server under load: how long pages take with very many jobs, and whether streams keep up with changes.
 *
 *     node dist/spec/bench/web.js [--jobs 100000] [--streams 50] [--rate 5000] [--seconds 60] [--dir DIR]
 *
 * `--rate` is state changes a minute: most by rename, as `mv` does them, some by the verbs of an operator.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { seedHome } from '../../fixtures/seed-home.ts'
import { cleanEnv, PROGRAM } from '../../fixtures/program.ts'
import { until } from '../../fixtures/until.ts'
import { monotonicMs, nowMs, sleep } from '../../lib/clock.ts'
import { Queue } from '../../lib/queue.ts'

const number = (fallback: string) => ({ type: 'string', default: fallback }) as const
const { values } = parseArgs({
  options: {
    jobs: number('100000'),
    streams: number('50'),
    rate: number('5000'),
    seconds: number('60'),
    dir: number(tmpdir()),
  },
})
const [jobs, streams, rate, seconds] = [values.jobs, values.streams, values.rate, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]

const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
const spread = (all: readonly number[]): string => {
  const sorted = all.toSorted((a, b) => a - b)
  return `p50 ${ms(at(sorted, 0.5))}, p95 ${ms(at(sorted, 0.95))}, p99 ${ms(at(sorted, 0.99))}, most ${ms(at(sorted, 1))}`
}

const home = join(mkdtempSync(join(values.dir, 'queuectl-bench-')), 'home')
const queue = Queue.open({ home })
seedHome(home, { count: jobs, now: nowMs() })
say(`${jobs} jobs in ${home}`)

const begun = monotonicMs()
// Not by the fixture that the specs use: that one ends what runs for longer than a minute.
const server = spawn(process.execPath, [PROGRAM, 'web', '--port', '0', '--home', home], {
  env: cleanEnv(),
  stdio: ['ignore', 'pipe', 'inherit'],
})
let printed = ''
server.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
const ended = new Promise<number | null>((done) => server.once('exit', done))
const url = await until(() => /^http\S+$/m.exec(printed)?.[0], 60_000, 'the server is up')
say(`up after ${ms(monotonicMs() - begun)}`)

const memory = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
const cpu = (): number => {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

interface Listed {
  readonly total: number
  readonly total_is_exact: boolean
}
async function timed(query: string): Promise<{ took: number; page: Listed }> {
  const from = monotonicMs()
  const page = (await (await fetch(`${url}api/v1/jobs?${query}`)).json()) as Listed
  return { took: monotonicMs() - from, page }
}
const QUERIES = [
  '',
  'state=dead',
  'state=pending',
  'queue=mail',
  'tag=nightly',
  'q=item-4242',
  'q=refused&state=dead',
  `error=${encodeURIComponent('exit code 137')}`,
  'state=pending&queue=images&tag=nightly&q=resize',
  'sort=-created',
  'sort=updated',
  'sort=-due',
  'sort=priority&limit=500',
  'sort=id',
]
for (const round of ['cold', 'warm']) {
  for (const query of QUERIES) {
    const { took, page } = await timed(query)
    say(`${round} ${ms(took).padStart(8)}  ${page.total}${page.total_is_exact ? '' : ' so far'}  /api/v1/jobs?${query}`)
  }
  const read = await until(async () => (await timed('q=nothing')).page.total_is_exact, 300_000, 'every file is read')
  if (round === 'cold' && read)
    say(`every file read ${ms(monotonicMs() - begun)} after the start; ${memory().toFixed(0)} MB`)
}
for (const path of ['stats', 'queues', 'dead/groups', 'stats/timeseries?window=24h', 'workers', 'events']) {
  const from = monotonicMs()
  await (await fetch(`${url}api/v1/${path}`)).text()
  say(`     ${ms(monotonicMs() - from).padStart(8)}  /api/v1/${path}`)
}

/** When each change was made, by job and where it went; and how long after that each stream told of it. */
const made = new Map<string, number>()
const delays: number[] = []
const behind: number[] = []
/** When the first stream had each frame, by its id. */
const heardFirst = new Map<string, number>()
let resets = 0
let broken = 0

const responses: IncomingMessage[] = []
await Promise.all(
  Array.from(
    { length: streams },
    (_, n) =>
      new Promise<void>((done, fail) => {
        get(`${url}api/v1/stream?topics=jobs,stats`, { agent: false }, (response) => {
          responses.push(response)
          response.once('data', () => done())
          response.on('close', () => broken++)
          listen(response, n)
        }).on('error', fail)
      }),
  ),
)
function listen(response: IncomingMessage, n: number): void {
  let rest = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const now = monotonicMs()
      const id = /^id: (.*)$/m.exec(part)?.[1] ?? ''
      if (part.startsWith('event: reset')) resets++
      if (!part.startsWith('event: jobs')) continue
      if (n > 0) {
        // All are sent the same frames: what differs is when.
        const first = heardFirst.get(id)
        if (first !== undefined) behind.push(now - first)
        continue
      }
      heardFirst.set(id, now)
      const { changed } = JSON.parse(part.slice(part.indexOf('data: ') + 6)) as {
        changed: { id: string; lies_in: string }[]
      }
      for (const row of changed) {
        const key = `${row.id} ${row.lies_in}`
        const since = made.get(key)
        if (since === undefined) continue
        made.delete(key)
        delays.push(now - since)
      }
    }
  })
}

const before = { memory: memory(), cpu: cpu(), at: monotonicMs() }
const samples: number[] = []
const pending = await queue.list({ states: ['pending'] }, { sort: 'id', limit: Math.min(20_000, Math.floor(jobs / 4)) })
const [movable, dead] = [
  pending.map(({ id, path }) => ({ id, path, isHeld: false })),
  await queue.list({ states: ['dead'] }, { sort: 'id', limit: 10_000 }),
]
let changes = 0
const pause = 60_000 / rate
for (let next = monotonicMs(), i = 0; monotonicMs() - before.at < seconds * 1000; i++) {
  const job = movable[i % movable.length]
  if (!job) break
  if (i % 10 === 9) {
    const seen = dead.pop()
    if (!seen) continue
    made.set(`${seen.id} pending`, monotonicMs())
    await queue.retry(seen)
    changes++
  } else {
    const to = join(home, job.isHeld ? 'pending' : 'hold', basename(job.path))
    made.set(`${job.id} ${job.isHeld ? 'pending' : 'held'}`, monotonicMs())
    renameSync(job.path, to)
    Object.assign(job, { path: to, isHeld: !job.isHeld })
    changes++
  }
  if (i % Math.ceil(rate / 12) === 0) samples.push(memory())
  next += pause
  if (next > monotonicMs()) await sleep(next - monotonicMs())
}
const took = (monotonicMs() - before.at) / 1000
await sleep(1500)
say(`${changes} changes in ${took.toFixed(0)} s (${Math.round((changes / took) * 60)} a minute), ${streams} streams:`)
say(`  from the change on disk to the first stream: ${spread(delays)}; never told: ${made.size}`)
say(`  from there to the other streams: ${spread(behind)}; resets: ${resets}, streams lost: ${broken}`)
say(`  processor time of the server: ${(((cpu() - before.cpu) / took) * 100).toFixed(0)} % of one core`)
const half = samples.slice(Math.floor(samples.length / 2))
say(
  `  memory: ${before.memory.toFixed(0)} MB before, ${Math.max(...samples).toFixed(0)} at most, ` +
    `${Math.min(...half).toFixed(0)} to ${Math.max(...half).toFixed(0)} in the second half, ${memory().toFixed(0)} after`,
)
const counts = (await (await fetch(`${url}api/v1/stats`)).json()) as Record<string, number>
const truth = await queue.count()
const wrong = Object.entries(truth).filter(([state, n]) => counts[state] !== n)
say(`  counts: ${wrong.length === 0 ? 'as the directories have them' : `WRONG: ${JSON.stringify(wrong)}`}`)
const { took: page } = await timed('state=held')
say(`  a page after it: ${ms(page)}`)
for (const response of responses) response.destroy()
server.kill('SIGINT')
say(`ended with ${await ended}`)
rmSync(join(home, '..'), { recursive: true })
