/** Hooks: which one runs when, and that no job waits for it. */
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  add,
  configure,
  eventsOf,
  fileOf,
  isAlive,
  isUp,
  letGo,
  linesOf,
  runAll,
  settles,
  SOON_MS,
  untilLetGo,
} from '../../fixtures/jobs.ts'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { until } from '../../fixtures/until.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { isHook, isHookSecret, keyBytes } from '../../lib/config/hook-target.ts'
import type { Job } from '../../lib/job/job.ts'
import { signature } from '../../lib/hooks/webhook.ts'

const test = suite('hooks')

/** A port that nobody listened on a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Every hook writes its name and the job's id into a file; what the file says. */
function withAll(world: World): () => string[] {
  const path = join(world.dir, 'told')
  const line = `echo $QUEUECTL_EVENT $QUEUECTL_JOB_ID >>${path}`
  configure(
    world,
    Object.fromEntries(['completed', 'failed', 'dead', 'cancelled', 'drained'].map((name) => [`on_${name}`, line])),
  )
  return () => linesOf(path)
}

const failures = ({ home }: World): string[] =>
  eventsOf(home)
    .filter(({ event }) => event === 'hook_failed')
    .map(({ job, hook, error }) => `${job} ${hook}: ${error}`)

test(
  'a command gets the job as JSON on its standard input',
  inWorld(async (world) => {
    const path = join(world.dir, 'told')
    configure(world, { on_completed: `cat >${path}` })
    await add(world, 'true', { id: 'a', tags: ['x'] })
    await runAll(world)
    const job = JSON.parse(readFileSync(path, 'utf8')) as Job
    assert.equal([job.id, job.state, job.tags, job.exit_code, job.history.length], ['a', 'completed', ['x'], 0, 1])
    assertHomeIntact(world.home)
  }),
)

test(
  'the hook of the state a job went to runs at each end of a run',
  inWorld(async (world) => {
    const told = withAll(world)
    await add(world, 'true', { id: 'good' })
    await add(world, 'false', { id: 'bad', max_retries: 2, backoff_base: 1 })
    await runAll(world)
    assert.equal(told().toSorted(), ['completed good', 'dead bad', 'drained', 'failed bad'])
  }),
)

test(
  'a cancelled job runs the hook of cancelled jobs and not of dead ones, whether it waits or runs',
  inWorld(async (world) => {
    const told = withAll(world)
    await add(world, 'true', { id: 'waits' })
    await world.queue.cancel('waits')
    assert.equal(told(), ['cancelled waits'])
    await add(world, untilLetGo('runs'), { id: 'runs' })
    const worker = await world.startWorker()
    await isUp(world, 'runs')
    await world.queue.cancel('runs')
    await until(() => told().includes('cancelled runs'), SOON_MS, told)
    worker.kill('SIGTERM')
    await worker.ended
    assert.equal(
      told().filter((line) => line.startsWith('dead')),
      [],
    )
  }),
)

test(
  'a running job whose file is removed counts as cancelled',
  inWorld(async (world) => {
    const told = withAll(world)
    await add(world, untilLetGo('a'), { id: 'runs' })
    const worker = await world.startWorker()
    await isUp(world, 'a')
    rmSync(await fileOf(world.queue, 'runs'))
    await until(() => told().includes('cancelled runs'), SOON_MS, told)
    worker.kill('SIGTERM')
    await worker.ended
  }),
)

test(
  'the hook of an empty queue runs once, by the last of many workers',
  inWorld(async (world) => {
    const told = withAll(world)
    await world.queue.enqueueAll(Array.from({ length: 40 }, () => ({ command: 'true' })))
    await Promise.all([runAll(world, 2), runAll(world, 2), runAll(world, 2)])
    assert.is(told().filter((line) => line === 'drained').length, 1)
    await add(world, 'true')
    await runAll(world)
    assert.is(told().filter((line) => line === 'drained').length, 2)
  }),
)

test(
  'nothing is drained while a job of another worker runs',
  inWorld(async (world) => {
    const told = withAll(world)
    await add(world, untilLetGo('long'), { id: 'long' })
    const worker = await world.startWorker()
    await isUp(world, 'long')
    await add(world, 'true', { id: 'short' })
    await runAll(world)
    assert.equal(told(), ['completed short'])
    letGo(world, 'long')
    await until(() => told().includes('drained'), SOON_MS, told)
    worker.kill('SIGTERM')
    await worker.ended
  }),
)

test(
  'no job waits for a hook',
  inWorld(async (world) => {
    configure(world, { on_completed: `cd ${world.dir} && ${untilLetGo('hook')}`, hook_timeout: 60 })
    const worker = await world.startWorker()
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await add(world, 'true', { id })
      await settles(world.queue, id)
    }
    letGo(world, 'hook')
    worker.kill('SIGTERM')
    await worker.ended
    assert.is(linesOf(join(world.dir, 'hook.up')).length, 6)
  }),
)

test(
  'a command that fails is an event and a line in the log, with what it said',
  inWorld(async (world) => {
    configure(world, { on_dead: 'echo one >&2; echo two >&2; exit 3' })
    await add(world, 'false', { id: 'a', max_retries: 1 })
    const worker = await world.startWorker({ args: ['--burst'] })
    const { stderr } = await worker.ended
    assert.equal(failures(world), ['a on_dead: exit code 3: two'])
    assert.match(stderr, 'a had its hook on_dead fail: exit code 3: two')
    assertHomeIntact(world.home)
  }),
)

