/**
 * The crash table as a small model, and the real spool beside it: the same random operations and crashes are done to
 * both, and after each recovery they must agree. Runs have no processes here: what they leave in `run/` is written by
 * hand, so that a death is possible between any two steps.
 */
import { appendFileSync, closeSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import type { Job } from '../../lib/job/job.ts'
import { parseName } from '../../lib/job/file-name.ts'
import { decide } from '../../lib/job/decide.ts'
import { readJob } from '../../lib/job/parse.ts'
import { takeKey } from '../../lib/spool/unique.ts'
import { enqueueOne } from '../../lib/spool/enqueue.ts'
import { listDir, readText } from '../../lib/disk/files.ts'
import type { Home } from '../../lib/spool/layout.ts'
import { adoptHolder, holders, joinWorkers, type OwnHolder } from '../../lib/spool/holders.ts'
import { claim, type Held, promote, stampHeld } from '../../lib/spool/transitions.ts'
import { resume } from '../../lib/run/resume.ts'
import type { RunContext } from '../../lib/run/context.ts'
import { DEFAULTS } from '../../lib/config/schema.ts'
import { runPaths } from '../../lib/run/paths.ts'
import { createOutput } from '../../lib/run/output.ts'
import { settledRecord, startedRecord } from '../../lib/job/record.ts'
import { retryJob } from '../../lib/operator/retry.ts'
import type { State } from '../../lib/job/state.ts'
import { findExact } from '../../lib/spool/lookup.ts'

/** How far a held job has got. */
type Step = 'claimed' | 'stamped' | 'begun' | 'ended' | 'noted' | 'counted'

interface Known {
  at: State
  attempts: number
  interruptions: number
  runs: number
  step?: Step
  code?: number
}

const MAX_RETRIES = 2
const MAX_INTERRUPTIONS = 5
const MARK = '999999 (sh) S 1 999999 999999 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 17 0 0\n'

/** The crash table: what recovery makes of a job in a dead holder's directory. */
function afterRecovery(job: Known): Known {
  const { step, code, ...rest } = job
  const at = (state: State, more: Partial<Known> = {}): Known => ({ ...rest, at: state, ...more })
  const counted = job.attempts + 1
  switch (step ?? 'claimed') {
    case 'ended':
      if (code === 0) return at('completed', { attempts: counted })
      return at(counted >= MAX_RETRIES ? 'dead' : 'failed', { attempts: counted })
    case 'begun': {
      const interruptions = job.interruptions + 1
      return at(interruptions > MAX_INTERRUPTIONS ? 'dead' : 'pending', { interruptions })
    }
    case 'counted':
      return at(code === 0 ? 'completed' : job.attempts >= MAX_RETRIES ? 'dead' : 'failed')
    // Claimed, stamped and not begun, or ended in order to be given back: uncounted.
    case 'claimed':
    case 'stamped':
    case 'noted':
      return at('pending')
  }
}

/** `on` is whatever comes next for the job when all goes well. */
const ACTS = [
  'on',
  'on',
  'on',
  'on',
  'on',
  'on',
  'on',
  'on',
  'on',
  'fail',
  'note',
  'crash',
  'retry',
  'promote',
] as const
type Act = (typeof ACTS)[number] | 'enqueue' | 'claim' | 'stamp' | 'begin' | 'end' | 'count'

function usual(known: Known | undefined): Act {
  if (!known) return 'enqueue'
  if (known.at === 'pending') return 'claim'
  if (known.at === 'failed') return 'promote'
  if (known.at !== 'processing') return 'retry'
  const after = {
    claimed: 'stamp',
    stamped: 'begin',
    begun: 'end',
    ended: 'count',
    noted: 'crash',
    counted: 'crash',
  } as const
  return after[known.step ?? 'claimed']
}

const sequences = (longest: number): fc.Arbitrary<readonly { act: Act; job: number }[]> =>
  fc.array(fc.record({ act: fc.constantFrom(...ACTS), job: fc.nat(1) }), {
    minLength: longest / 2,
    maxLength: longest,
    size: 'max',
  })

class Both {
  readonly #home: Home
  readonly #model = new Map<string, Known>()
  readonly #held = new Map<string, Held>()
  #worker: OwnHolder

  constructor(home: Home) {
    this.#home = home
    this.#worker = joinWorkers(home, 3, 0)
  }

  /** Does the act if the model allows it now. */
  async do(given: Act, id: string): Promise<void> {
    const known = this.#model.get(id)
    const act = given === 'on' ? usual(known) : given
    const held = this.#held.get(id)
    if (act === 'enqueue' && !known) {
      enqueueOne(this.#home, { id, command: 'true', max_retries: MAX_RETRIES }, { ...DEFAULTS, takeKey })
      this.#model.set(id, { at: 'pending', attempts: 0, interruptions: 0, runs: 0 })
    } else if (act === 'claim' && known?.at === 'pending') this.#claim(id, known)
    else if (act === 'crash') await this.#crash()
    else if (act === 'promote') {
      promote(this.#home, Date.now() + 3_600_000, DEFAULTS.max_backoff)
      for (const job of this.#model.values()) if (job.at === 'failed') job.at = 'pending'
    } else if (act === 'retry' && known && ['dead', 'failed', 'completed'].includes(known.at)) {
      await retryJob(this.#home, id)
      Object.assign(known, { at: 'pending', attempts: 0, interruptions: 0 })
    } else if (known?.step && held) await this.#goOn(act, id, known, held)
  }

  #claim(id: string, known: Known): void {
    const fileName = listDir(this.#home.pending).find((name) => parseName(name)?.id === id) ?? ''
    const name = parseName(fileName)
    const held = name && claim(this.#home, this.#worker.dir, fileName, name)
    assert.ok(held, `${id} can be claimed`)
    if (held) this.#held.set(id, held)
    Object.assign(known, { at: 'processing', step: 'claimed' })
  }

  async #goOn(act: Act, id: string, known: Known, held: Held): Promise<void> {
    const job = readJob(readText(held.path) ?? '', held.name, 'processing')
    const paths = runPaths(this.#home, id, job.runs)
    if (act === 'stamp' && known.step === 'claimed') {
      const run = Math.max(known.runs, job.runs) + 1
      const next = startedRecord(job, { run, worker: this.#worker.name, slot: 1, at: Date.now() })
      assert.ok(await stampHeld(held, next))
      const output = createOutput(this.#home, id, run)
      assert.ok(output, `run ${run} of ${id} is new`)
      if (output) for (const fd of [output.out, output.err]) closeSync(fd)
      Object.assign(known, { step: 'stamped', runs: run })
    } else if (act === 'begin' && known.step === 'stamped') {
      execFileSync('mkfifo', [paths.fifo])
      writeFileSync(paths.mark, MARK)
      known.step = 'begun'
    } else if ((act === 'end' || act === 'fail') && known.step === 'begun') {
      known.code = act === 'end' ? 0 : 1
      appendFileSync(paths.mark, `${known.code}\n`)
      known.step = 'ended'
    } else if (act === 'note' && known.step === 'begun') {
      writeFileSync(paths.note, '{"why":"give-back"}')
      known.step = 'noted'
    } else if (act === 'count' && known.step === 'ended') await this.#count(job, known, held)
  }

  /** Stamps the verdict, and dies before the move. */
  async #count(job: Job, known: Known, held: Held): Promise<void> {
    const outcome = { kind: 'exited', code: known.code ?? 0 } as const
    const verdict = decide(outcome, job, DEFAULTS, Date.now(), 0)
    assert.ok(await stampHeld(held, settledRecord(job, outcome, verdict, { run: job.runs, finishedAt: Date.now() })))
    known.step = 'counted'
    known.attempts++
  }

  /** The worker dies: the kernel closes what it held. Another one takes over and reads how far it got. */
  async #crash(): Promise<void> {
    const alive = join(this.#worker.dir, 'alive')
    for (const fd of readdirSync('/proc/self/fd')) if (linkOf(fd) === alive) closeSync(Number(fd))
    this.#worker = joinWorkers(this.#home, 3, 0)
    for (const holder of holders(this.#home))
      if (holder.life === 'dead') await this.#recover(adoptHolder(this.#home, holder))
    this.#held.clear()
    for (const [id, job] of this.#model) if (job.at === 'processing') this.#model.set(id, afterRecovery(job))
    this.agree()
  }

  async #recover(taken: OwnHolder | undefined): Promise<void> {
    assert.ok(taken)
    if (!taken) return
    const ctx: RunContext = {
      home: this.#home,
      holder: this.#worker,
      config: DEFAULTS,
      configOf: () => DEFAULTS,
      letGo: () => {},
      noteOutcome: () => {},
      record() {},
      callHook() {},
      log() {},
      retryUntilDone: async (_doing, act) => act(),
    }
    for (const fileName of listDir(taken.dir).filter((name) => parseName(name) !== undefined))
      await resume(ctx, taken.dir, fileName, { slot: 1, adopt: () => undefined })
    taken.leave()
  }

  /** @throws when the disk and the model tell different tales. */
  agree(): void {
    const whole = assertHomeIntact(this.#home.root)
    for (const [id, known] of this.#model) {
      const seen = findExact(this.#home, id)
      const job = seen && readJob(readText(seen.path) ?? '', seen.name, seen.state)
      assert.equal(
        { id, at: whole.get(id), attempts: job?.attempts, interruptions: job?.interruptions },
        { id, at: known.at, attempts: known.attempts, interruptions: known.interruptions },
      )
    }
    assert.is(whole.size, this.#model.size)
  }

  close(): void {
    this.#worker.leave()
  }
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The descriptor by which /proc itself was read.
    return ''
  }
}

/** Random sequences against both. @throws fast-check's account of the shortest one that fails. */
export async function check(makeHome: () => Home, runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(sequences(60), async (acts) => {
    const both = new Both(makeHome())
    for (const { act, job } of acts) await both.do(act, `job${job}`)
    await both.do('crash', '')
    both.close()
  })
  await fc.assert(property, { numRuns: runs, seed })
}
