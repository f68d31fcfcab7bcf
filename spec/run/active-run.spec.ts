import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  fileOf,
  isUp,
  letGo,
  linesOf,
  outputOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { skip } from '../../fixtures/skip.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import type { Job, JobRequest } from '../../lib/job/job.ts'
import type { State } from '../../lib/job/state.ts'

const test = suite('run of a job')

/** One job, run by a worker until nothing is left to do. */
async function once(
  world: World,
  command: Job['command'],
  more: Partial<JobRequest> = {},
): Promise<Job & { out: string; err: string }> {
  const { id } = await add(world, command, { max_retries: 1, ...more })
  // A directory in PATH that may not be read would make a missing program one that may not be run.
  await runAll(world, 1, { PATH: '/usr/bin:/bin' })
  assertHomeIntact(world.home)
  const job = await world.queue.get(id)
  return { ...job, ...(job.runs > 0 ? await outputOf(world.queue, id, 1) : { out: '', err: '' }) }
}

test(
  'a shell line is run by /bin/sh',
  inWorld(async (world) => {
    const { out, state } = await once(world, 'x="a  b"; echo "$x" | tr a-z A-Z; echo $((6 * 7))')
    assert.is(state, 'completed')
    assert.is(out, 'A  B\n42\n')
  }),
)

test(
  'an argv is run as it is, without a shell',
  inWorld(async (world) => {
    const { out } = await once(world, ['printf', '[%s]', 'a  b', '$HOME', '', "it's", '"', '*', 'two\nlines', '\\n'])
    assert.is(out, '[a  b][$HOME][][it\'s]["][*][two\nlines][\\n]')
  }),
)

test(
  'an argv names a program and never a builtin of the shell',
  inWorld(async (world) => {
    const { state, exit_code, last_error } = await once(world, ['exit', '3'])
    assert.is(state, 'dead')
    assert.is(exit_code, 127)
    assert.match(last_error ?? '', /exit: not found/)
  }),
)

test(
  'an argv whose program looks like an assignment is a program',
  inWorld(async (world) => {
    const { exit_code } = await once(world, ['A=b', 'true'])
    assert.is(exit_code, 127)
  }),
)

test(
  'standard output and standard error are kept apart, as bytes',
  inWorld(async (world) => {
    const { id } = await once(world, 'printf "\\377\\000out"; printf "\\376err" >&2')
    const { stdout, stderr } = await world.queue.output(id)
    assert.equal([...readFileSync(stdout)], [0xff, 0, ...Buffer.from('out')])
    assert.equal([...readFileSync(stderr)], [0xfe, ...Buffer.from('err')])
  }),
)

test(
  'output lies in logs/<id>/<run>.out and .err',
  inWorld(async (world) => {
    await once(world, 'echo out; echo err >&2', { id: 'job1' })
    assert.is(readFileSync(join(world.home, 'logs/job1/1.out'), 'utf8'), 'out\n')
    assert.is(readFileSync(join(world.home, 'logs/job1/1.err'), 'utf8'), 'err\n')
  }),
)

test(
  'output can be read while the job runs',
  inWorld(async (world) => {
    await add(world, `echo early; ${untilLetGo('a')}`, { id: 'job1' })
    const worker = await world.startWorker({ args: ['--burst'] })
    await isUp(world, 'a')
    assert.is((await outputOf(world.queue, 'job1')).out, 'early\n')
    letGo(world, 'a')
    await worker.ended
  }),
)

test(
  'the second run keeps the output of the first',
  inWorld(async (world) => {
    await once(world, 'echo "run $QUEUECTL_RUN"; [ "$QUEUECTL_RUN" = 2 ]', {
      id: 'job1',
      max_retries: 2,
      backoff_base: 1,
    })
    assert.is((await outputOf(world.queue, 'job1', 1)).out, 'run 1\n')
    assert.is((await outputOf(world.queue, 'job1', 2)).out, 'run 2\n')
  }),
)

