/** The numbers of limits: who has one, and when it is free again. */
import { closeSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld, type World } from '../../fixtures/world.ts'
import { claimFile, put, spoolHome, type SpoolHome } from '../../fixtures/spool-home.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import {
  type Asker,
  type Claiming,
  type NumberEntry,
  hasFree,
  letGo,
  signNumber,
  sweepLimits,
  takenNumbers,
  takeNumber,
} from '../../lib/spool/limits.ts'

const test = suite('numbers of a limit')

const LIMIT = { name: 'q.mail', cap: 2 }

interface Here extends SpoolHome {
  readonly asker: Asker
  /** Claims a job and makes the FIFO of its run. */
  claimed(id: string): Claiming
}

function here(world: World): Here {
  const spool = spoolHome(world)
  const { home, holder } = spool
  return {
    ...spool,
    asker: { home, isPresent: () => true },
    claimed(id) {
      const { fileName } = claimFile(spool, put(home, 'pending', { id, queue: 'mail' }))
      const fifo = join(home.tmp, `${id}.fifo`)
      makeFifos([fifo])
      return { worker: holder.name, fileName, nonce: 'abc123', fifo }
    },
  }
}

const take = ({ asker }: Here, claim: Claiming): NumberEntry | undefined => takeNumber(asker, LIMIT, claim)
/** The job has left our directory, as if another process had taken the directory over. */
const leaves = ({ home, holder }: Here, { fileName }: Claiming): void =>
  renameSync(join(holder.dir, fileName), join(home.pending, fileName))

test(
  'each job gets another number, and no more than there are',
  inWorld((world) => {
    const at = here(world)
    const numbers = ['a', 'b', 'c'].map((id) => take(at, at.claimed(id))?.number)
    assert.equal(numbers, [1, 2, undefined])
    assert.not.ok(hasFree(at.asker, LIMIT))
  }),
)

test(
  'a number that was let go is free, and its directory gone',
  inWorld((world) => {
    const at = here(world)
    const entry = take(at, at.claimed('a'))
    assert.ok(entry)
    if (entry) assert.not.ok(letGo(at.home, entry))
    assert.equal(readdirSync(join(at.home.limits, 'q.mail')), [])
    assert.is(take(at, at.claimed('b'))?.number, 1)
  }),
)

test(
  'who lets a number go is told when somebody wanted one, once',
  inWorld((world) => {
    const at = here(world)
    const entries = ['a', 'b'].map((id) => take(at, at.claimed(id)))
    assert.not.ok(hasFree(at.asker, LIMIT))
    assert.equal(
      entries.map((entry) => entry && letGo(at.home, entry)),
      [true, false],
    )
  }),
)

for (const [isThere, isHeld, counts] of [
  [true, true, true],
  [true, false, true],
  [false, true, true],
  [false, false, false],
] as const)
  test(
    `a number counts: ${counts}, where the job is in its worker's directory: ${isThere}, and its FIFO held: ${isHeld}`,
    inWorld((world) => {
      const at = here(world)
      const claim = at.claimed('a')
      take(at, claim)
      const fd = isHeld ? holdFifo(claim.fifo) : undefined
      if (!isThere) leaves(at, claim)
      assert.is(takenNumbers(at.home, LIMIT.name).length, counts ? 1 : 0)
      assert.is(takeNumber(at.asker, { ...LIMIT, cap: 1 }, at.claimed('b')) === undefined, counts)
      if (fd !== undefined) closeSync(fd)
    }),
  )

test(
  'an entry of an earlier claim of our own counts by its FIFO alone',
  inWorld((world) => {
    const at = here(world)
    const claim = at.claimed('a')
    takeNumber(at.asker, { ...LIMIT, cap: 1 }, claim)
    const again = { ...claim, nonce: 'def456' }
    const ours: Asker = { home: at.home, isPresent: ({ nonce }) => nonce === again.nonce }
    assert.is(takeNumber(ours, { ...LIMIT, cap: 1 }, again)?.number, 1)
  }),
)

