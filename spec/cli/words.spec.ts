/**
 * What people type who come from other queues, and what they get wrong: each line with its answer and its exit status. One
 * table over all commands, run in this process, each line in a home of its own with four jobs: `w` waits, `h` is held, `d` is
 * dead, `c` is completed.
 */
import { Cli } from 'clipanion'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { inProcess } from '../../fixtures/in-process.ts'
import { DIR_OF_STATE, put } from '../../fixtures/spool-home.ts'
import { inWorld, type World } from '../../fixtures/world.ts'
import { optionsOf } from '../../lib/cli/options.ts'
import { findCommand, inOurCommands } from '../../lib/cli/find-command.ts'
import { COMMAND_SYNONYMS, MEANINGLESS_COMMANDS, OPTION_SYNONYMS } from '../../lib/cli/synonyms.ts'
import { openHome } from '../../lib/spool/layout.ts'

const test = suite('words of others, and mistakes')

/** A line as typed, blanks between its words (`_` stands for one in a word), its exit status, and what it prints. */
type Line = readonly [typed: string, code: number, prints: string | RegExp, input?: string]

const WORDS: readonly Line[] = [
  // Commands.
  ['add true', 0, 'Enqueued '],
  ['submit -c true', 0, 'Enqueued '],
  ['push {"command":"true"}', 0, 'Enqueued '],
  ['job add true', 0, 'Enqueued '],
  ['enqueue add {"command":"true","id":"x"}', 0, 'Enqueued x'],
  ['enqueue add --id x -c true', 0, 'Enqueued x'],
  ['jobs', 0, /^w +pending/m],
  ['job list', 0, /^w +pending/m],
  ['list jobs', 0, /^w +pending/m],
  ['job show w', 0, /^Id: +w$/m],
  ['info w', 0, /^Id: +w$/m],
  ['inspect w', 0, /^Id: +w$/m],
  ['summary', 0, /^Pending: +1$/m],
  ['kill w', 0, 'Cancelled w'],
  ['kill -9 w', 0, 'Cancelled w'],
  ['requeue d', 0, 'Job d is pending again'],
  ['retry-all', 0, 'Job d is pending again'],
  ['pause w', 0, 'Held w'],
  ['resume h', 0, 'Released h'],
  ['dlq requeue d', 0, 'Job d is pending again'],
  ['dlq retry-all', 0, 'Job d is pending again'],
  ['dlq inspect d', 0, /^Id: +d$/m],
  ['dlq count', 0, /^1$/m],
  ['dlq count --json', 0, '{"dead":1}'],
  ['dlq clear', 0, 'Removed d', 'y'],
  ['dlq delete d', 0, 'Removed d', 'yes'],
  ['dlq purge d', 0, 'Purged d'],
  ['rm c', 0, 'Removed c', 'y'],
  ['delete w', 0, 'Cancelled w', 'Y'],
  ['remove c d --yes', 0, 'Removed c\nRemoved d'],
  ['clear --state completed', 0, 'Removed c', 'y'],
  ['clear -f', 0, /Removed c\n[^]*2 jobs removed/],
  ['purge --older-than 1d -y', 0, '2 jobs removed'],
  ['clear --json -y', 0, /^{"action":"clear","dry_run":false,"ids":\["[cd]","[cd]"\],"failed":\[\]}$/m],
  ['clear --dry-run', 0, 'Would clear c'],
  ['monitor', 0, 'd'],
  ['config view', 0, 'max-retries'],
  ['config set --key max-retries --value 7', 0, 'max-retries = 7'],
  ['config set --max-retries 7 --backoff-base 3', 0, 'max-retries = 7\nbackoff-base = 3'],
  ['config set timeout 5m', 0, 'timeout = 300'],
  ['config get --key timeout', 0, '300'],
  ['config reset timeout', 0, 'timeout = 300 (default)'],
  ['init-db', 0, 'The queue is ready'],
  ['ver', 0, 'queuectl '],
  ['tail c', 4, 'no output'],
  ['history', 0, 'w enqueued'],
  // Options.
  ['enqueue --max_retries 2 --run_at 2099-01-01 --name x true', 0, 'Enqueued x'],
  ['enqueue --maxRetries=2 --name=x true', 0, 'Enqueued x'],
  ['enqueue --retries 2 -c true', 0, '--retries was read as --max-retries: 2 attempts in all'],
  ['enqueue -r2 -p7 --id x -c true', 0, 'Enqueued x'],
  ['enqueue --timeout 5m -c true', 0, 'Enqueued '],
  ['enqueue --timeout-ms 1500 -c true --json', 0, '"timeout":1.5'],
  ['enqueue --delay-seconds 60 -c true --json', 0, /"run_at":"/],
  ['enqueue -d 1h -c true --json', 0, /"run_at":"/],
  ['enqueue --run-at +5s -c true --json', 0, /"run_at":"/],
  ['enqueue --run-at in_2h -c true --json', 0, /"run_at":"/],
  ['enqueue --run-at tomorrow_9:00 -c true --json', 0, /"run_at":"[\d-]+T/],
  ['enqueue --run-at 23:30 -c true --json', 0, /"run_at":"/],
  ['enqueue --tags a,b -c true --json', 0, '"tags":["a","b"]'],
  ['enqueue --job {"command":"true","id":"x"}', 0, 'Enqueued x'],
  ['enqueue {"command":"true","id":"x"} --retries 2', 0, 'Enqueued x'],
  ['enqueue -q --id x true', 0, /^x\n$/],
  ['enqueue --print-id --id x true', 0, /^x\n$/],
  ['enqueue --json=false --id x true', 0, 'Enqueued x'],
  ['enqueue --wait=false --id x true', 0, 'Enqueued x'],
  ['enqueue --id x -- grep --retries 5 -n1', 0, 'Enqueued x'],
  ['list --status dead', 0, /^d +dead/m],
  ['list --dead', 0, /^d +dead/m],
  ['list --all', 0, /^w +pending/m],
  ['list -n1', 0, /^w +pending/m],
  ['list --count 1', 0, /^w +pending/m],
  ['list --format json -n1', 0, '"id": "w"'],
  ['list --output json -n1', 0, '"id": "w"'],
  ['list --json=lines -n1', 0, /^{"id":"w".*}\n$/],
  ['list --json=1 -n1', 0, /^\[{"id": "w".*}\]\n$/],
  ['list --verbose', 0, /^w +pending/m],
  ['status --watch=false', 0, /^Pending: +1$/m],
  ['dlq retry d --reset-attempts', 0, 'Job d is pending again'],
  ['retry d --reset', 0, 'Job d is pending again'],
  ['retry --id d', 0, 'Job d is pending again'],
  ['cancel w --yes --message why', 0, 'Cancelled w'],
  ['show --job-id w', 0, /^Id: +w$/m],
  ['events --tail 5', 0, 'w enqueued'],
  ['worker stop --all --graceful', 0, 'No worker is running'],
  ['worker status', 5, 'no worker is running'],
]

const MISTAKES: readonly Line[] = [
  // Wrong words.
  ['enque true', 2, 'did you mean: queuectl enqueue?'],
  ['submitt true', 2, 'did you mean: queuectl enqueue?'],
  ['lst', 2, 'did you mean: queuectl list?'],
  ['staus', 2, 'did you mean: queuectl status?'],
  ['worker-start', 2, 'did you mean: queuectl worker start?'],
  ['worker strat', 2, 'did you mean: queuectl worker start?'],
  ['worker', 2, 'which one?'],
  ['dlq', 2, 'which one?'],
  ['dlq lst', 2, 'dlq l'],
  ['config', 2, 'which one?'],
  ['config sett a b', 2, 'config set'],
  ['frobnicate', 2, '--help'],
  ['db migrate', 2, 'no database'],
  ['cron', 2, 'a schedule does that'],
  ['daemon', 2, 'queuectl worker start'],
  ['help frobnicate', 2, 'unknown command'],
  // Wrong options.
  ['list --limi 3', 2, 'did you mean --limit?'],
  ['list --wait', 2, /unknown option --wait\nhint: see/],
  ['enqueue -n1 true', 2, /unknown option -n1\nhint: see/],
  ['enqueue --retrys 3 -c true', 2, 'did you mean --max-retries?'],
  ['enqueue grep --retries 5 x', 2, 'did you mean --max-retries? Ours stand before the command'],
  ['enqueue true --prio 5', 2, 'did you mean --priority?'],
  ['enqueue --wait=perhaps true', 2, 'true or false'],
  ['enqueue true --priority', 2, 'needs a value'],
  ['enqueue --retries', 2, 'needs a value'],
  ['enqueue --cron 1h true', 2, 'a schedule does that'],
  ['enqueue --output-dir x true', 2, 'queuectl logs ID'],
  ['worker start --queue a/b', 2, 'a queue is 1 to 64'],
  ['worker start --poll-interval 2', 2, 'config set poll-interval'],
  ['worker start --lease-ttl 5', 2, 'a dead worker only'],
  ['worker start --foreground --background', 2, 'not both'],
  ['worker start --count 0', 2, 'whole number'],
  ['worker start --count=two', 2, 'whole number'],
  ['worker stop --pid 5', 2, 'worker stop NAME'],
  ['worker stop --leave --force', 2, 'not both'],
  ['list --id w', 2, 'queuectl show ID'],
  ['list --search x', 2, 'dashboard'],
  ['metrics --serve', 2, '/metrics'],
  ['metrics --json --prometheus', 2, 'not both'],
  ['list --db-path x', 2, 'no database'],
  ['retry d --keep-attempts', 2, 'from zero'],
  ['web --port 70000', 2, 'ports end'],
  ['stats now', 2, 'unexpected argument "now"'],
  ['list --color sometimes', 2, 'auto, always, never'],
  // Wrong values.
  ['enqueue', 2, 'what is to be run'],
  ['enqueue {"command":x}', 2, 'JSON'],
  ['enqueue {"command":"x"', 2, 'ends too early'],
  ['enqueue {"id":"x"}', 2, 'no command'],
  ['enqueue {"script":"x"}', 2, 'no command'],
  ['enqueue [{"command":"x"}]', 2, 'got an array'],
  ['enqueue {"command":5}', 2, 'a number'],
  ['enqueue {"command":"x","retries":"five"}', 2, /max_retries.*"retries" was read as max_retries/s],
  ['enqueue {"command":"x","retries":-1}', 2, 'max_retries'],
  ['enqueue {"command":"x","retries":2,"max_retries":3}', 2, 'both mean the same member'],
  ['enqueue {"command":"x","name":"a","id":"b"}', 2, 'both mean the same member'],
  ['enqueue {"command":"x","name":"a/b"}', 2, '"name" was read as id'],
  ['enqueue {"command":"x","delay":-5}', 2, 'run_at'],
  ['enqueue {"command":"x","delay":"soon"}', 2, 'run_at'],
  ['enqueue {"command":"x","run_at":"tomorrow"}', 2, 'ISO 8601'],
  ['enqueue {"command":"x","timeout":"5x"}', 2, 'timeout'],
  ['enqueue {"command":"x","meta":"x"}', 2, 'meta'],
  ['enqueue --run-at yesterday true', 2, 'tomorrow 9:00'],
  ['enqueue --run-at 25:00 true', 2, 'ISO 8601'],
  ['enqueue --delay soon true', 2, 'a duration'],
  ['enqueue --run-at 23:30 --delay 5 true', 2, 'one of them'],
  ['enqueue -p high true', 2, 'a number'],
  ['enqueue -p1000 true', 2, 'priority'],
  ['enqueue -r-1 true', 2, 'max_retries'],
  ['enqueue --timeout -5 true', 2, 'a duration'],
  ['enqueue --id last true', 2, 'reserved'],
  ['enqueue --id a/b true', 2, 'id'],
  ['enqueue -f nowhere.json', 2, 'no such file'],
  ['enqueue @nowhere.json', 2, 'no such file'],
  ['enqueue -c a b', 2, 'more than once'],
  ['list --state pendng', 2, 'did you mean pending?'],
  ['list --limit 0', 2, 'whole number'],
  ['list --sort size', 2, 'priority'],
  ['next many', 2, 'whole number'],
  ['events --since someday', 2, 'an age such as'],
  ['prune --older-than old', 2, 'a duration'],
  ['prune --state pending', 2, 'only those that nothing more happens to'],
  ['prune w --keep 1', 2, 'not both'],
  ['priority w high', 2, 'whole number'],
  ['priority w 1000', 2, '999'],
  ['move w', 2, 'where to'],
  ['completion tcsh', 2, 'bash'],
  ['config set max-retries many', 2, 'a whole number'],
  ['config set max-retries -5', 2, 'a whole number'],
  ['config set timeout 5parsecs', 2, 'seconds'],
  ['config set colour red', 2, 'unknown configuration key'],
  ['config set max-retires 5', 2, 'did you mean max-retries?'],
  ['config set max-retries', 2, 'takes one value'],
  ['config set db-path x', 2, 'no database'],
  ['config get colour', 4, 'unknown configuration key'],
  // Wrong states.
  ['retry w', 3, 'it is pending'],
  ['retry h', 3, 'queuectl release h'],
  ['dlq retry c', 3, 'not in the dead letter queue'],
  ['dlq show w', 3, 'not in the dead letter queue'],
  ['dlq purge w', 3, 'pending'],
  ['dlq delete w', 3, 'pending', 'y'],
  ['cancel c', 3, 'completed'],
  ['cancel d', 3, 'dead'],
  ['hold d', 3, 'dead'],
  ['hold h', 3, 'held'],
  ['release w', 3, 'pending'],
  ['top d', 3, 'dead'],
  ['priority c 5', 3, 'completed'],
  ['edit c', 3, 'completed'],
  ['prune w', 3, 'pending'],
  ['logs w', 4, 'no output'],
  // What is not there.
  ['show nope', 4, 'no such job'],
  ['show w h d nope', 6, '1 of 4 jobs could not be shown'],
  ['logs nope', 4, 'no such job'],
  ['retry nope', 4, 'no such job'],
  ['rm nope', 4, 'no such job'],
  ['kill nope', 4, 'no such job'],
  ['events --job nosuch', 4, 'no such job'],
  ['wait nope', 4, 'no such job'],
  ['explain nope', 4, 'no such job'],
  ['retry d nope', 6, '1 of 2 jobs could not be retried'],
  ['enqueue {"name":"w","command":"x"}', 1, '"name" was read as id'],
  ['enqueue --id w true', 1, 'already exists'],
  ['show', 2, 'which jobs?'],
  ['retry', 2, 'which jobs?'],
  ['rm', 2, 'which jobs?'],
  ['retry d --all', 2, 'not both'],
  // What was not confirmed.
  ['rm c', 2, 'the answer was not yes'],
  ['rm c', 2, 'the answer was not yes', 'n'],
  ['clear', 2, /Remove 1 \w+ job and 1 \w+ job for good/],
  ['dlq clear', 2, 'the answer was not yes', 'no'],
  ['delete w h', 2, 'Cancel 1 pending job and 1 held job?'],
]

test('the table of mistakes has at least 120 lines', () => {
  assert.ok(MISTAKES.length >= 120, String(MISTAKES.length))
})

async function fill({ home, queue }: World): Promise<void> {
  await queue.enqueue({ id: 'w', command: 'true' })
  const opened = openHome(home)
  put(opened, 'hold', { id: 'h', state: 'held', command: 'true' })
  const ended = { finished_at: '2026-11-22T10:15:00.000Z', attempts: 1, runs: 1 }
  put(opened, 'dead', { id: 'd', state: 'dead', command: 'false', last_error: 'exit code 1', ...ended })
  put(opened, DIR_OF_STATE.completed, { id: 'c', state: 'completed', command: 'true', ...ended })
}

const isChange = (code: number): boolean => code === 0 || code === 6

for (const [typed, code, prints, input] of [...WORDS, ...MISTAKES])
  test(
    `queuectl ${typed}${input === undefined ? '' : ` (${input})`}: ${code}`,
    inWorld(async (world) => {
      await fill(world)
      const before = await world.queue.count()
      const argv =
        typed === ''
          ? []
          : typed.split(' ').map((word) => (/^(in|tomorrow)_/.test(word) ? word.replace('_', ' ') : word))
      const ran = await inProcess(world, argv, input)
      const all = ran.stdout + ran.stderr
      assert.is(ran.code, code, all)
      assert.match(all, prints)
      if (!isChange(code)) assert.equal(await world.queue.count(), before)
      const [, name] = /unknown option (.*)/.exec(ran.stderr) ?? []
      if (name) assert.not.match(ran.stderr, `did you mean ${name}?`)
      assertHomeIntact(world.home)
    }),
  )

for (const typed of MISTAKES.filter(([, code]) => code !== 0))
  test(
    `queuectl ${typed[0]} --json: stderr is one JSON object`,
    inWorld(async (world) => {
      await fill(world)
      const ran = await inProcess(world, ['--json', ...typed[0].split(' ')], typed[3])
      if (ran.stderr !== '') assert.type(JSON.parse(ran.stderr), 'object', ran.stderr)
    }),
  )

test('every word for a command leads to a command, and hides none', async () => {
  for (const [ours, names] of Object.entries(COMMAND_SYNONYMS))
    for (const name of names.split(', ')) {
      const { words } = inOurCommands({ words: name.split(' '), args: name.split(' ') })
      const command = await findCommand(words)
      assert.is(command.paths?.[0]?.join(' '), ours.replace(/ --.*/, ''), name)
    }
})

test('no word for a command is listed twice', () => {
  const names = [
    ...Object.values(COMMAND_SYNONYMS).flatMap((all) => all.split(', ')),
    ...Object.keys(MEANINGLESS_COMMANDS),
  ]
  assert.equal([...new Set(names)], names)
})

for (const [name, table] of Object.entries(OPTION_SYNONYMS))
  test(`every word for an option of ${name} leads to an option, and hides none`, async () => {
    const cli = new Cli()
    cli.register(await findCommand(name.split(' ')))
    const own = optionsOf(cli).flatMap(({ names }) => names)
    // `run` has most of the options of `enqueue`.
    const missing = name === 'run' ? ['--file', '--wait', '--print-id'] : ['--home']
    for (const [meaning, words] of Object.entries(table)) {
      const option = meaning.split('=')[0] ?? ''
      if (option.startsWith('-') && !missing.includes(option))
        assert.ok(own.includes(option), `${name} has no ${option}`)
      for (const word of words.split(' ').filter(Boolean))
        assert.not.ok(own.includes(word.startsWith('-') ? word : `--${word}`), `${name} has ${word}`)
    }
  })

test.run()
