/** Hostile text at every place where text of others is shown or logged: nothing of it acts on a terminal. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { add, configure, eventsOf } from '../../../fixtures/jobs.ts'
import { inWorld, type World } from '../../../fixtures/world.ts'
import { describeEvent } from '../../../lib/journal/describe.ts'
import { jsonText } from '../../../lib/job/sanitize.ts'
import { Log } from '../../../lib/worker/log.ts'

const test = suite('hostile text')

const HOSTILE = 'x\x1b[2Jy\x9b2K\u202ez\u2066\x07\r\x7f'
/** The same for printf(1), in UTF-8 and with a byte that is not. */
const PRINTED = String.raw`x\033[2Jy\302\2332K\342\200\256z\342\201\246\007\377`
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

const harmless = (text: string, what: string): void =>
  assert.not.ok(HARMFUL.test(text), `${what}: ${JSON.stringify(text.slice(0, 2000))}`)

/** Runs a command whose output, both of it, must be harmless. */
async function shows(world: World, args: readonly string[], expected: RegExp): Promise<void> {
  const { stdout, stderr } = await world.cli(args)
  harmless(stdout, args.join(' '))
  harmless(stderr, args.join(' '))
  assert.match(stdout + stderr, expected)
}

const workerLogs = ({ home }: World): string =>
  readdirSync(join(home, 'logs'))
    .filter((name) => /^worker-.*\.log$/.test(name))
    .map((name) => readFileSync(join(home, 'logs', name), 'utf8'))
    .join('')

test(
  'what a job or a hook wrote to stderr is harmless in the output and log of the worker, and wherever it is shown',
  inWorld(async (world) => {
    configure(world, { on_dead: `printf '${PRINTED}' >&2; exit 1` })
    await add(world, `printf '${PRINTED}' >&2; exit 1`, { id: 'a', max_retries: 1 })
    await shows(world, ['worker', 'start', '--foreground', '--burst'], /x\\e\[2Jy/)
    assert.is(eventsOf(world.home).filter(({ error }) => error?.includes('\x1b')).length >= 2, true)
    harmless(workerLogs(world), 'the log')
    assert.match(workerLogs(world), 'x\\e[2Jy')
    for (const args of [
      ['events'],
      ['events', '--json'],
      ['show', 'a'],
      ['show', 'a', '--json'],
      ['dlq', 'list'],
      ['list', '--json'],
      ['explain', 'a'],
      ['metrics'],
      ['list', '--output'],
    ])
      await shows(world, args, /a/)
  }),
)

test(
  'an unknown command, option, id or key is quoted harmlessly, for people and as JSON',
  inWorld(async (world) => {
    for (const args of [
      [HOSTILE],
      ['show', HOSTILE],
      ['config', 'get', HOSTILE],
      ['list', `--${HOSTILE}`],
      ['enqueue', `{"command":${HOSTILE}`],
      ['help', HOSTILE],
      ['enqueue', '--id', HOSTILE, 'true'],
      ['list', '--state', HOSTILE],
      ['enqueue', `@/${HOSTILE}`],
      ['--home', `/proc/${HOSTILE}`, 'status'],
    ])
      for (const more of [[], ['--json']]) await shows(world, [...args, ...more], /./)
    const { stderr } = await world.cli(['show', HOSTILE, '--json'])
    assert.match(JSON.parse(stderr).error.message, 'x')
  }),
)

test(
  'a further line that an error quotes does not pose as one of ours',
  inWorld(async (world) => {
    const { stderr } = await world.cli(['show', 'no\nqueuectl: all is well'])
    assert.not.match(stderr, /\nqueuectl: all/)
  }),
)

test(
  'names of files and what is in them are harmless in doctor, status, list and the reason of a quarantine',
  inWorld(async (world) => {
    await world.cli(['init'])
    for (const dir of ['pending', 'done', 'processing', 'dead', 'hold'])
      writeFileSync(join(world.home, dir, `${HOSTILE}.json`), HOSTILE)
    for (const args of [
      ['doctor'],
      ['doctor', '--json'],
      ['status'],
      ['list'],
      ['list', '--json'],
      ['doctor', '--fix'],
      ['worker', 'start', '--foreground', '--burst'],
    ])
      await shows(world, args, /./)
    harmless(workerLogs(world), 'the log')
    const reasons = readdirSync(join(world.home, 'corrupt')).filter((name) => name.endsWith('.reason'))
    assert.ok(reasons.length > 0)
    for (const name of reasons) harmless(readFileSync(join(world.home, 'corrupt', name), 'utf8'), name)
  }),
)

test(
  'the log and the sentences of events clean what they are given',
  inWorld(({ dir }) => {
    const path = join(dir, 'log')
    new Log(path).write(`one\ntwo ${HOSTILE}`)
    harmless(readFileSync(path, 'utf8'), 'the log')
    assert.is(readFileSync(path, 'utf8').split('\n').length, 2)
    harmless(describeEvent({ event: 'dlq', job: HOSTILE, error: HOSTILE }), 'the sentence')
  }),
)

test('JSON is the same value, escaped', () => {
  const value = { a: [`${HOSTILE}\u{E0001}é😀`] }
  harmless(jsonText(value), 'JSON')
  assert.not.match(jsonText(value), '\u{E0001}')
  assert.match(jsonText(value), 'é😀')
  assert.equal(JSON.parse(jsonText(value)), value)
})

test.run()
