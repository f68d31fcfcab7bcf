/**
 * Fixes findings for `doctor --fix`. Each remedy is what a worker's maintenance, recovery or claim would do sooner or later,
 * done by the same functions.
 *
 * Crash: as in those functions. A holder that was taken over becomes the directory of a dead holder again.
 */
import { dirname, join, relative } from 'node:path'
import { nowMs } from '../clock.ts'
import { runChecks } from './checks.ts'
import { type CheckResult, type Diagnosis, type Finding, isUnfixed, type Remedy } from './finding.ts'
import { parseName } from '../job/file-name.ts'
import { exists, makeDir, removeScratchDir } from '../disk/files.ts'
import { jobFiles } from '../spool/scan.ts'
import { type Holder, holderOf, heldFileNames, adoptHolder } from '../spool/holders.ts'
import { type Home, refuseUnsafe } from '../spool/layout.ts'
import { putBackIntakeOf } from '../spool/intake.ts'
import { resume } from '../run/resume.ts'
import { sweepTrace } from '../run/settled-traces.ts'
import { mayBeAlive } from '../run/traces.ts'
import { giveBackOperator } from '../operator/give-back.ts'
import { quarantine } from '../spool/corrupt.ts'
import { discardFifos } from '../run/fifo-pool.ts'
import { operatorHooks, operatorContext } from '../run/context.ts'

/** Checks a home and, with `fix`, applies the remedies. @throws QueueError as `Queue.diagnose` */
export async function diagnose(home: Home, fix: boolean): Promise<Diagnosis> {
  const checks = runChecks(home, nowMs())
  // Never move files that another user may have put there.
  if (fix) refuseUnsafe(home)
  const after: CheckResult[] = []
  for (const one of checks) after.push(fix ? await fixAll(home, one) : one)
  return { home: home.root, healthy: !after.some(({ findings }) => findings.some(isUnfixed)), checks: after }
}

async function fixAll(home: Home, checked: CheckResult): Promise<CheckResult> {
  const findings: Finding[] = []
  for (const finding of checked.findings)
    findings.push(finding.remedy ? await fixFinding(home, finding, finding.remedy) : finding)
  return { ...checked, findings }
}

/** Applies one remedy. If it fails, its finding stays, and the others go on. */
async function fixFinding(home: Home, finding: Finding, remedy: Remedy): Promise<Finding> {
  try {
    const { did, left } = await applyRemedy(home, remedy)
    if (left.length === 0) return { ...finding, fixed: did }
    return { ...finding, ...(did.length === 0 ? {} : { partly_fixed: did }), advice: left.join('; ') }
  } catch (error) {
    return { ...finding, advice: `not fixed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** A sentence for each move, and for each thing that only a worker can do; both empty if there was nothing left to do. */
interface FixResult {
  readonly did: readonly string[]
  readonly left: readonly string[]
}

const NOTHING: FixResult = { did: [], left: [] }
const did = (...lines: readonly string[]): FixResult => ({ did: lines, left: [] })

async function applyRemedy(home: Home, remedy: Remedy): Promise<FixResult> {
  const shown = (path: string): string => relative(home.root, path)
  switch (remedy.kind) {
    case 'make':
      return makeDir(remedy.path) ? did(`made ${shown(remedy.path)}/`) : NOTHING
    case 'sweep':
      if (dirname(remedy.path) === home.run) sweepTrace(home, remedy.path)
      else removeScratchDir(remedy.path)
      return did(`removed ${shown(remedy.path)}`)
    case 'set_aside':
      if (mayBeAlive(home, parseName(remedy.fileName)?.id ?? ''))
        return { did: [], left: ['a process of an earlier run is alive, or may be: it is quarantined after that'] }
      return quarantine(home, remedy.path, remedy.fileName, remedy.reason)
        ? did(`moved ${shown(remedy.path)} to corrupt/, bytes untouched`)
        : NOTHING
    case 'recover':
      return recoverFrom(home, remedy.holder)
  }
}

async function recoverFrom(home: Home, name: string): Promise<FixResult> {
  const dead = holderOf(home, name)
  if (dead?.life !== 'dead') return NOTHING
  const moved: string[] = []
  const left: string[] = []
  if (dead.kind === 'operator') {
    await giveBackOperator({ home, log: (line) => moved.push(line) }, dead, {
      takeUpRun: async (_dir, fileName) => {
        left.push(`${fileName} was running; the next worker resumes it: queuectl worker start`)
      },
      contain: (_entry, doing, act) => contain(left, doing, act),
    })
  } else await recoverFromWorker(home, dead, moved, left)
  return moved.length + left.length === 0 ? did(`removed processing/${name}: it held no job`) : { did: moved, left }
}

/** A failure with one job is a line of what is left, and the others go on. */
async function contain(left: string[], doing: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    left.push(`cannot ${doing}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Settles runs that have ended and puts back jobs that never began. Running ones are left for a worker to adopt. */
async function recoverFromWorker(home: Home, dead: Holder, moved: string[], left: string[]): Promise<void> {
  const holder = adoptHolder(home, dead)
  if (!holder) return
  const hooks = operatorHooks(home)
  const ctx = operatorContext(home, holder, hooks)
  try {
    await contain(left, 'put back what it was taking in', async () => putBackIntakeOf(home, holder.dir))
    for (const fileName of heldFileNames(holder.dir))
      await contain(left, `resume ${fileName}`, async () => {
        await resume(ctx, holder.dir, fileName, { slot: 0, adopt: () => undefined })
        if (exists(join(holder.dir, fileName)))
          left.push(`${fileName} still runs, and the next worker adopts it: queuectl worker start`)
        else moved.push(`moved processing/${dead.name}/${fileName} to ${presentPath(home, fileName)}`)
      })
    discardFifos(home, dead.name)
  } finally {
    holder.leave()
    await hooks.finish()
  }
}

/** Where a job of this name is now: under the same name, or the last file of its id. */
function presentPath(home: Home, fileName: string): string {
  const id = parseName(fileName)?.id
  const all = [...jobFiles(home)].filter((file) => file.name.id === id)
  const file = all.find((one) => one.fileName === fileName) ?? all.at(-1)
  return file ? relative(home.root, file.path) : 'corrupt/'
}