test(
  'the environment says which job, attempt, run, worker, slot and home it is',
  inWorld(async (world) => {
    const { out, worker } = await once(
      world,
      'echo "$QUEUECTL_JOB_ID $QUEUECTL_ATTEMPT $QUEUECTL_RUN $QUEUECTL_WORKER $QUEUECTL_SLOT $QUEUECTL_HOME"',
      { id: 'job1' },
    )
    assert.is(out, `job1 1 1 ${worker} 1 ${world.home}\n`)
  }),
)

test(
  "a job's own environment is added to the worker's",
  inWorld(async (world) => {
    await add(world, 'printf "%s|%s|%s" "$MINE" "$ITS" "$BOTH"', {
      id: 'job1',
      env: { MINE: 'a b\n"$x"', BOTH: 'the job says' },
    })
    await runAll(world, 1, { ITS: 'worker', BOTH: 'the worker says' })
    assert.is((await outputOf(world.queue, 'job1')).out, 'a b\n"$x"|worker|the job says')
  }),
)

test(
  "a job's own environment cannot say that it is another job",
  inWorld(async (world) => {
    const { out } = await once(world, 'echo $QUEUECTL_JOB_ID', { id: 'job1', env: { QUEUECTL_JOB_ID: 'other' } })
    assert.is(out, 'job1\n')
  }),
)

test(
  'how a worker in the background says that it is up is nothing its jobs inherit',
  inWorld(async (world) => {
    await add(world, 'echo "[$QUEUECTL_READY_FD]"', { id: 'job1' })
    assert.is((await world.cli(['worker', 'start'])).code, 0)
    await settles(world.queue, 'job1')
    assert.is((await world.cli(['worker', 'stop'])).code, 0)
    assert.is((await outputOf(world.queue, 'job1')).out, '[]\n')
  }),
)

test(
  'stdin is what the job says, to the byte',
  inWorld(async (world) => {
    const stdin = `größer\n${'x'.repeat(200_000)}\nno newline at the end`
    const { out } = await once(world, 'cat', { stdin })
    assert.is(out, stdin)
  }),
)

test(
  'without stdin the job reads the end of the file at once',
  inWorld(async (world) => {
    const { out } = await once(world, 'wc -c; read x || echo nothing')
    assert.match(out, /^\s*0\nnothing\n$/)
  }),
)

test(
  'it runs in its cwd',
  inWorld(async (world) => {
    mkdirSync(join(world.dir, 'a b'))
    const { out } = await once(world, 'pwd', { cwd: join(world.dir, 'a b') })
    assert.is(out, `${join(world.dir, 'a b')}\n`)
  }),
)

for (const [what, cwd, why] of [
  ['a missing cwd', 'gone', /gone does not exist/],
  ['a file as cwd', 'file', /file is not a directory/],
] as const)
  test(
    `${what} is a failed attempt with code 126 that says so`,
    inWorld(async (world) => {
      writeFileSync(join(world.dir, 'file'), '')
      const job = await once(world, 'echo never', { cwd: join(world.dir, cwd) })
      assert.equal([job.state, job.exit_code, job.attempts, job.out], ['dead', 126, 1, ''])
      assert.match(job.last_error ?? '', why)
      assert.match(job.err, why)
    }),
  )

test(
  'a missing program is a failed attempt with code 127 that says so',
  inWorld(async (world) => {
    const job = await once(world, ['no-such-program', 'x'])
    assert.equal([job.state, job.exit_code, job.attempts], ['dead', 127, 1])
    assert.match(job.last_error ?? '', /no-such-program: not found/)
  }),
)

test(
  'a file that is not executable is a failed attempt with code 126 that says so',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'plain.txt'), 'echo hi\n')
    const job = await once(world, ['./plain.txt'])
    assert.equal([job.state, job.exit_code, job.attempts], ['dead', 126, 1])
    assert.match(job.last_error ?? '', /plain\.txt: (Permission denied|.*not executable)/i)
  }),
)

