/**
 * What people type who come from other queues: each line with its answer and its exit status. One table over all commands,
 * run in this process, each line in a home of its own with the four jobs of `fixtures/four-jobs.ts`.
 */
import { Cli } from 'clipanion'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { addFourJobs } from '../../fixtures/four-jobs.ts'
import { inProcess } from '../../fixtures/in-process.ts'
import { inWorld } from '../../fixtures/world.ts'
import { optionsOf } from '../../lib/cli/options.ts'
import { findCommand, inOurCommands } from '../../lib/cli/find-command.ts'
import { COMMAND_SYNONYMS, MEANINGLESS_COMMANDS, OPTION_SYNONYMS } from '../../lib/cli/synonyms.ts'

const test = suite('words of others')

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

const isChange = (code: number): boolean => code === 0 || code === 6

for (const [typed, code, prints, input] of WORDS)
  test(
    `queuectl ${typed}${input === undefined ? '' : ` (${input})`}: ${code}`,
    inWorld(async (world) => {
      await addFourJobs(world)
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
      assertHomeIntact(world.home)
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
