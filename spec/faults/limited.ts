/** What is put under a fault: jobs under limits, and settings of queues. */
import { closeSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { add as here, isUp, letGo, program, settles, untilLetGo } from '../../fixtures/jobs.ts'
import { claimFile, put, spoolHome } from '../../fixtures/spool-home.ts'
import type { World } from '../../fixtures/world.ts'
import { holdFifo, makeFifos } from '../../lib/disk/fifo.ts'
import { type Claiming, signNumber, takeNumber } from '../../lib/spool/limits.ts'
import { add, BURST, type Operation, type Seen } from './operations.ts'

/** A command that notes its start and holds a lock of the kernel on the whole queue meanwhile. */
const alone = `${program('alone.sh')} "$QUEUECTL_HOME/../$QUEUECTL_JOB_ID" ${program('alone.sh')} "$QUEUECTL_HOME/../mail" true`

/** All ran, no two at a time, and no number is lost. */
function oneAtATime({ whole, world }: Seen): void {
  for (const [id, state] of whole) assert.is(state, 'completed', id)
  assert.not.ok(existsSync(join(world.dir, 'mail.overlaps')), 'two ran at a time')
  const limits = join(world.home, 'limits')
  const left = existsSync(limits) ? readdirSync(limits, { recursive: true }).map(String) : []
  assert.equal(
    left.filter((name) => name.includes('~')),
    [],
    'a number was lost',
  )
}

/** After a death, entries that count no more may lie there until a job wants the number. */
const untilWanted =
  (by: { readonly queue: string } | { readonly key: string }) =>
  async (seen: Seen): Promise<void> => {
    await seen.world.queue.enqueue({ command: 'true', ...by, cwd: '/' })
    await seen.world.cli(BURST)
    oneAtATime(seen)
  }

export const LIMITED: readonly Operation[] = [
  {
    name: 'run jobs of a queue that has a limit',
    prepare: async (world) => {
      await world.queue.setQueue('mail', { limit: 1 })
      for (const id of ['job1', 'job2']) await add(world, alone, { id, queue: 'mail', max_retries: 9 })
    },
    args: [...BURST, '--count', '2'],
    judge: untilWanted({ queue: 'mail' }),
  },
  {
    name: 'take over from a worker that was killed while it ran a job under a limit',
    prepare: async (world) => {
      await world.queue.setQueue('mail', { limit: 1 })
      await here(world, untilLetGo('a'), { id: 'job1', queue: 'mail' })
      const worker = await world.startWorker()
      await isUp(world, 'a')
      worker.kill('SIGKILL')
      await worker.ended
      await add(world, alone, { id: 'job2', queue: 'mail', max_retries: 9 })
      letGo(world, 'a')
    },
    args: BURST,
    judge: untilWanted({ queue: 'mail' }),
  },
  {
    name: 'run jobs of one key, one of which has it not in its name',
    prepare: async (world) => {
      await add(world, alone, { id: 'job1', key: 'a', max_retries: 9 })
      await add(world, alone, { id: 'job2', max_retries: 9 })
      const file = readdirSync(join(world.home, 'pending')).find((name) => name.endsWith('-job2.json')) ?? ''
      const path = join(world.home, 'pending', file)
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), key: 'a' }))
    },
    args: [...BURST, '--count', '2'],
    judge: untilWanted({ key: 'a' }),
  },
  {
    name: 'set a limit',
    prepare: async (world) => void (await world.queue.setQueue('mail', { limit: 5 })),
    args: ['queue', 'set', 'mail', '--limit', '1'],
    judge: ({ ran, world }) => {
      const text = readFileSync(join(world.home, 'queues/mail.json'), 'utf8')
      const { limit } = JSON.parse(text) as { limit: number }
      assert.ok(limit === 1 || (limit === 5 && ran.code !== 0), text)
    },
  },
]

/** A claim of a job, and the FIFO of its run. */
function claimed(world: World, id: string) {
  const spool = spoolHome(world)
  const { home, holder } = spool
  const { fileName } = claimFile(spool, put(home, 'pending', { id, queue: 'mail' }))
  const fifo = join(home.tmp, `${id}.fifo`)
  makeFifos([fifo])
  const claim: Claiming = { worker: holder.name, fileName, nonce: 'abc123', fifo }
  const leave = (): void => renameSync(join(holder.dir, fileName), join(home.hold, fileName))
  return { home, claim, leave }
}

const ONE = { name: 'q.mail', cap: 1 }

/** A number is free exactly when its job is not held any more and no process of its run is alive. */
export function numberCounts(world: World): void {
  const first = claimed(world, 'a')
  const { home } = first
  const asker = { home, isPresent: () => true }
  const isTaken = (id: string): boolean => takeNumber(asker, ONE, claimed(world, id).claim) === undefined
  assert.ok(takeNumber(asker, ONE, first.claim))
  assert.ok(isTaken('b'), 'its job is held, and its shell has not begun')
  const fd = holdFifo(first.claim.fifo)
  assert.ok(isTaken('c'), 'it runs')
  first.leave()
  assert.ok(isTaken('d'), 'its worker has lost it, and it runs on')
  closeSync(fd)
  assert.not.ok(isTaken('e'), 'nothing is left of it')
}

/** What we took in an earlier claim of the same job does not keep us waiting. */
export function ownEarlierClaim(world: World): void {
  const { home, claim } = claimed(world, 'a')
  const asker = { home, isPresent: ({ nonce }: { nonce: string }) => nonce === 'def456' }
  assert.ok(takeNumber(asker, ONE, claim))
  assert.ok(takeNumber(asker, ONE, { ...claim, nonce: 'def456' }))
}

/** Numbers above a lowered cap whose workers were killed keep nobody waiting. */
export function loweredThenKilled(world: World): void {
  const claims = ['a', 'b', 'c'].map((id) => claimed(world, id))
  for (const { home, claim } of claims) signNumber(home, ONE.name, claim)
  for (const { leave } of claims) leave()
  const next = claimed(world, 'd')
  assert.ok(takeNumber({ home: next.home, isPresent: () => true }, ONE, next.claim))
}

/** Settings are not said to be obeyed before every run has its number. */
export async function signedBeforeObeyed(world: World): Promise<void> {
  for (const name of ['a', 'b']) await here(world, untilLetGo(name), { id: name, queue: 'mail' })
  await world.startWorker({ count: 3 })
  for (const name of ['a', 'b']) await isUp(world, name)
  await world.queue.setQueue('mail', { limit: 1 })
  assert.is((await world.queue.limits())[0]?.taken.length, 2)
  for (const name of ['a', 'b']) letGo(world, name)
  await settles(world.queue, 'b')
}

/** A run that outlives its worker keeps its number. */
export async function outlivesItsWorker(world: World): Promise<void> {
  await world.queue.setQueue('mail', { limit: 1 })
  // The second one is started by a shell that is there.
  await here(world, 'true', { queue: 'mail' })
  const { id } = await here(world, untilLetGo('a'), { queue: 'mail' })
  const worker = await world.startWorker()
  await isUp(world, 'a')
  worker.kill('SIGKILL')
  await worker.ended
  await here(world, 'echo >ran', { id: 'b', queue: 'mail' })
  const next = await world.startWorker({ count: 2 })
  await here(world, 'true', { id: 'other' })
  await settles(world.queue, 'other')
  assert.not.ok(existsSync(join(world.dir, 'ran')), 'it ran beside it')
  letGo(world, 'a')
  await settles(world.queue, 'b')
  await settles(world.queue, id)
  next.kill()
}
