/**
 * What people get wrong: words, options, values, states, homes; each line with its answer and its exit status. Run in this
 * process, each line in a home of its own with the four jobs of `fixtures/four-jobs.ts`.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assertHomeIntact } from '../../fixtures/check-home.ts'
import { addFourJobs } from '../../fixtures/four-jobs.ts'
import { inProcess } from '../../fixtures/in-process.ts'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('mistakes')

/** A line as typed, with single quotes around blanks, its exit status, what it prints, and what stands on the input. */
type Mistake = readonly [typed: string, code: number, prints: string | RegExp, input?: string]

const MISTAKES: readonly Mistake[] = [
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
  ['list wait1', 2, 'if it is an id: queuectl show wait1'],
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
  // More of what people mistype.
  ['--hlep', 2, 'did you mean --help?'],
  ['list --hepl', 2, 'did you mean --help?'],
  ['queue', 2, 'which one? list, show, set'],
  ['queue paus mail', 2, 'did you mean: queuectl queue pause?'],
  ['schedule', 2, 'which one? add'],
  ['schedule ad x', 2, 'did you mean: queuectl schedule add?'],
  ['limit', 2, 'which one? list, show'],
  ['service instal', 2, 'did you mean: queuectl service install?'],
  ['help topic durabilty', 2, 'queuectl help topic durability'],
  ['show d --run 5', 2, 'unknown option --run'],
  ['doctor --fxi', 2, 'did you mean --fix?'],
  ['version --jsn', 2, 'did you mean --json?'],
  ['ps w', 2, 'unexpected argument "w"'],
  ['worker start extra', 2, 'unexpected argument "extra"'],
  ['worker forget', 2, 'worker forget NAME'],
  ['status --watch=never', 2, 'true or false'],
  ['get w command', 6, 'cannot show command: no such job'],
  // Wrong states, by name.
  ['list finishd', 2, 'did you mean completed?'],
  ['list --state succeded', 2, 'did you mean completed?'],
  ['list --state frobnicated', 2, 'states: waiting, pending'],
  ['retry --state runing', 2, 'did you mean processing?'],
  // Jobs as JSON.
  [`enqueue {'command':'x'}`, 2, 'Expected property name'],
  ['enqueue {}', 2, 'it has no command'],
  ['enqueue {"command":""}', 2, 'its command is empty'],
  ['enqueue {"command":[]}', 2, 'names no program'],
  ['enqueue {"command":["a",5]}', 2, 'other than strings'],
  ['enqueue {"command":"x","priority":"high"}', 2, 'priority: Expected a number'],
  ['enqueue {"command":"x","priority":1000}', 2, '[-999; 999]'],
  ['enqueue {"command":"x","priority":1.5}', 2, 'an integer'],
  ['enqueue {"command":"x","timeout":-5}', 2, 'timeout: Expected to be'],
  ['enqueue {"command":"x","id":"../etc"}', 2, 'an id is 1 to 128'],
  ['enqueue {"command":"x","queue":"a/b"}', 2, 'a queue is 1 to 64'],
  ['enqueue {"command":"x","env":["A=1"]}', 2, 'env: Expected an object'],
  ['enqueue {"command":"x","env":{"A=B":"1"}}', 2, 'the name of a variable'],
  ['enqueue {"command":"x","success_codes":[300]}', 2, '[0; 255]'],
  ['enqueue {"command":"x","after":["nosuch"]}', 4, 'no job nosuch to wait for'],
  ['enqueue {"command":"true","priorty":3}', 0, '"priorty" means nothing to queuectl; did you mean priority?'],
  ['enqueue {"command":"true","cwd":"/no/such/dir"}', 0, 'directory /no/such/dir does not exist here'],
  // Commands that are none.
  [`enqueue ''`, 2, 'its command is empty'],
  [`enqueue -- 'echo hi there'`, 0, 'taken for the name of a program'],
  ['enqueue -- cd /x', 0, 'a word of the shell and no program'],
  ['enqueue -- FOO=1 env', 0, 'set with --env FOO=1'],
  ['enqueue no-such-program-xyz', 0, 'is not in PATH here'],
  ['enqueue --env NOVALUE true', 2, 'expected NAME=VALUE'],
  ['enqueue --after nosuch true', 4, 'no job nosuch to wait for'],
  ['enqueue --each-line', 2, 'needs a value'],
  ['run', 2, 'what is to be run'],
  ['exec', 2, 'exec [--cwd DIR] FILE'],
  ['exec nosuch.json', 2, 'there is no such file'],
  // Settings.
  ['config set', 2, 'config set KEY VALUE'],
  ['config set on-dead ftp://x', 2, 'cannot be posted to'],
  ['config set on-dead http://localhost:6000/', 2, 'another protocol'],
  ['config set jitter 2', 2, 'a share from 0 to 1'],
  ['config set foreground maybe', 2, 'true or false'],
  ['config set durability strong', 2, 'full, enqueue, none'],
  ['config set keep-completed forever', 2, 'such as 12h or 30d'],
  ['config get max-retrys', 4, 'did you mean max-retries?'],
  ['config unset nosuch', 2, 'unknown configuration key'],
  // Queues, limits, workers.
  ['queue pause', 2, 'which queue?'],
  [`queue pause 'a b'`, 2, 'a queue is 1 to 64'],
  ['queue set mail', 2, 'set what?'],
  ['queue set mail --limit 0', 2, 'pause it instead'],
  ['queue set mail --rate fast', 2, '"10/m"'],
  ['queue rm nosuch', 4, 'has no settings'],
  ['queue show nosuch', 4, 'no unfinished job'],
  ['limit show nosuch', 4, 'queuectl limit list'],
  ['worker start --queue a --not-queue a', 2, 'it would take no job'],
  ['worker start --count 100000', 2, 'from 1 to 1000'],
  ['worker stop nosuch', 4, 'no such worker is alive'],
  ['worker stop --timeout soon', 2, 'a duration'],
  // Schedules.
  ['schedule add', 2, 'which name?'],
  ['schedule add nightly', 2, 'what is to be run'],
  [`schedule add nightly '0 3 * * *' -- true`, 2, 'queuectl schedule add nightly --cron "0 3 * * *" --'],
  ['schedule add nightly @daily true', 2, '--cron "@daily"'],
  [`schedule add nightly --cron '0 3 * *' -- true`, 2, 'must have 5'],
  [`schedule add nightly --cron '61 3 * * *' -- true`, 2, 'minute: 61'],
  ['schedule add nightly --every soon -- true', 2, 'such as "10m"'],
  [`schedule add 'bad name' --every 1h -- true`, 2, 'a name is 1 to 64'],
  ['schedule add x --cron @daily --tz Mars/Phobos -- true', 2, 'no time zone "Mars/Phobos"'],
  ['schedule show nosuch', 4, 'queuectl schedule list'],
  ['schedule rm nosuch', 4, 'no such schedule'],
  ['schedule check nosuch.json', 4, 'there is no such file'],
  ['schedule import nosuch.txt', 4, 'there is no such file'],
  // Jobs, and where they are.
  ['logs d --run 9', 4, 'd has no run 9'],
  ['logs d --tail many', 2, 'whole number'],
  ['next c', 2, 'whole number'],
  ['edit nosuch', 4, 'no such job'],
  ['deps nosuch', 4, 'no such job'],
  ['cancel', 2, 'which jobs?'],
  ['dlq retry', 2, 'which jobs?'],
  ['dlq list --exact', 2, 'go with --group'],
  ['metrics --recent many', 2, 'whole number'],
  ['web --port http', 2, 'whole number'],
  // Homes.
  ['status --home', 2, '--home needs a value'],
  ['status --home=', 2, '--home needs a value'],
  ['list --home=nowhere', 0, 'there is no queue in'],
  ['show w --home=nowhere', 4, 'no such job'],
  ['worker start --home=/dev/null', 1, '/dev/null'],
  ['enqueue --home=/proc/nowhere true', 1, '/proc/nowhere'],
  ['doctor --home=nowhere', 0, 'there is no queue in'],
]