test(
  'a directory as program is a failed attempt with code 126',
  inWorld(async (world) => {
    const job = await once(world, [world.dir])
    assert.equal([job.state, job.exit_code, job.attempts], ['dead', 126, 1])
  }),
)

test(
  'an argv larger than the system allows, in a file changed by hand, is a failed attempt with code 126 that says so',
  inWorld(async (world) => {
    const { id } = await add(world, ['true', 'LONG'], { max_retries: 1 })
    const path = await fileOf(world.queue, id)
    writeFileSync(path, readFileSync(path, 'utf8').replace('LONG', 'x'.repeat(300_000)))
    await runAll(world)
    const job = await world.queue.get(id)
    assert.equal([job.state, job.exit_code, job.attempts], ['dead', 126, 1])
    assert.match(job.last_error ?? '', /larger than the system allows/)
  }),
)

test(
  'a command that cannot be started is tried again as often as any other',
  inWorld(async (world) => {
    const job = await once(world, 'true', { cwd: join(world.dir, 'gone'), max_retries: 2, backoff_base: 1 })
    assert.equal([job.attempts, job.runs, job.history.length], [2, 2, 2])
  }),
)

test(
  'what keeps a job from starting does not keep the next one from it',
  inWorld(async (world) => {
    await add(world, 'true', { id: 'bad', cwd: join(world.dir, 'gone'), max_retries: 1, priority: 9 })
    const job = await once(world, 'echo good')
    assert.is(job.out, 'good\n')
  }),
)

test(
  'exit code, duration, times and worker are recorded',
  inWorld(async (world) => {
    const job = await once(world, 'echo it went wrong >&2; exit 7')
    assert.is(job.exit_code, 7)
    assert.is(job.signal, undefined)
    assert.match(job.last_error ?? '', /^exit code 7: it went wrong$/)
    assert.ok((job.duration_ms ?? -1) >= 0 && (job.duration_ms ?? 1e9) < 10_000)
    assert.ok(Date.parse(job.finished_at ?? '') >= Date.parse(job.started_at ?? ''))
    const [run] = job.history
    assert.equal([run?.run, run?.attempt, run?.outcome, run?.exit_code, run?.slot], [1, 1, 'failed', 7, 1])
  }),
)

test(
  'a command ended by a signal is recorded with the signal',
  inWorld(async (world) => {
    const job = await once(world, 'kill -SEGV $$')
    assert.equal([job.state, job.exit_code, job.signal], ['dead', 139, 'SIGSEGV'])
  }),
)

test(
  'nothing of ours is in the error output of a command that is killed',
  inWorld(async (world) => {
    const job = await once(world, 'echo mine >&2; kill -KILL $$')
    assert.equal([job.signal, job.err], ['SIGKILL', 'mine\n'])
  }),
)

test(
  'a command that closes its output is none the worse for it',
  inWorld(async (world) => {
    assert.is((await once(world, 'exec >&- 2>&-; true')).state, 'completed')
  }),
)

for (const [more, code, state, outcome] of [
  [{ success_codes: [0, 3] }, 3, 'completed', 'completed'],
  [{ success_codes: [3], max_retries: 1 }, 0, 'dead', 'failed'],
  [{ give_up_codes: [100], max_retries: 5 }, 100, 'dead', 'gave_up'],
] as const satisfies (readonly [Partial<JobRequest>, number, State, string])[])
  test(
    `with ${JSON.stringify(more)} exit code ${code} is ${outcome}`,
    inWorld(async (world) => {
      const job = await once(world, `exit ${code}`, more)
      assert.equal([job.state, job.history[0]?.outcome, job.attempts, job.runs], [state, outcome, 1, 1])
    }),
  )

test(
  'a retry_later code uses no attempt',
  inWorld(async (world) => {
    const job = await once(world, '[ "$QUEUECTL_RUN" -ge 3 ] || exit 75', {
      retry_later_codes: [75],
      max_retries: 1,
      backoff_base: 1,
    })
    assert.equal([job.state, job.attempts, job.runs], ['completed', 1, 3])
  }),
)

