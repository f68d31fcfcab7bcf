/** Jobs that are run outside the queue: `exec`, and the script of `show --script`. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { processesOf } from '../../../fixtures/processes.ts'
import { start } from '../../../fixtures/program.ts'
import { until } from '../../../fixtures/until.ts'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('queuectl exec')

test(
  'a job file of a queue is run with its directory, environment and input, and its code is the exit status',
  inWorld(async (world) => {
    const job = { command: 'pwd; echo "$QUEUECTL_JOB_ID $A"; cat; exit 7', cwd: '/', env: { A: 'b' }, stdin: 'in\n' }
    const { id } = await world.queue.enqueue(job)
    const [name = ''] = readdirSync(join(world.home, 'pending'))
    const { code, stdout, stderr } = await world.cli(['exec', join(world.home, 'pending', name)])
    assert.equal([code, stdout, stderr], [7, `/\n${id} b\nin\n`, `${id} failed: exit code 7\n`])
    assert.equal([(await world.queue.get(id)).state, (await world.queue.get(id)).runs], ['pending', 0])
  }),
)

test(
  'a script is run by its name, and makes no home',
  inWorld(async (world) => {
    writeFileSync(join(world.dir, 'hello.sh'), 'echo "I am $QUEUECTL_JOB_ID"\r\n')
    const nowhere = join(world.dir, 'nowhere')
    assert.is((await world.cli(['exec', 'hello.sh', '--home', nowhere])).stdout, 'I am hello\n')
    assert.not.ok(existsSync(nowhere))
  }),
)

test(
  'a job on standard input runs where it is called, unless it or --cwd names a directory',
  inWorld(async (world) => {
    const run = async (job: object, ...args: string[]): Promise<string> =>
      (await world.cli(['exec', '-', ...args], { input: JSON.stringify(job) })).stdout.trim()
    mkdirSync(join(world.dir, 'sub'))
    assert.is(await run({ command: ['pwd'] }), world.dir)
    assert.is(await run({ command: ['pwd'], cwd: '/' }), '/')
    assert.is(await run({ command: ['pwd'], cwd: '/' }, '--cwd', 'sub'), join(world.dir, 'sub'))
  }),
)

for (const [job, status, says] of [
  [{ command: 'sleep 60 & sleep 60', timeout: 0.2 }, 124, 'timed out after 0.2 s'],
  [{ command: 'kill -9 $$' }, 137, 'ended by SIGKILL'],
  [{ command: 'exit 3', success_codes: [3] }, 3, ''],
  [{ command: 'true', success_codes: [3] }, 1, 'exit code 0'],
  [{ command: ['no-such-program'] }, 127, 'no-such-program: not found'],
  [{ command: 'true', cwd: '/not/there' }, 126, 'its working directory /not/there is not there'],
] as const)
  test(
    `${JSON.stringify(job)} exits with ${status}`,
    inWorld(async (world) => {
      const { code, stderr } = await world.cli(['exec', '-'], { input: JSON.stringify(job) })
      assert.equal([code, stderr], [status, says && `job failed: ${says}\n`])
      await until(() => processesOf(world.dir).length === 0, 5000, 'no process is left')
    }),
  )

test(
  'a SIGTERM is passed on to the command',
  inWorld(async (world) => {
    const input = JSON.stringify({ command: 'trap "echo got it; exit 5" TERM; echo up; while :; do sleep 0.05; done' })
    const running = world.begin(['exec', '-'], { input })
    await until(() => running.stdout.includes('up'), 5000, 'it is up')
    running.kill('SIGTERM')
    const { code, stdout } = await running.ended
    assert.equal([code, stdout], [5, 'up\ngot it\n'])
  }),
)

for (const [what, content, status] of [
  ['no JSON', 'nonsense', 2],
  ['no job', '{"a":1}', 2],
  ['an array', '[]', 2],
] as const)
  test(
    `a file that is ${what} is refused`,
    inWorld(async (world) => assert.is((await world.cli(['exec', '-'], { input: content })).code, status)),
  )

test(
  'with --json one object is printed to stdout, and the output goes to stderr',
  inWorld(async (world) => {
    const { stdout, stderr } = await world.cli(['exec', '-', '--json'], {
      input: '{"id":"x","command":"echo hi; exit 3"}',
    })
    assert.equal(JSON.parse(stdout), { id: 'x', exit_code: 3, timed_out: false, succeeded: false })
    assert.is(stderr, 'hi\n')
  }),
)

test(
  'show --script prints a script that does what the job would',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'x', command: ['printf', '%s|', "it's", '$A'], cwd: '/', env: { A: 'b c' } })
    const { stdout } = await world.cli(['show', '--script', 'x'])
    const ran = await start('/bin/sh', ['-s'], { input: stdout, cwd: world.dir, env: process.env }).ended
    assert.equal([ran.code, ran.stdout], [0, "it's|$A|"])
    assert.is((await world.cli(['show', '--script', 'x', '--json'])).code, 2)
  }),
)

test(
  'dlq export --redact shows no value of the environment',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'x', command: 'true', env: { TOKEN: 'abcdefgh' } })
    await world.queue.cancel('x', 'for abcdefgh')
    assert.match((await world.cli(['dlq', 'export'])).stdout, /abcdefgh/)
    const { stdout } = await world.cli(['dlq', 'export', '--redact'])
    assert.equal(JSON.parse(stdout).env, { TOKEN: '[redacted]' })
    assert.not.match(stdout, /abcdefgh/)
  }),
)

test.run()
