/**
 * Makes the picture of the dashboard in README, from a throw-away home with jobs in every state:
 *
 *     node dist/bin/screenshot.js [FILE]
 *
 * The journal of an hour is written beforehand: without it the chart shows a queue that began this minute.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { monotonicMs, sleep } from '../lib/clock.ts'
import type { JobRequest } from '../lib/job/job.ts'
import { Queue } from '../lib/queue.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const TARGET = process.argv[2] ?? at('../../fixtures/dashboard.png')
const PROGRAM = at('../queuectl.cjs')
const MINUTE = 60_000

/** Jobs that fail in different ways. */
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
const env = { HOME: home, QUEUECTL_HOME: home, PATH: `${home}/bin:${process.env.PATH}` }
const program = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [PROGRAM, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const queue = Queue.open({ home })
  writeJournal()
  writePrograms()
  await queue.enqueueAll(Array.from({ length: 40 }, () => ({ command: ':' })))
  await queue.enqueueAll(JOBS)
  const worker = program('worker', 'start', '--foreground', '--count', '4')
  await until(async () => (await queue.count()).dead === 3, 'three jobs are dead')
  await queue.enqueueAll(RUNNING)
  await until(async () => (await queue.count()).processing === 3, 'three jobs run')
  await queue.enqueueAll([REINDEX, ...WAITING])
  const server = program('web', '--port', '0')
  await picture(await firstUrl(server))
  server.kill()
  await Promise.all([once(program('worker', 'stop', '--force'), 'exit'), once(worker, 'exit')])
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function until(fact: () => Promise<boolean>, what: string): Promise<void> {
  const end = monotonicMs() + 10_000
  while (!(await fact())) {
    if (monotonicMs() > end) throw new Error(`not within 10 s: ${what}`)
    await sleep(20)
  }
}

/** The address that the server prints when it is up. */
async function firstUrl({ stdout }: ChildProcess): Promise<string> {
  let printed = ''
  for await (const chunk of stdout ?? []) {
    printed += String(chunk)
    const url = /http:\S+(?=\s)/.exec(printed)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`the server did not print its address: ${printed}`)
}

/** Programs with the names that the running jobs start; they only sleep. */
function writePrograms(): void {
  mkdirSync(join(home, 'bin'))
  for (const name of ['ffmpeg', 'restic', 'make', 'reindex'])
    writeFileSync(join(home, 'bin', name), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
}

/** An hour of work: more in the middle, with a failure now and then. */
function writeJournal(): void {
  const now = Date.now()
  const lines: string[] = []
  for (let minute = 59; minute > 0; minute--) {
    const jobs = Math.round(26 + 13 * Math.sin(minute / 7) + 5 * Math.sin(minute * 2.1))
    for (let n = 0; n < jobs; n++) {
      const start = now - minute * MINUTE + (n * MINUTE) / jobs
      const job = `past-${minute}-${n}`
      const ms = 180 + ((n * 7919 + minute * 104_729) % 2400)
      const record = (event: string, when: number, more: object = {}): void => {
        lines.push(JSON.stringify({ at: new Date(when).toISOString(), event, job, ...more }))
      }
      record('enqueued', start - 40 - (n % 9) * 30)
      record('started', start, { run: 1 })
      if ((n + minute * 3) % 17 === 0) record('failed', start + ms, { run: 1, duration_ms: ms })
      else record('completed', start + ms, { run: 1, duration_ms: ms, exit_code: 0 })
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
    const page = await browser.newPage({ viewport: { width: 1360, height: 660 }, colorScheme: 'light' })
    await page.goto(url)
    await page.getByText('Jobs of this time').first().waitFor()
    await page.getByRole('link', { name: 'build-docs' }).or(page.getByText('make -C docs')).first().waitFor()
    await page.screenshot({ path: TARGET })
  } finally {
    await browser.close()
  }
}