const wordsOf = (typed: string): string[] =>
  [...typed.matchAll(/'([^']*)'(?= |$)|\S+/g)].map(([word, quoted]) => quoted ?? word)

const isChange = (code: number): boolean => code === 0 || code === 6

test('the table has at least 120 lines, and none twice', () => {
  assert.ok(MISTAKES.length >= 120, String(MISTAKES.length))
  const lines = MISTAKES.map(([typed, , , input]) => `${typed}<${input}`)
  assert.equal([...new Set(lines)], lines)
})

for (const [typed, code, prints, input] of MISTAKES)
  test(
    `queuectl ${typed}${input === undefined ? '' : ` (${input})`}: ${code}`,
    inWorld(async (world) => {
      await addFourJobs(world)
      const before = await world.queue.count()
      const ran = await inProcess(world, wordsOf(typed), input)
      const all = ran.stdout + ran.stderr
      assert.is(ran.code, code, all)
      assert.match(all, prints)
      if (!isChange(code)) assert.equal(await world.queue.count(), before)
      const [, name] = /unknown option (.*)/.exec(ran.stderr) ?? []
      if (name) assert.not.match(ran.stderr, `did you mean ${name}?`)
      assertHomeIntact(world.home)
    }),
  )

for (const [typed, , , input] of MISTAKES.filter(([, code]) => code !== 0))
  test(
    `queuectl ${typed} --json: stderr is one JSON object`,
    inWorld(async (world) => {
      await addFourJobs(world)
      const ran = await inProcess(world, ['--json', ...wordsOf(typed)], input)
      if (ran.stderr !== '') assert.type(JSON.parse(ran.stderr), 'object', ran.stderr)
    }),
  )

test.run()