test(
  'the job is looked for under its very name, not under one that begins like it',
  inWorld((world) => {
    const at = here(world)
    const claim = at.claimed('a')
    take(at, claim)
    leaves(at, claim)
    writeFileSync(join(at.holder.dir, `${claim.fileName}.new`), '')
    assert.equal(takenNumbers(at.home, LIMIT.name), [])
  }),
)

for (const [what, make] of Object.entries({
  'a file of any name': (dir: string) => writeFileSync(join(dir, 'me'), ''),
  'a name like ours of no job': (dir: string) => writeFileSync(join(dir, '1-abcdef~job~abc123'), ''),
}))
  test(
    `${what} in the directory of a number takes it until it is removed`,
    inWorld((world) => {
      const at = here(world)
      const dir = join(at.home.limits, 'q.mail/1')
      mkdirSync(dir, { recursive: true })
      make(dir)
      sweepLimits(at.home)
      assert.is(take(at, at.claimed('a'))?.number, 2)
      rmSync(dir, { recursive: true })
      assert.is(take(at, at.claimed('b'))?.number, 1)
    }),
  )

test(
  'a file in the place of a number takes it',
  inWorld((world) => {
    const at = here(world)
    mkdirSync(join(at.home.limits, 'q.mail'), { recursive: true })
    writeFileSync(join(at.home.limits, 'q.mail/1'), '')
    assert.is(take(at, at.claimed('a'))?.number, 2)
  }),
)

test(
  'runs that are signed for above the cap keep others waiting until fewer run than it allows',
  inWorld((world) => {
    const at = here(world)
    const entries = ['a', 'b', 'c'].map((id) => signNumber(at.home, LIMIT.name, at.claimed(id)))
    assert.equal(
      entries.map(({ number }) => number),
      [1, 2, 3],
    )
    const [a, b] = entries
    if (a) letGo(at.home, a)
    assert.is(take(at, at.claimed('d')), undefined)
    if (b) letGo(at.home, b)
    assert.is(take(at, at.claimed('e'))?.number, 1)
  }),
)

test(
  'numbers above a lowered cap whose workers were killed keep nobody waiting',
  inWorld((world) => {
    const at = here(world)
    const claims = ['a', 'b', 'c'].map((id) => at.claimed(id))
    for (const claim of claims) signNumber(at.home, LIMIT.name, claim)
    for (const claim of claims) leaves(at, claim)
    assert.is(takeNumber(at.asker, { ...LIMIT, cap: 1 }, at.claimed('d'))?.number, 1)
    assert.equal(readdirSync(join(at.home.limits, 'q.mail')), ['1'])
  }),
)

test(
  'the sweep removes what counts no more, and leaves what does',
  inWorld((world) => {
    const at = here(world)
    const [a, b] = ['a', 'b'].map((id) => at.claimed(id))
    if (!a || !b) return
    take(at, a)
    signNumber(at.home, 'q.old', b)
    leaves(at, b)
    sweepLimits(at.home)
    assert.equal(readdirSync(at.home.limits), ['q.mail'])
    assert.equal(readdirSync(join(at.home.limits, 'q.mail')), ['1'])
  }),
)

test(
  'the longest names of all fit',
  inWorld((world) => {
    const at = here(world)
    const { home, holder } = at
    const fileName = put(home, 'pending', { id: 'i'.repeat(128), queue: 'q'.repeat(64) })
    claimFile(at, fileName)
    const fifo = join(home.tmp, 'f')
    makeFifos([fifo])
    const worker = `worker-4194303-${holder.name.slice(-6)}`
    assert.ok(
      takeNumber(at.asker, { name: `q.${'q'.repeat(64)}`, cap: 1 }, { worker, fileName, nonce: 'abc123', fifo }),
    )
    assert.ok(existsSync(join(home.limits, `q.${'q'.repeat(64)}/1`)))
  }),
)

test.run()
