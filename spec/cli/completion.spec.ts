/** Completion: what is offered, and that the real shells offer it. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanEnv, PROGRAM } from '../../fixtures/program.ts'
import { skip } from '../../fixtures/skip.ts'
import { inWorld, type World } from '../../fixtures/world.ts'

const test = suite('shell completion')

async function some({ queue }: World): Promise<void> {
  await queue.enqueue({ id: 'waits', command: 'true' })
  await queue.enqueue({ id: 'held1', command: 'true', queue: 'mail' })
  await queue.hold('held1')
  await queue.enqueue({ id: 'dead1', command: 'true' })
  await queue.cancel('dead1')
}

const offered: readonly (readonly [string, readonly string[], string])[] = [
  ['commands', ['rel'], 'release'],
  ['the second word of a command', ['worker', 'st'], 'start stop status'],
  ['ids of held jobs to release', ['release', ''], 'held1 last'],
  ['ids of dead jobs to dlq retry', ['dlq', 'retry', 'd'], 'dead1'],
  ['ids of waiting jobs to hold', ['hold', 'w'], 'waits'],
  ['ids of all jobs to show', ['show', ''], 'waits held1 dead1 last'],
  ['a second id', ['hold', 'waits', ''], 'waits last'],
  ['states', ['list', '--state', 'f'], 'failed'],
  ['states after an equals sign', ['list', '--state=f'], 'failed'],
  ['states as bash breaks that', ['list', '--state', '=', 'f'], 'failed'],
  ['states to a list', ['list', 'pen'], 'pending'],
  ['queues', ['hold', '--queue', ''], 'default mail'],
  ['configuration keys', ['config', 'set', 'max-r'], 'max-retries'],
  ['options', ['cancel', '--re'], '--reason'],
  ['commands and topics', ['help', 'd'], 'deps dlq doctor dashboard dependencies durability'],
  ['topics alone', ['help', 'topic', 'e'], 'enqueue'],
  ['shells', ['completion', ''], 'bash zsh fish'],
  ['nothing for a command that takes files', ['enqueue', ''], ''],
  ['nothing for what is no command', ['frobnicate', ''], ''],
]
for (const [what, words, expected] of offered)
  test(
    `${what} are offered for ${['queuectl', ...words].join(' ')}`,
    inWorld(async (world) => {
      await some(world)
      const { stdout } = await world.cli(['__complete', ...words])
      const first = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t')[0])
      assert.is(first.join(' '), expected)
    }),
  )

test(
  'ids of another home are offered when it is named',
  inWorld(async (world) => {
    await world.cli(['enqueue', '-c', 'true', '--id', 'there', '--home', `${world.dir}/other`])
    const { stdout } = await world.cli(['__complete', '--home', `${world.dir}/other`, 'hold', ''])
    assert.match(stdout, /^there\tpending$/m)
  }),
)

test(
  'pressing Tab makes no home',
  inWorld(async ({ cli, dir }) => {
    await cli(['__complete', '--home', `${dir}/other`, 'hold', ''])
    assert.not(existsSync(`${dir}/other`))
  }),
)

/** How each shell is asked what it would offer for a line. */
const SHELLS: readonly (readonly [string, readonly string[], (line: string) => string])[] = [
  [
    'bash',
    ['--norc', '--noprofile'],
    (line) => `source <(queuectl completion bash)
      COMP_WORDS=(${line} ''); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _queuectl; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  [
    'zsh',
    ['-f'],
    // A terminal is what compadd needs and a test has not: what it is given is printed.
    (line) => `autoload -Uz compinit; compinit -u -D; source <(queuectl completion zsh)
      compadd() { print -l -- $values }; words=(${line} ''); CURRENT=$#words; _queuectl`,
  ],
  ['fish', ['--no-config'], (line) => `queuectl completion fish | source; complete -C '${line} '`],
]

for (const [shell, options, script] of SHELLS)
  for (const [line, expected] of [
    ['queuectl release', 'held1 last'],
    ['queuectl hold --queue', 'default mail'],
    ['queuectl worker', 'forget health list start status stop'],
  ] as const)
    test(
      `${shell} offers what lives in the home for: ${line}`,
      inWorld(async (world) => {
        if (spawnSync(shell, ['--version']).error) skip(`${shell} is not installed`)
        await some(world)
        const bin = join(world.dir, 'bin')
        mkdirSync(bin)
        symlinkSync(PROGRAM, join(bin, 'queuectl'))
        writeFileSync(join(world.dir, 'ask'), `${script(line)}\n`)
        const env = { ...cleanEnv(), HOME: world.dir, QUEUECTL_HOME: world.home, PATH: `${bin}:${process.env.PATH}` }
        const ran = spawnSync(shell, [...options, join(world.dir, 'ask')], { env, cwd: world.dir, encoding: 'utf8' })
        const words = ran.stdout
          .split('\n')
          .filter(Boolean)
          .map((one) => one.split('\t')[0])
        // Each has an order of its own.
        assert.is(words.toSorted((a = '', b = '') => (a < b ? -1 : 1)).join(' '), expected, ran.stderr)
      }),
    )

test.run()
