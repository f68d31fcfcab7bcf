/** Which jobs a verb means, and what it says of many. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inProcess } from '../../../fixtures/in-process.ts'
import { isWatching, runAll } from '../../../fixtures/jobs.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import type { Job } from '../../../lib/job/job.ts'

const test = suite('selecting jobs')

/** Some jobs: a and b pending, b of the queue mail, c tagged, d scheduled. */
async function some({ queue }: World): Promise<void> {
  await queue.enqueue({ id: 'a', command: 'true' })
  await queue.enqueue({ id: 'b', command: 'true', queue: 'mail' })
  await queue.enqueue({ id: 'c', command: 'true', tags: ['x'] })
  await queue.enqueue({ id: 'd', command: 'true', run_at: '2099-01-01' })
}

const held = async ({ queue }: World): Promise<string[]> =>
  (await queue.list({ states: ['held'] }, { sort: 'id' })).map(({ id }) => id)

const meant: readonly (readonly [string, readonly string[], string])[] = [
  ['ids mean those jobs', ['a', 'c'], 'ac'],
  ['the same id twice means one job', ['a', 'a'], 'a'],
  ['last means the job enqueued last', ['last'], 'd'],
  ['--all means all that the verb applies to', ['--all'], 'abcd'],
  ['the word all means the same', ['all'], 'abcd'],
  ['--queue means all of a queue', ['--queue', 'mail'], 'b'],
  ['--tag means all with a tag', ['--tag', 'x'], 'c'],
  ['--state means all of a state, scheduled ones being pending', ['--state', 'pending'], 'abcd'],
  ['--state scheduled means those not due', ['-s', 'scheduled'], 'd'],
  ['options together mean what fits all of them', ['--state', 'pending', '--queue', 'mail'], 'b'],
  ['a filter that nothing fits means nothing', ['--queue', 'none'], ''],
]
for (const [what, args, ids] of meant)
  test(
    what,
    inWorld(async (world) => {
      await some(world)
      assert.is((await inProcess(world, ['hold', ...args])).code, 0)
      assert.is((await held(world)).join(''), ids)
    }),
  )

test(
  'a dash means the ids on standard input',
  inWorld(async (world) => {
    await some(world)
    const { code, stderr } = await world.cli(['hold', '-'], { input: 'a b\nc\n' })
    assert.equal([code, stderr], [0, '3 jobs held\n'])
    assert.equal(await held(world), ['a', 'b', 'c'])
  }),
)

test(
  'short forms of made ids mean their jobs, also on standard input',
  inWorld(async (world) => {
    const ids: string[] = []
    for (let n = 0; n < 4; n++) ids.push((await world.queue.enqueue({ command: 'true' })).id)
    await inProcess(world, ['hold', '-'], ids.map((id) => id.slice(-8)).join('\n'))
    assert.equal(await held(world), ids.toSorted())
  }),
)

test(
  '--dry-run says which and changes nothing, and refuses what would be refused',
  inWorld(async (world) => {
    await some(world)
    const { code, stdout, stderr } = await inProcess(world, ['release', 'a', '--dry-run'])
    assert.equal([code, stdout], [3, ''], stderr)
    const all = await inProcess(world, ['hold', '--all', '--dry-run'])
    assert.equal([all.stdout.split('\n')[0], all.stderr], ['Would hold a', '4 jobs would be held\n'])
    assert.equal(await held(world), [])
  }),
)

test(
  'what can be done is done, and the rest makes it exit with 6',
  inWorld(async (world) => {
    await some(world)
    const { code, stdout, stderr } = await inProcess(world, ['hold', 'a', 'nope', 'b'])
    assert.equal([code, stdout], [6, 'Held a\nHeld b\n'])
    assert.match(stderr, 'cannot hold nope: no such job')
    assert.match(stderr, '1 of 3 jobs could not be held')
  }),
)

test(
  '--json prints ids and errors',
  inWorld(async (world) => {
    await some(world)
    const { stdout } = await inProcess(world, ['hold', 'a', 'nope', '--json'])
    const told = JSON.parse(stdout) as { ids: string[]; failed: { id: string; code: string }[] }
    assert.equal([told.ids, told.failed.map(({ id, code }) => [id, code])], [['a'], [['nope', 'NOT_FOUND']]])
  }),
)

