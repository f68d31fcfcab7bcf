/** Who is alive, by table: what a card says, against what can be seen from here. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LeaseWatch } from '../../lib/spool/lease-watch.ts'
import { type HolderIdentity, judgeLife, type Sighted } from '../../lib/spool/holder-life.ts'

const test = suite('judging a life')

const ME = { pid: 10, start: '100', boot: 'boot1', machine: 'machine1', ns: '1' }

/** A worker of this kernel, with a FIFO that no process holds. */
const CARD = { ...ME, pid: 20, device: 7 }

interface Case {
  readonly card?: Partial<HolderIdentity>
  readonly fifo?: Sighted['fifo']
  readonly isRunning?: boolean
  readonly isLocal?: boolean
  readonly isOlderThanBoot?: boolean
}

function judged({
  card = {},
  fifo = 'free',
  isRunning = false,
  isLocal = true,
  isOlderThanBoot = false,
}: Case): string {
  return judgeLife({
    me: ME,
    device: 7,
    card: { ...CARD, ...card },
    fifo,
    isRunning: () => isRunning,
    isLocal: () => isLocal,
    isOlderThanBoot: () => isOlderThanBoot,
  })
}

const after = { boot: 'boot0' }
const clone = { boot: 'boot2' }
const container = { ns: '2' }
const other = { boot: 'boot2', machine: 'machine2' }
const noMachineId = { boot: 'boot0', machine: 'boot0' }
const old = { ns: undefined, device: undefined } as unknown as Partial<HolderIdentity>

const CASES: Record<string, readonly [Case, string]> = {
  'its FIFO is held': [{ fifo: 'held' }, 'alive'],
  'its FIFO is held, though its card is another boot’s: it is being taken over': [
    { card: after, fifo: 'held', isOlderThanBoot: true },
    'alive',
  ],
  'its FIFO is free': [{ isRunning: true }, 'dead'],
  'its FIFO is free, in another pid namespace': [{ card: container }, 'dead'],
  'its FIFO is free, but on another device: it is another FIFO': [{ card: { device: 8 }, isRunning: true }, 'alive'],
  'on another device, in another pid namespace': [{ card: { device: 8, ...container } }, 'elsewhere'],
  'on another device, and its process is gone, on a network': [{ card: { device: 8 }, isLocal: false }, 'elsewhere'],
  'without a FIFO, its process runs': [{ fifo: 'unknown', isRunning: true }, 'alive'],
  'without a FIFO, its process is gone': [{ fifo: 'unknown' }, 'dead'],
  'without a FIFO, in another pid namespace, where the same pid runs here': [
    { card: container, fifo: 'unknown', isRunning: true },
    'watch',
  ],
  'of another boot, last seen before ours': [{ card: after, isOlderThanBoot: true }, 'dead'],
  'of another boot, last seen before ours, of a machine without an id': [
    { card: noMachineId, isOlderThanBoot: true },
    'dead',
  ],
  'of another boot, last seen since ours: a guest, or the clock was wrong': [{ card: after }, 'watch'],
  'of another machine, on a file system of ours: a guest': [{ card: other }, 'watch'],
  'of another boot with our machine id, on a network: we before, or a clone': [
    { card: clone, isLocal: false, isOlderThanBoot: true },
    'watch',
  ],
  'of another boot without a machine id, on a network': [
    { card: noMachineId, isLocal: false, isOlderThanBoot: true },
    'elsewhere',
  ],
  'of another machine, on a network': [{ card: other, isLocal: false, isOlderThanBoot: true }, 'elsewhere'],
  'of another machine, on a network, where the same pid runs here': [
    { card: other, isLocal: false, fifo: 'unknown', isRunning: true },
    'elsewhere',
  ],
  'of an older version, of another machine': [{ card: { ...old, machine: 'machine2' } }, 'elsewhere'],
  'of an older version, its FIFO is free': [{ card: old }, 'dead'],
  'of an older version, of an earlier boot': [{ card: { ...old, ...after }, fifo: 'unknown', isRunning: true }, 'dead'],
  'of an older version, its process runs': [{ card: old, fifo: 'unknown', isRunning: true }, 'alive'],
}
for (const [what, [given, expected]] of Object.entries(CASES))
  test(`${what}: ${expected}`, () => assert.is(judged(given), expected))

for (const isLocal of [true, false])
  test(`a holder whose card is torn is ${isLocal ? 'dead' : 'elsewhere'} ${isLocal ? 'here' : 'on a network'}`, () => {
    const seen = { me: ME, device: 7, card: undefined, fifo: 'unknown' as const }
    const never = (): boolean => false
    assert.is(
      judgeLife({ ...seen, isRunning: never, isOlderThanBoot: never, isLocal: () => isLocal }),
      isLocal ? 'dead' : 'elsewhere',
    )
  })

test('a lease is over once it has not changed for three renewals, and a renewal begins the watch anew', () => {
  let now = 0
  const watch = new LeaseWatch(() => now)
  const isOver = (at: number, stamp: string): boolean => {
    now = at
    return watch.isOver('worker-1', stamp, 1000)
  }
  assert.equal([isOver(0, 'a'), isOver(2999, 'a'), isOver(2999, 'b'), isOver(5998, 'b')], [false, false, false, false])
  assert.is(watch.next, 5999)
  assert.is(isOver(5999, 'b'), true)
  assert.is(watch.next, Number.POSITIVE_INFINITY)
})

test('a lease that was not seen for a while is watched from the beginning', () => {
  let now = 0
  const watch = new LeaseWatch(() => now)
  watch.isOver('worker-1', 'a', 1000)
  watch.keep([])
  now = 3000
  assert.is(watch.isOver('worker-1', 'a', 1000), false)
})

test.run()
