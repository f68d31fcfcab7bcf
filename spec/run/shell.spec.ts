/** Resident shells: a command notices nothing of the one before it, whichever way it is started. */
import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  eventsOf,
  isAlive,
  isUp,
  letGo,
  outputOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { childrenOf, signal } from '../../fixtures/processes.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { startTimeOf } from '../../lib/disk/process.ts'

const test = suite('resident shells')

/** What a shell would take amiss as a variable sends a job to a process of its own. */
const WAYS = { 'a resident shell': {}, 'a process of its own': { stdin: '' } } as const

const COMMANDS: readonly (readonly [string, string | readonly string[], string])[] = [
  [
    'quotes, blanks and line ends',
    ['printf', '%s|', "it's", '"two  words"', 'a\nb', '', '$HOME `id` \\'],
    `it's|"two  words"|a\nb||$HOME \`id\` \\|`,
  ],
  ['a program that is called like a builtin', ['exit', '3'], ''],
  ['what ends the shell it runs in', 'exec 3>&-; exit 0', ''],
  ['what kills its own process group', 'trap "" TERM; kill 0; echo alive', 'alive\n'],
]

for (const [way, more] of Object.entries(WAYS)) {
  for (const [what, command, output] of COMMANDS)
    test(
      `${way} starts ${what} as it stands`,
      inWorld(async (world) => {
        await add(world, command, { id: 'job1', max_retries: 1, ...more })
        await runAll(world)
        assert.is((await outputOf(world.queue, 'job1')).out, output)
      }),
    )

  test(
    `${way} hands on the variables of the job, and none of its own`,
    inWorld(async (world) => {
      const env = { A: "it's\nmine", QUEUECTL_JOB_ID: 'not yours' }
      await add(world, 'env -0 | tr "\\n\\0" " \\n" | grep -E "^(A|QUEUECTL_JOB_ID|QUEUECTL_RUN|queuectl.*)="', {
        id: 'job1',
        env,
        ...more,
      })
      await runAll(world)
      const { out } = await outputOf(world.queue, 'job1')
      assert.equal(out.trim().split('\n').toSorted(), ["A=it's mine", 'QUEUECTL_JOB_ID=job1', 'QUEUECTL_RUN=1'])
    }),
  )
}

test(
  'a slot starts one command after another with the same shell',
  inWorld(async (world) => {
    for (const id of ['job1', 'job2', 'job3']) await add(world, 'echo $PPID', { id })
    await runAll(world)
    const pids = await Promise.all(['job1', 'job2', 'job3'].map(async (id) => (await outputOf(world.queue, id)).out))
    assert.is(new Set(pids).size, 1)
  }),
)

const left = (world: World): number => Number(readFileSync(join(world.dir, 'left'), 'utf8'))

test(
  'a run that leaves something behind has its shell for itself',
  inWorld(async (world) => {
    await add(world, `sleep 300 & echo $! >left; echo $PPID`, { id: 'job1', cwd: world.dir })
    await add(world, 'echo $PPID', { id: 'job2' })
    await runAll(world)
    assert.is.not((await outputOf(world.queue, 'job1')).out, (await outputOf(world.queue, 'job2')).out)
    signal(left(world), 'SIGKILL')
  }),
)

test(
  'ending a run spares what an earlier one left in the group and hid',
  inWorld(async (world) => {
    await add(world, `sleep 300 3>&- & echo $! >left`, { id: 'job1', cwd: world.dir })
    const worker = await world.startWorker()
    await settles(world.queue, 'job1')
    // Start times count in hundredths of a second: what began in the same one cannot be told from the next run's.
    await until(
      () => Math.floor(uptime() * 100) > Number(startTimeOf(left(world))),
      SOON_MS,
      'the next hundredth begins',
    )
    await add(world, `${untilLetGo('a')} 3>&-`, { id: 'job2' })
    await isUp(world, 'a')
    await world.queue.cancel('job2')
    assert.ok(isAlive(left(world)))
    signal(left(world), 'SIGKILL')
    worker.kill()
    await worker.ended
  }),
)

test(
  'a shell that is killed while it waits costs the next job nothing',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await add(world, 'true', { id: 'job1' })
    await settles(world.queue, 'job1')
    const [shell = 0] = childrenOf(worker.info.pid)
    signal(shell, 'SIGKILL')
    await add(world, 'true', { id: 'job2' })
    const job = await settles(world.queue, 'job2')
    assert.equal([job.attempts, job.interruptions], [1, 0])
    worker.kill()
    await worker.ended
    assertHomeIntact(world.home)
  }),
)

test(
  'the time of an adopted run counts from its own beginning and not from its shell’s',
  inWorld(async (world) => {
    const victim = await world.startWorker()
    await add(world, 'sleep 1.5', { id: 'job1' })
    await settles(world.queue, 'job1')
    await add(world, untilLetGo('a'), { id: 'job2', timeout: 2 })
    await isUp(world, 'a')
    victim.kill('SIGKILL')
    await victim.ended
    const next = await world.startWorker()
    await until(() => eventsOf(world.home).some(({ event }) => event === 'adopted'), SOON_MS, 'it is adopted')
    letGo(world, 'a')
    assert.is((await settles(world.queue, 'job2')).attempts, 1)
    next.kill()
    await next.ended
  }),
)

test(
  'the idle shells of a worker end with it',
  inWorld(async (world) => {
    const worker = await world.startWorker()
    await add(world, 'true', { id: 'job1' })
    await settles(world.queue, 'job1')
    const shells = childrenOf(worker.info.pid)
    assert.is(shells.length, 1)
    worker.kill('SIGKILL')
    await worker.ended
    await until(() => !shells.some(isAlive), SOON_MS, 'they are gone')
    assert.not.ok(existsSync(join(world.home, 'run/job1.1.fifo')))
  }),
)

test.run()
