/** What a worker leaves alone: one entry's trouble, or the machine's. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { spoolHome } from '../../fixtures/spool-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { QueueError } from '../../lib/errors.ts'
import { Troubles } from '../../lib/worker/containment.ts'

const test = suite('troubles of a worker')

const withCode = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code })

function troublesIn(world: World) {
  const { home, holder } = spoolHome(world)
  const machine: string[] = []
  const lines: string[] = []
  for (const name of ['a', 'b']) writeFileSync(join(home.pending, name), '')
  const troubles = new Troubles({
    home,
    dir: () => holder.dir,
    isBusy: () => false,
    log: (line) => lines.push(line),
    onMachine: (doing) => machine.push(doing),
  })
  return { home, troubles, machine, lines, file: join(holder.dir, 'troubles') }
}

for (const [what, failures, isOfMachine] of [
  ['one entry twice', ['a EIO', 'a EIO'], false],
  ['two entries with different errors', ['a EIO', 'b EACCES'], false],
  ['two entries with the same error', ['a EIO', 'b EIO'], true],
  ['two entries that fail by their content', ['a EISDIR', 'b EISDIR'], false],
  ['one entry, for want of memory', ['a ENOMEM'], true],
] as const)
  test(
    `${what}: ${isOfMachine ? 'the machine’s trouble' : 'no trouble of the machine'}`,
    inWorld((world) => {
      const { troubles, machine } = troublesIn(world)
      for (const failure of failures) {
        const [name = '', code = ''] = failure.split(' ')
        troubles.onFailure(`pending/${name}`, 'read it', withCode(code))
      }
      assert.is(machine.length > 0, isOfMachine)
    }),
  )

test(
  'entries that are known to fail do not stop claiming again',
  inWorld((world) => {
    const { troubles, machine } = troublesIn(world)
    for (let round = 0; round < 3; round++) {
      troubles.beginRound()
      for (const name of ['a', 'b']) troubles.onFailure(`pending/${name}`, 'read it', withCode('EIO'))
    }
    assert.is(machine.length, 1)
  }),
)

test(
  'failures of different rounds are not added up',
  inWorld((world) => {
    const { troubles, machine } = troublesIn(world)
    troubles.onFailure('pending/a', 'read it', withCode('EIO'))
    troubles.beginRound()
    troubles.onFailure('pending/b', 'read it', withCode('EIO'))
    assert.equal(machine, [])
  }),
)

test(
  'a failure is logged once for each reason, and the entry is not tried meanwhile',
  inWorld((world) => {
    const { troubles, lines } = troublesIn(world)
    for (let n = 0; n < 3; n++) troubles.onFailure('pending/a', 'read it', withCode('EIO'))
    troubles.onFailure('pending/a', 'read it', new QueueError('FAILED', 'it is no job'))
    assert.is(lines.length, 2)
    let tried = 0
    troubles.contain('pending/a', 'read it', () => tried++)
    troubles.contain('pending/b', 'read it', () => tried++)
    assert.is(tried, 1)
  }),
)

test(
  'what is left alone is written when it changes, and forgotten with its entry',
  inWorld((world) => {
    const { home, troubles, file } = troublesIn(world)
    troubles.report()
    assert.not(existsSync(file))
    troubles.onFailure('pending/a', 'read it', withCode('EIO'))
    troubles.report()
    assert.match(readFileSync(file, 'utf8'), /"entry":"pending\/a","why":"EIO/)
    rmSync(file)
    troubles.report()
    assert.not(existsSync(file), 'nothing has changed')
    rmSync(join(home.pending, 'a'))
    troubles.report()
    troubles.onFailure('pending/b', 'read it', withCode('EIO'))
    troubles.report()
    assert.not.match(readFileSync(file, 'utf8'), /pending\/a/)
  }),
)

test(
  'an entry that another process took meanwhile is nobody’s trouble',
  inWorld((world) => {
    const { troubles, machine, lines } = troublesIn(world)
    troubles.onFailure('processing/worker-1-gone', 'recover', withCode('ENOENT'))
    assert.equal([machine, lines], [[], []])
  }),
)

test.run()
