/** What is refused: each with its exit status, a word that says why, and nothing enqueued. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../../fixtures/world.ts'

const test = suite('requests that enqueue refuses')

const LONG = 'a'.repeat(10_240)

const refused: readonly (readonly [string, readonly string[], string | RegExp])[] = [
  ['malformed JSON', ['{"command":x}'], 'JSON'],
  ['truncated JSON', ['{"command":"x"'], 'ends too early'],
  ['JSON whose quotes the shell took', ['{id:job1,command:sleep', '2}'], 'PowerShell'],
  ['an array instead of an object', ['[{"command":"x"}]'], 'got an array'],
  ['a number instead of an object', ['42'], 'got a number'],
  ['an object without a command', ['{"id":"a"}'], 'no command'],
  ['an empty command', ['{"command":""}'], 'empty'],
  ['a command of blanks', ['-c', '   '], 'empty'],
  ['a command that is a number', ['{"command":5}'], 'a number'],
  ['a command that is null', ['{"command":null}'], 'null'],
  ['an empty argument', [''], 'empty'],
  ['no command at all', [], 'what is to be run'],
  ['two commands', ['-c', 'x', 'y'], 'more than once'],
  ['an id with a slash', ['-c', 'x', '--id', 'a/b'], 'id'],
  ['an id with a newline', ['-c', 'x', '--id', 'a\nb'], 'id'],
  ['an id of 10 kB', ['-c', 'x', '--id', LONG], 'id'],
  ['an id that leads upwards', ['-c', 'x', '--id', '..'], 'id'],
  ['an empty id', ['-c', 'x', '--id', ''], 'id'],
  ['the reserved id last', ['-c', 'x', '--id', 'last'], 'reserved'],
  ['a reserved id of a worker', ['-c', 'x', '--id', 'worker-1'], 'reserved'],
  ['an id of the form that we make', ['-c', 'x', '--id', '01ARZ3NDEKTSV4RRFFQ69G5FAV'], 'ULID'],
  ['a queue with a slash', ['-c', 'x', '--queue', 'a/b'], 'queue'],
  ['a queue that is too long', ['-c', 'x', '--queue', 'q'.repeat(65)], 'queue'],
  ['a priority that is no number', ['-c', 'x', '-p', 'high'], 'a number'],
  ['a priority that is too high', ['-c', 'x', '-p', '1000'], 'priority'],
  ['a fraction as priority', ['-c', 'x', '-p', '1.5'], 'priority'],
  ['an absurd priority', ['-c', 'x', '-p', '1e99'], 'priority'],
  ['negative max-retries', ['-c', 'x', '-r', '-1'], 'max_retries'],
  ['a negative timeout', ['-c', 'x', '-t', '-5'], 'duration'],
  ['a timeout that is no duration', ['-c', 'x', '-t', '5 parsecs'], 'duration'],
  ['a backoff base below one', ['-c', 'x', '--backoff-base', '0'], 'backoff_base'],
  ['a run_at that is no date', ['{"command":"x","run_at":"tomorrow"}'], 'ISO 8601'],
  ['a run-at on a day that does not exist', ['x', '--run-at', '2026-02-30'], 'ISO 8601'],
  ['both --run-at and --delay', ['x', '--run-at', '2099-01-01', '--delay', '5m'], 'one of them'],
  ['a variable without a value', ['x', '--env', 'A'], 'NAME=VALUE'],
  ['a NUL in the command', ['{"command":"a\\u0000b"}'], 'NUL'],
  ['an unknown option', ['x', '--prio', '5'], '--priority'],
  ['an option without its value', ['x', '--priority'], 'needs a value'],
  ['a file that is not there', ['@nowhere.json'], 'no such file'],
  ['a directory as file', ['-f', '.'], 'directory'],
]

for (const [what, args, why] of refused)
  test(
    `enqueue refuses ${what} with 2 and enqueues nothing`,
    inWorld(async ({ cli, queue }) => {
      const { code, stdout, stderr } = await cli(['enqueue', ...args])
      assert.is(code, 2, stderr)
      assert.is(stdout, '')
      assert.match(stderr, /^queuectl: /)
      assert.match(stderr, why)
      assert.is((await queue.list()).length, 0)
    }),
  )

test(
  'an id that is taken is refused with 1',
  inWorld(async ({ cli }) => {
    await cli(['enqueue', '-c', 'x', '--id', 'a'])
    const { code, stderr } = await cli(['enqueue', '-c', 'y', '--id', 'a'])
    assert.is(code, 1)
    assert.match(stderr, 'already exists')
  }),
)

test(
  'the longest id and queue that are allowed fit',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['enqueue', '-c', 'x', '--id', 'i'.repeat(128), '--queue', 'q'.repeat(64)])
    assert.is(code, 0, stderr)
  }),
)

const usage: readonly (readonly [string, readonly string[], number, string | RegExp])[] = [
  ['an unknown command, naming the nearest', ['enque', 'x'], 2, 'did you mean: queuectl enqueue?'],
  ['a command with a dash for a blank', ['worker-start'], 2, 'did you mean: queuectl worker start?'],
  ['a command like no other', ['frobnicate'], 2, '--help'],
  ['an unknown word of a group', ['worker', 'strat'], 2, 'worker start'],
  ['a group alone', ['dlq'], 2, 'list'],
  ['an unknown state', ['list', '--state', 'pendng'], 2, 'pending'],
  ['a limit of nothing', ['list', '--limit', '0'], 2, 'whole number'],
  ['a negative limit', ['list', '--limit', '-3'], 2, 'whole number'],
  ['an unknown sort', ['list', '--sort', 'size'], 2, 'priority'],
  ['a missing id', ['show'], 2, 'queuectl show ID'],
  ['an argument too many', ['stats', 'now'], 2, 'unexpected'],
  ['an id that is not there', ['show', 'nope'], 4, 'nope'],
  ['logs of a job that is not there', ['logs', 'nope'], 4, 'nope'],
  ['a retry of a job that is not there', ['retry', 'nope'], 4, 'nope'],
  ['a retry from the DLQ of what is not there', ['dlq', 'retry', 'nope'], 4, 'nope'],
  ['a retry from the DLQ of nothing', ['dlq', 'retry'], 2, '--all'],
  ['a cancel of a job that is not there', ['cancel', 'nope'], 4, 'nope'],
  ['a dashboard for all the world without a token', ['web', '--host', '0.0.0.0'], 2, 'without a token'],
  ['JSON and Prometheus at once', ['metrics', '--json', '--prometheus'], 2, 'not both'],
  ['--leave and --force', ['worker', 'stop', '--leave', '--force'], 2, 'not both'],
  ['a worker without slots', ['worker', 'start', '--count', '0'], 2, 'whole number'],
]

for (const [what, args, status, why] of usage)
  test(
    `${what}: exit status ${status}`,
    inWorld(async ({ cli }) => {
      const { code, stdout, stderr } = await cli(args)
      assert.is(code, status, stderr)
      assert.is(stdout, '')
      assert.match(stderr, why)
    }),
  )

test(
  'with --json an error is JSON on stderr',
  inWorld(async ({ cli }) => {
    const { stderr } = await cli(['show', 'nope', '--json'])
    const { error } = JSON.parse(stderr) as { error: Record<string, string> }
    assert.is(error.code, 'NOT_FOUND')
    assert.match(error.message ?? '', 'nope')
  }),
)

test(
  'an error is one line, and its hint another',
  inWorld(async ({ cli }) => {
    const { stderr } = await cli(['show', 'nope'])
    assert.match(stderr, /^queuectl: [^\n]+\nhint: [^\n]+\n$/)
  }),
)

test.run()