for (const verb of [
  'hold',
  'release',
  'retry',
  'cancel',
  'dlq retry',
  'dlq purge',
  'explain',
  'wait',
  'logs',
  'show',
  'edit',
])
  test(
    `${verb} without a word which jobs is wrong usage, and so are ids together with a filter`,
    inWorld(async (world) => {
      assert.is((await inProcess(world, verb.split(' '))).code, 2)
      assert.is((await inProcess(world, [...verb.split(' '), 'a', '--tag', 'x'])).code, 2)
    }),
  )

test(
  'wait means the jobs that others mean, by their queue or on standard input',
  inWorld(async (world) => {
    await world.queue.enqueue({ id: 'a', command: 'exit 7', queue: 'mail', max_retries: 1 })
    await world.queue.enqueue({ id: 'b', command: 'true', queue: 'mail' })
    await world.queue.enqueue({ id: 'c', command: 'true', run_at: '2099-01-01' })
    await world.queue.hold('b')
    const { stderr } = await inProcess(world, ['wait', '--queue', 'none'])
    assert.is(stderr, 'no job matches\n')
    const waiting = world.begin(['wait', '--queue', 'mail'])
    await isWatching(waiting.pid)
    await runAll(world)
    assert.equal([(await waiting.ended).code, waiting.stdout], [7, 'a is dead: exit code 7\n'])
    await world.queue.release('b')
    await runAll(world)
    const both = await inProcess(world, ['wait', '-', '--json'], 'b\na\n')
    assert.equal([both.code, JSON.parse(both.stdout).map(({ id }: { id: string }) => id)], [7, ['b', 'a']])
    assert.is((await inProcess(world, ['wait', 'a', 'nope'])).code, 4)
  }),
)

test(
  'show and logs of several jobs show one after another, and are partly done when one is missing',
  inWorld(async (world) => {
    for (const id of ['a', 'b']) await world.queue.enqueue({ id, command: `echo ${id} out`, tags: ['x'] })
    await runAll(world)
    const logs = await inProcess(world, ['logs', '--tag', 'x'])
    assert.equal(logs.stdout.split('==> ').toSorted(), ['', 'a <==\na out\n', 'b <==\nb out\n'])
    const shown = await inProcess(world, ['show', 'a', 'b', '--json'])
    assert.equal(
      (JSON.parse(shown.stdout) as Job[]).map(({ id }) => id),
      ['a', 'b'],
    )
    const partly = await inProcess(world, ['logs', 'a', 'nope'])
    assert.equal([partly.code, partly.stdout], [6, '==> a <==\na out\n'])
    assert.match(partly.stderr, 'nope: no such job')
    assert.is((await inProcess(world, ['logs', '-f', 'a', 'b'])).code, 2)
  }),
)

test(
  'edit opens several jobs one after another, and with --dry-run says which',
  inWorld(async (world) => {
    await some(world)
    const env = { EDITOR: "sed -i 's/true/changed/'" }
    assert.is((await world.cli(['edit', 'a', 'b', '--dry-run'], { env })).stdout, 'Would edit a\nWould edit b\n')
    assert.is((await world.cli(['edit', 'a', '--', 'b'], { env })).stdout, 'Changed a\nChanged b\n')
    assert.is((await world.queue.get('b')).command, 'changed')
  }),
)

test(
  'move takes the queue to go to, and the one to take from',
  inWorld(async (world) => {
    await some(world)
    await inProcess(world, ['move', '--from', 'mail', '--queue', 'slow'])
    assert.is((await world.queue.get('b')).queue, 'slow')
    assert.is((await world.queue.get('a')).queue, 'default')
    assert.is((await inProcess(world, ['move', 'a'])).code, 2)
  }),
)

test(
  'priority takes the number last, negative ones too',
  inWorld(async (world) => {
    await some(world)
    assert.is((await inProcess(world, ['priority', 'a', 'b', '-5'])).code, 0)
    assert.is((await world.queue.get('b')).priority, -5)
    for (const args of [['a', 'high'], ['a'], ['a', '1000'], ['--all']])
      assert.is((await inProcess(world, ['priority', ...args])).code, 2, args.join(' '))
  }),
)

