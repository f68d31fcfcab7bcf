/**
 * The picture of the dashboard in README, made of a throw-away home with jobs in every state:
 *
 *     node dist/bin/screenshot.js [FILE]
 *
 * The journal of an hour is written beforehand, else the chart would show a queue that was born this minute.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { JobRequest } from '../lib/job/job.ts'
import { Queue } from '../lib/queue.ts'
import { cleanEnv, PROGRAM, ROOT, start } from '../fixtures/program.ts'
import { until } from '../fixtures/until.ts'

const TARGET = process.argv[2] ?? join(ROOT, 'fixtures/dashboard.png')
const MINUTE = 60_000

/** What an office of small machines might run. */
const JOBS: readonly JobRequest[] = [
  { id: 'newsletter-nov', command: 'echo smtp: connection refused >&2; exit 69', queue: 'mail', max_retries: 1 },
  { id: 'invoice-20417', command: 'echo smtp: connection refused >&2; exit 69', queue: 'mail', max_retries: 1 },
  { id: 'fetch-feed', command: 'echo "curl: (28) timed out" >&2; exit 28', queue: 'feeds', backoff_base: 90 },
  { id: 'thumb-1423', command: 'echo "no such file: 1423.jpg" >&2; exit 1', queue: 'images', backoff_base: 300 },
  { id: 'import-customers', command: 'echo "line 418: bad date" >&2; exit 65', give_up_codes: [65] },
]
const RUNNING: readonly JobRequest[] = [
  { id: 'transcode-4417', command: 'ffmpeg -i talk-4417.mov -c:v libvpx-vp9 talk-4417.webm', queue: 'video' },
  { id: 'backup-www', command: 'restic backup /srv/www --tag nightly', queue: 'backup' },
  { id: 'build-docs', command: 'make -C docs html' },
]
const REINDEX: JobRequest = { id: 'index-search', command: 'reindex --all' }
const WAITING: readonly JobRequest[] = [
  ...[1, 2, 3, 4, 5].map((n) => ({ id: `render-${n}`, command: `./render.sh scene-${n}`, queue: 'video' })),
  { id: 'deploy-monday', command: 'make deploy', run_at: '2999-01-01T00:00:00Z' },
]

const home = mkdtempSync(join(tmpdir(), 'queuectl-picture-'))
const env = { ...cleanEnv(), QUEUECTL_HOME: home, PATH: `${home}/bin:${process.env.PATH}` }
const program = (...args: readonly string[]) => start(process.execPath, [PROGRAM, ...args], { cwd: home, env })

try {
  const queue = Queue.open({ home })
  remember()
  stand()
  await queue.enqueueAll(Array.from({ length: 40 }, () => ({ command: ':' })))
  await queue.enqueueAll(JOBS)
  const worker = program('worker', 'start', '--foreground', '--count', '4')
  await until(async () => (await queue.count()).dead === 3, 10_000, 'what fails has failed')
  await queue.enqueueAll(RUNNING)
  await until(async () => (await queue.count()).processing === 3, 10_000, 'three run')
  await queue.enqueueAll([REINDEX, ...WAITING])
  const server = program('web', '--port', '0')
  const url = await until(() => /http:\S+/.exec(server.stdout)?.[0], 10_000, 'the server is up')
  await picture(url)
  server.kill()
  await server.ended
  const left = program('worker', 'stop', '--force')
  await Promise.all([left.ended, worker.ended])
} finally {
  rmSync(home, { recursive: true, force: true })
}

/** Programs of the names that the running jobs start, which only take their time. */
function stand(): void {
  mkdirSync(join(home, 'bin'))
  for (const name of ['ffmpeg', 'restic', 'make', 'reindex'])
    writeFileSync(join(home, 'bin', name), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
}

/** An hour of work: more in the middle, now and then something that fails. */
function remember(): void {
  const now = Date.now()
  const lines: string[] = []
  for (let minute = 59; minute > 0; minute--) {
    const jobs = Math.round(26 + 13 * Math.sin(minute / 7) + 5 * Math.sin(minute * 2.1))
    for (let n = 0; n < jobs; n++) {
      const at = now - minute * MINUTE + (n * MINUTE) / jobs
      const job = `past-${minute}-${n}`
      const ms = 180 + ((n * 7919 + minute * 104_729) % 2400)
      const tell = (event: string, when: number, more: object = {}): void => {
        lines.push(JSON.stringify({ at: new Date(when).toISOString(), event, job, ...more }))
      }
      tell('enqueued', at - 40 - (n % 9) * 30)
      tell('started', at, { run: 1 })
      if ((n + minute * 3) % 17 === 0) tell('failed', at + ms, { run: 1, duration_ms: ms })
      else tell('completed', at + ms, { run: 1, duration_ms: ms, exit_code: 0 })
    }
  }
  for (const line of lines.toSorted()) {
    const day = /\d{4}-\d\d-\d\d/.exec(line)?.[0] ?? ''
    appendFileSync(join(home, 'journal', `${day}.ndjson`), `${line}\n`)
  }
}

async function picture(url: string): Promise<void> {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path))
  const browser = await chromium.launch({ args: ['--no-sandbox'], ...(executablePath ? { executablePath } : {}) })
  try {
    const page = await browser.newPage({ viewport: { width: 1240, height: 642 }, colorScheme: 'light' })
    await page.goto(url)
    await page.getByText('in all').waitFor()
    await page.getByRole('link', { name: 'build-docs' }).or(page.getByText('make -C docs')).first().waitFor()
    await page.screenshot({ path: TARGET })
  } finally {
    await browser.close()
  }
}
