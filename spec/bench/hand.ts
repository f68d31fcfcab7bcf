/**
 * How quick the hand is in a home with 100,000 completed jobs: `node dist/spec/bench/hand.js [HOME]`. It prints a line
 * for each command, the best of five. A HOME made by an earlier run (or fixtures/seed-home.ts) is used again.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { seedCompleted } from '../../fixtures/seed-home.ts'
import { cleanEnv, PROGRAM } from '../../fixtures/program.ts'
import { nowMs } from '../../lib/clock.ts'

const COMMANDS = [
  '--version',
  'status',
  'list --limit 20',
  'list --state completed --limit 20',
  'show job-0000000',
  'show job-0099999',
  'explain job-0050000',
  'next',
  '__complete show ',
]

const home = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'queuectl-hand-'))
if (!existsSync(join(home, 'done', new Date(nowMs()).toISOString().slice(0, 10)))) seedCompleted(home, 100_000, nowMs())
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(`${home}, ${cpus().length} x ${cpus()[0]?.model}, node ${process.version}`)
for (const command of COMMANDS) {
  const script = `TIMEFORMAT='%R %U %S'; time "$@" >/dev/null`
  const args = ['-c', script, 'bash', process.execPath, PROGRAM, ...command.split(' ')]
  const runs = [1, 2, 3, 4, 5].map(() => {
    const ran = spawnSync('bash', args, { env: { ...cleanEnv(), QUEUECTL_HOME: home }, encoding: 'utf8' })
    const [wall = 0, user = 0, system = 0] = (ran.stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
    return { wall, cpu: user + system }
  })
  const best = (of: 'wall' | 'cpu'): string => Math.min(...runs.map((run) => run[of])).toFixed(2)
  say(`${command.padEnd(36)} ${best('wall')} s, of which ${best('cpu')} s CPU`)
}