test(
  'a run leads a process group of its own, apart from the worker',
  inWorld(async (world) => {
    const { id } = await add(world, untilLetGo('a'))
    const worker = await world.startWorker()
    const pid = await isUp(world, 'a')
    const group = (of: number): string | undefined =>
      readFileSync(`/proc/${of}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[2]
    if (!existsSync('/proc/self/stat')) skip('no /proc to ask for process groups')
    assert.is.not(group(pid), group(worker.pid))
    letGo(world, 'a')
    await settles(world.queue, id)
  }),
)

test(
  'Ctrl-C at the worker does not reach the job',
  inWorld(async (world) => {
    const { id } = await add(world, `trap 'echo INT >>got' INT; ${untilLetGo('a')}`)
    const worker = await world.startWorker()
    await isUp(world, 'a')
    worker.kill('SIGINT')
    letGo(world, 'a')
    assert.is((await worker.ended).code, 0)
    assert.is((await world.queue.get(id)).state, 'completed')
    assert.equal(linesOf(join(world.dir, 'got')), [])
  }),
)

test(
  'signals have their default effect in a command',
  inWorld(async (world) => {
    const job = await once(world, [
      'sh',
      '-c',
      'for s in TERM INT HUP PIPE QUIT; do sh -c "kill -$s \\$\\$; echo $s ignored"; done',
    ])
    assert.is(job.out, '')
  }),
)

test(
  'of our files a command has its standard streams and its own FIFO open, and nothing of other runs',
  inWorld(async (world) => {
    if (!existsSync('/proc/self/fd')) skip('no /proc to ask for open files')
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await add(world, untilLetGo(name), { id: name, stdin: 'x' })
    const worker = await world.startWorker({ count: 4, args: ['--burst'] })
    for (const name of names) {
      const fds = `/proc/${await isUp(world, name)}/fd`
      const ours = (): string[] =>
        readdirSync(fds).flatMap((fd) => {
          const path = existsSync(join(fds, fd)) ? readlinkSync(join(fds, fd)) : ''
          return path.startsWith(world.home) ? `${fd} ${path.slice(world.home.length + 1)}` : []
        })
      const wanted = [
        `0 tmp/${name}.1.stdin.new (deleted)`,
        `1 logs/${name}/1.out`,
        `2 logs/${name}/1.err`,
        `3 run/${name}.1.fifo`,
      ]
      // While its shell writes the sign that it is up, standard output is put aside.
      await until(() => isDeepStrictEqual(ours(), wanted), SOON_MS, ours)
    }
    for (const name of names) letGo(world, name)
    await worker.ended
  }),
)

test(
  'nothing is left in run/ when a job has ended',
  inWorld(async (world) => {
    await once(world, 'echo a; exit 3', { stdin: 'x' })
    assert.equal(readdirSync(join(world.home, 'run')), [])
  }),
)

test(
  'nothing is left in tmp/ and processing/ when a worker has ended',
  inWorld(async (world) => {
    await once(world, 'true')
    assert.equal(readdirSync(join(world.home, 'processing')), [])
    assert.equal(readdirSync(join(world.home, 'tmp')), [])
  }),
)

test(
  'a cwd that may not be entered is a failed attempt that says so',
  inWorld(async (world) => {
    const closed = join(world.dir, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o000)
    if (process.getuid?.() === 0) skip('root may enter everything')
    const job = await once(world, 'echo never', { cwd: closed })
    chmodSync(closed, 0o700)
    assert.equal([job.state, job.exit_code], ['dead', 126])
    assert.match(job.last_error ?? '', /cannot be entered/)
  }),
)

test(
  'a home behind a symbolic link works like any other',
  inWorld(async (world) => {
    const { out } = await once(world, 'cd "$QUEUECTL_HOME" && pwd -P')
    assert.is(out, `${realpathSync(world.home)}\n`)
  }),
)

test.run()
