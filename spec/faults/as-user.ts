/**
 * Chaos once more as an ordinary user, to whom /proc does not show every process: root sees them all, and so would never
 * meet a rule that takes what it cannot see for gone.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnv, ROOT } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import type { Plan } from './plan.ts'

/** A uid that no account has. */
const UID = 54_321
/** A storm as root has this many times the signals. */
const PART = 5

export async function asOrdinaryUser({ seed, rounds, say }: Plan): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) skip('it is an ordinary user who runs all of this')
  const user = ['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups'] as const
  const script = join(ROOT, 'dist/spec/faults/faults.js')
  if (spawnSync(user[0], [...user.slice(1), 'test', '-r', script]).status !== 0)
    skip('an ordinary user may not read this directory, or there is no setpriv')
  const scratch = mkdtempSync(join(tmpdir(), 'queuectl-user-'))
  try {
    chownSync(scratch, UID, UID)
    const args = ['--only', 'chaos', '--seed', String(seed), '--rounds', String(Math.ceil(rounds / PART))]
    const child = spawn(user[0], [...user.slice(1), process.execPath, script, ...args], {
      cwd: '/',
      env: { ...cleanEnv(), HOME: scratch, TMPDIR: scratch },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    const lines = output
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('npm run'))
    for (const line of lines) say(`user: ${line}`)
    return code === 0 ? [] : lines.filter((line) => line.startsWith('FAILED'))
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}
