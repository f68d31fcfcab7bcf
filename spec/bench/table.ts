/** The table of all rows, with the machine and how it was measured; as it stands in README.md beside this file. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { isoTime } from '../../lib/job/time.ts'
import { nowMs } from '../../lib/clock.ts'
import { fileSystemOf } from '../../lib/disk/probe.ts'
import { ROOT } from '../../fixtures/program.ts'
import { table } from '../../bin/docs.ts'
import type { Line, Plan } from './bench.ts'

const HEAD = ['row', 'what', 'ours', 'against', 'ratio', 'reach', 'dream']

export interface Measured {
  readonly row: number
  readonly lines: readonly Line[]
}

/** The table, what it was measured on and how, as Markdown. What does not reach its goal is bold. */
export const report = (plan: Plan, measured: readonly Measured[]): string =>
  [
    table(
      HEAD,
      measured.toSorted((a, b) => a.row - b.row).flatMap(({ row, lines }) => lines.map((line) => cells(row, line))),
    ),
    '',
    machine(plan),
  ].join('\n')

function cells(row: number, line: Line): string[] {
  if (line.absent !== undefined) return [String(row), line.what, '', line.against, `absent: ${line.absent}`, '', '']
  const { ratio = '', theirs = '' } = line
  return [
    String(row),
    line.what,
    line.ours ?? '',
    theirs === '' ? line.against : `${line.against}: ${theirs}`,
    line.isReached === false ? `**${ratio}**` : ratio,
    line.reach ?? '',
    line.dream ?? '',
  ]
}

function machine(plan: Plan): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const cores = cpus()
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(fileOr('/etc/os-release'))?.[1] ?? process.platform
  const large = plan.largeRounds === plan.rounds ? '' : ` (rows 7, 8, 9 and 11: ${plan.largeRounds})`
  return [
    `Measured ${isoTime(nowMs()).slice(0, 10)}: queuectl ${version}, node ${process.version}, ${system}, Linux ${release()},`,
    `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB,`,
    `${fileSystemOf(plan.dir).type}${peers()}. The sides of a row took turns in one run, in fresh directories, without`,
    '`NODE_EXTRA_CA_CERTS`; figures are medians, the ratio is the median of the ratios of',
    `${plan.rounds} rounds${large}. Commands of some milliseconds had more rounds. **Bold** does not reach its goal.`,
  ].join('\n')
}

/** The versions of whom we are compared with. */
function peers(): string {
  const firstLine = (program: string, ...args: readonly string[]): string | undefined => {
    const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
    return error ? undefined : /\d[\d.]+/.exec(`${stdout}${stderr}`)?.[0]
  }
  const versions = Object.entries({
    'task-spooler': firstLine('tsp', '-V'),
    'GNU parallel': firstLine('parallel', '--version'),
    xargs: firstLine('xargs', '--version'),
  })
  return versions.flatMap(([name, version]) => (version === undefined ? [] : `, ${name} ${version}`)).join('')
}

function fileOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not every system has it; the platform's name stands in.
    return ''
  }
}