test(
  'a command whose time is up is ended with all that it started',
  inWorld(async (world) => {
    const pids = join(world.dir, 'pids')
    configure(world, {
      on_completed: `trap '' TERM; sleep 1000 & echo $! $$ >${pids}; wait`,
      hook_timeout: 0.5,
    })
    await add(world, 'true', { id: 'a' })
    await runAll(world)
    assert.equal(failures(world), ['a on_completed: it took longer than 0.5 s'])
    for (const pid of linesOf(pids).join(' ').split(' ').map(Number))
      await until(() => !isAlive(pid), SOON_MS, `${pid} has ended`)
  }),
)

test(
  'a command that is not there, or reads nothing, does no harm',
  inWorld(async (world) => {
    configure(world, { on_completed: '/nonexistent/program', on_dead: 'true' })
    await add(world, 'true', { id: 'a' })
    await add(world, 'false', { id: 'b', max_retries: 1, stdin: 'x'.repeat(500_000) })
    await runAll(world)
    assert.match(failures(world).join(), /^a on_completed: exit code 127/)
  }),
)

interface Posted {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server that keeps what is posted and answers with this status; 0: never. */
async function receiver(status: number, use: (url: string, got: Posted[]) => Promise<void>): Promise<void> {
  const got: Posted[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      if (status > 0) response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`, got)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test(
  'a URL gets the job by POST, signed so that the receiver can tell',
  inWorld((world) =>
    receiver(204, async (url, got) => {
      configure(world, { on_completed: url, hook_secret: 'secret' })
      await add(world, 'true', { id: 'a' })
      await runAll(world)
      assert.is(got.length, 1)
      const [{ headers, body }] = got as [Posted]
      assert.is((JSON.parse(body) as Job).id, 'a')
      assert.is(headers['queuectl-event'], 'completed')
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
      const expected = createHmac('sha256', 'secret').update(signed).digest('base64')
      assert.is(headers['webhook-signature'], `v1,${expected}`)
      assert.equal(failures(world), [])
    }),
  ),
)

for (const [status, error] of [
  [500, 'HTTP status 500'],
  [302, 'HTTP status 302'],
  [0, 'it took longer than 0.5 s'],
] as const)
  test(
    `a receiver that ${status === 0 ? 'never answers' : `answers ${status}`} has failed, and the URL is not shown`,
    inWorld((world) =>
      receiver(status, async (url, got) => {
        configure(world, { on_completed: url, hook_timeout: status === 0 ? 0.5 : 10 })
        await add(world, 'true', { id: 'a' })
        await runAll(world)
        assert.equal(failures(world), [`a on_completed: ${error}`])
        assert.is(got.length, 1)
        assert.is(got[0]?.headers['webhook-signature'], undefined)
      }),
    ),
  )

test(
  'the user name and password of a URL are sent as Basic authorisation, and the URL without them',
  inWorld((world) =>
    receiver(204, async (url, got) => {
      configure(world, { on_completed: url.replace('//', '//u%40x:p%3Aw@') })
      await add(world, 'true', { id: 'a' })
      await runAll(world)
      assert.is(got[0]?.headers.authorization, `Basic ${Buffer.from('u@x:p:w').toString('base64')}`)
      assert.equal(failures(world), [])
    }),
  ),
)

test(
  'no part of a URL is told when its call fails, nor its password when it is shown',
  inWorld(async (world) => {
    const secret = 's3cr3t'
    await world.cli(['config', 'set', 'on-completed', `http://someone:${secret}@${secret}.invalid/${secret}`])
    const closed = await closedPort()
    await world.cli(['config', 'set', 'on-drained', `http://someone:${secret}@127.0.0.1:${closed}/${secret}`])
    await add(world, 'true', { id: 'a' })
    const { stdout, stderr } = await world.cli(['worker', 'start', '--foreground', '--burst'])
    const told = failures(world)
    assert.match(told.join('\n'), /a on_completed: its host (was not found|could not be looked up)/)
    assert.match(told.join('\n'), / on_drained: the connection was refused/)
    for (const text of [stdout, stderr, ...told]) assert.not.match(text, secret)
    for (const args of [
      ['list'],
      ['list', '--json'],
      ['get'],
      ['get', 'on-completed'],
      ['get', 'on-completed', '--json'],
    ]) {
      const shown = await world.cli(['config', ...args])
      assert.not.match(shown.stdout, `${secret}@`)
    }
    assert.match(
      (await world.cli(['config', 'get', 'on-drained'])).stdout,
      `http://someone:(hidden)@127.0.0.1:${closed}/`,
    )
    const again = await world.cli(['config', 'set', 'on-drained', `http://someone:(hidden)@127.0.0.1:${closed}/`])
    assert.is(again.code, 2)
    const wrong = await world.cli(['config', 'set', 'on-drained', `http://someone:${secret}@[`])
    assert.not.match(wrong.stderr, secret)
    const secretWrong = await world.cli(['config', 'set', 'hook-secret', `whsec_${secret}!`])
    assert.not.match(secretWrong.stderr, secret)
  }),
)

test(
  'without a hook nothing is kept for one',
  inWorld(async (world) => {
    await add(world, 'true')
    await runAll(world)
    assert.not.ok(existsSync(join(world.home, 'run', 'worked')))
  }),
)

test('the signature is the one of the standard', () => {
  // The example of standardwebhooks.com.
  const body = '{"test": 2432232314}'
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  assert.is(
    signature(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', '1614265330', body),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  )
})

test('a secret is a text, or base64 after its prefix', () => {
  assert.is(keyBytes('abc').toString(), 'abc')
  assert.is(keyBytes('whsec_YWJj').toString(), 'abc')
  assert.not.ok(isHookSecret('whsec_***'))
})

test('a hook is a command or a URL that is one', () => {
  for (const value of ['', 'notify-send done', 'https://example.org/x', 'httpie']) assert.ok(isHook(value), value)
  for (const value of ['http://[', 'a\0b', 5, null]) assert.not.ok(isHook(value), String(value))
})

test.run()