test(
  'retry --all means failed and dead jobs and passes cancelled ones over',
  inWorld(async (world) => {
    await some(world)
    await world.queue.cancel('a')
    const none = await inProcess(world, ['restart', '--all'])
    assert.match(none.stderr, '1 cancelled passed over')
    const { stderr } = await inProcess(world, ['retry', '--all', '--cancelled'])
    assert.is(stderr, '1 job retried\n')
    assert.is((await world.queue.get('a')).state, 'pending')
  }),
)

test(
  'a job that is retried keeps its id and the output of every run',
  inWorld(async (world) => {
    const burst = ['worker', 'start', '--foreground', '--burst']
    await world.queue.enqueue({ id: 'a', command: 'echo $QUEUECTL_RUN; exit 1', max_retries: 1 })
    await world.cli(burst)
    assert.is((await inProcess(world, ['restart', 'a'])).code, 0)
    await world.cli(burst)
    assert.is((await inProcess(world, ['logs', 'a', '--run', '1'])).stdout, '1\n')
    assert.is((await inProcess(world, ['logs', 'a', '--run', '2'])).stdout, '2\n')
    assert.is((await world.queue.get('a')).history.length, 2)
  }),
)

test(
  'dlq export prints a line of JSON for each dead job, which another home takes',
  inWorld(async (world) => {
    await some(world)
    await inProcess(world, ['cancel', 'a', 'b'])
    const { stdout } = await inProcess(world, ['dlq', 'export'])
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
    assert.equal(ids.toSorted(), ['a', 'b'])
    const { code } = await inProcess(world, ['enqueue', '-', '--home', `${world.dir}/other`], stdout)
    assert.is(code, 0)
  }),
)

test(
  'dlq list --group counts dead jobs by their last error',
  inWorld(async (world) => {
    await world.queue.enqueueAll(
      ['a', 'b', 'c'].map((id) => ({ id, command: `exit ${id === 'c' ? 4 : 3}`, max_retries: 1 })),
    )
    await world.cli(['worker', 'start', '--foreground', '--burst'])
    const { stdout } = await inProcess(world, ['dlq', 'list', '--group'])
    assert.match(stdout, /^2 jobs .* exit code 3\n1 job .* c .* exit code 4\n$/m)
    const groups = JSON.parse((await inProcess(world, ['dlq', 'list', '--group', '--json'])).stdout) as {
      jobs: string[]
    }[]
    assert.equal(
      groups.map(({ jobs }) => jobs.length),
      [2, 1],
    )
  }),
)

test(
  'dlq list --group takes errors for one that differ only in numbers and names, unless --exact',
  inWorld(async (world) => {
    const fail = (id: string, text: string, queue: string) =>
      ({ id, command: `echo ${text} >&2; exit 1`, max_retries: 1, queue }) as const
    await world.queue.enqueueAll([fail('a', 'row 17', 'mail'), fail('b', 'row 18', 'web'), fail('c', 'other', 'web')])
    await world.cli(['worker', 'start', '--foreground', '--burst'])
    const { stdout } = await inProcess(world, ['dlq', 'list', '--group'])
    assert.match(stdout, /^2 jobs +\d+s +\d+s +mail,web +b +exit code 1: row <n>\n1 job .* c .* exit code 1: other\n$/m)
    const groups = async (...args: string[]): Promise<Record<string, unknown>[]> =>
      JSON.parse((await inProcess(world, ['dlq', 'list', '--group', '--json', ...args])).stdout) as Record<
        string,
        unknown
      >[]
    const [first] = await groups()
    assert.equal(
      [first?.error, first?.fingerprint, first?.jobs, first?.queues],
      ['exit code 1: row 18', 'exit code 1: row <n>', ['b', 'a'], ['mail', 'web']],
    )
    assert.is((await groups('--exact')).length, 3)
    assert.equal(
      (await groups('--sort', 'last')).map(({ jobs }) => jobs),
      [['c'], ['b', 'a']],
    )
    assert.is((await inProcess(world, ['dlq', 'list', '--exact'])).code, 2)
  }),
)

test.run()
