/**
 * BullMQ on a Redis of its own, both in a scratch directory: installed by npm when it is measured, gone afterwards.
 *
 * Redis keeps an append-only file that is flushed each second, which is what BullMQ's manual asks for; the jobs are
 * there before the clock starts, and each is a spawn of the same command.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../fixtures/until.ts'
import { cleanEnv } from '../../fixtures/program.ts'
import type { Plan, Side } from './bench.ts'
import { jobsOf, SLOTS } from './drain.ts'
import { begin, has } from './place.ts'

interface Installed {
  readonly side: Side
  readonly about: string
  end(): Promise<void>
}

const VERSION = '5'

/** Enqueues the jobs, then runs them; writes how long that took (ms). */
const SCRIPT = `
const { spawn } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const { Queue, Worker } = require('bullmq')
const [path, jobs, slots, result] = process.argv.slice(2)
const connection = { path, maxRetriesPerRequest: null }
const run = () => new Promise((resolve, reject) => {
  const child = spawn('/bin/sh', ['-c', 'true'], { stdio: 'ignore' })
  child.once('error', reject)
  child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(String(code)))))
})
const main = async () => {
  const queue = new Queue('bench', { connection })
  await queue.obliterate({ force: true })
  for (let left = Number(jobs); left > 0; left -= 1000)
    await queue.addBulk(Array.from({ length: Math.min(left, 1000) }, () => ({ name: 'job', data: {} })))
  const begun = performance.now()
  const worker = new Worker('bench', run, { connection, concurrency: Number(slots) })
  let done = 0
  await new Promise((resolve, reject) => {
    worker.on('completed', () => { if (++done === Number(jobs)) resolve() })
    worker.on('failed', (_job, error) => reject(error))
  })
  writeFileSync(result, String(performance.now() - begun))
  await worker.close()
  await queue.close()
}
main()
`

/** Ready to be measured; or why not. */
export async function bullmq(plan: Plan): Promise<Installed | string> {
  if (!has('redis-server')) return 'no redis-server here'
  const dir = join(plan.dir, 'bullmq')
  mkdirSync(dir)
  writeFileSync(join(dir, 'package.json'), '{ "private": true }')
  writeFileSync(join(dir, 'bench.cjs'), SCRIPT)
  plan.say('installing BullMQ')
  const args = ['install', '--no-audit', '--no-fund', '--silent', '--ignore-scripts', `bullmq@${VERSION}`]
  // With the user's own environment: it says how packages are reached.
  if (spawnSync('npm', args, { cwd: dir, stdio: 'ignore' }).status !== 0) return 'npm cannot install bullmq here'
  const { version } = JSON.parse(readFileSync(join(dir, 'node_modules/bullmq/package.json'), 'utf8')) as {
    version: string
  }
  const socket = join(dir, 'redis')
  const redis = begin(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--dir', dir, '--appendonly', 'yes', '--save', ''],
    { cwd: dir },
  )
  await until(() => existsSync(socket), 10_000, 'redis is up')
  const of = spawnSync('redis-server', ['--version'], { env: cleanEnv(), encoding: 'utf8' }).stdout
  return {
    about: ` ${version} on Redis ${/v=(\S+)/.exec(of)?.[1] ?? ''}, append-only file`,
    async side() {
      const result = join(dir, 'result')
      const child = begin(
        process.execPath,
        [join(dir, 'bench.cjs'), socket, String(jobsOf(plan)), String(SLOTS), result],
        {
          cwd: dir,
        },
      )
      const [code] = (await once(child, 'exit')) as [number | null]
      if (code !== 0) throw new Error(`BullMQ ended with ${code}`)
      return jobsOf(plan) / (Number(readFileSync(result, 'utf8')) / 1000)
    },
    async end() {
      redis.kill()
      if (redis.exitCode === null) await once(redis, 'exit')
    },
  }
}
