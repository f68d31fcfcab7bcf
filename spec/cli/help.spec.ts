import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inWorld } from '../../fixtures/world.ts'

const test = suite('queuectl help')

for (const args of [['--help'], ['-h'], ['help']])
  test(
    `${args[0]} lists what is needed every day, on a screen of 24 lines`,
    inWorld(async ({ cli }) => {
      const { code, stdout, stderr } = await cli(args)
      assert.equal([code, stderr], [0, ''])
      assert.is(stdout.match(/^ {2}\w/gm)?.length, 12)
      for (const name of ['enqueue', 'worker start', 'dlq list', 'config set'])
        assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
      assert.match(stdout, 'queuectl help all')
      assert.ok(stdout.split('\n').length <= 24)
    }),
  )

for (const args of [
  ['help', 'all'],
  ['help', '--all'],
  ['--help', '--all'],
])
  test(
    `${args.join(' ')} lists every command, each group once`,
    inWorld(async ({ cli }) => {
      const { code, stdout, stderr } = await cli(args)
      assert.equal([code, stderr], [0, ''])
      for (const name of ['enqueue', 'worker start', 'dlq retry', 'config set', 'metrics', 'init', 'schedule add'])
        assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
      const groups = stdout.match(/^[A-Z].*:$/gm) ?? []
      assert.is(groups.length, new Set<string>(groups).size)
      assert.match(stdout, /^Configuration:$/m)
    }),
  )

for (const args of [
  ['worker', '--help'],
  ['help', 'worker'],
])
  test(
    `${args.join(' ')} lists the commands of the group`,
    inWorld(async ({ cli }) => {
      const { code, stdout } = await cli(args)
      assert.is(code, 0)
      assert.match(stdout, /^ {2}worker stop /m)
      assert.not.match(stdout, 'enqueue')
    }),
  )

for (const args of [
  ['enqueue', '--help'],
  ['enqueue', '-h'],
  ['help', 'enqueue'],
  ['enqueue', '--json', '--help'],
])
  test(
    `${args.join(' ')} explains the command`,
    inWorld(async ({ cli }) => {
      const { code, stdout } = await cli(args)
      assert.is(code, 0)
      assert.match(stdout, /^Usage:$/m)
      assert.match(stdout, /^ {2}-p, --priority N +/m)
      assert.match(stdout, /^Examples:$/m)
    }),
  )

test(
  'help fits into eighty columns',
  inWorld(async ({ cli }) => {
    for (const topic of [
      [],
      ['help', 'all'],
      ['worker'],
      ['enqueue'],
      ['worker', 'start'],
      ['dlq', 'retry'],
      ['logs'],
      ['config', 'set'],
    ]) {
      const { stdout } = await cli(topic[0] === 'help' ? topic : [...topic, '--help'])
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, `${topic.join(' ')}: ${line}`)
    }
  }),
)

test(
  'help lists the topics of the manual',
  inWorld(async ({ cli }) => {
    for (const args of [
      ['help', 'all'],
      ['help', 'topics'],
    ])
      assert.match((await cli(args)).stdout, /^ {2}files {2,}what lies where/m)
  }),
)

test(
  'help TOPIC prints its page',
  inWorld(async ({ cli }) => {
    const { code, stdout } = await cli(['help', 'files'])
    assert.is(code, 0)
    assert.match(stdout, /^Files: what lies where/)
    assert.match(stdout, /^ {4}\$ ls ~\/\.queuectl\/pending$/m)
    assert.not.match(stdout, /^#|^\||```|\]\(/m)
  }),
)

test(
  'a command goes before a topic of its name, which `help topic` asks for',
  inWorld(async ({ cli }) => {
    const command = await cli(['help', 'enqueue'])
    assert.match(command.stdout, /^Usage:$/m)
    assert.match(command.stdout, 'queuectl help topic enqueue')
    assert.match((await cli(['help', 'topic', 'enqueue'])).stdout, /^Enqueue: every way/)
  }),
)

test(
  'help for an unknown topic is wrong usage, and names the nearest',
  inWorld(async ({ cli }) => {
    const { code, stderr } = await cli(['help', 'topic', 'durabilty'])
    assert.is(code, 2)
    assert.match(stderr, 'queuectl help topic durability')
  }),
)

test(
  'help for an unknown command is wrong usage',
  inWorld(async ({ cli }) => {
    assert.is((await cli(['enque', '--help'])).code, 2)
  }),
)

test(
  'asking for help makes no home',
  inWorld(async ({ cli, dir }) => {
    const { existsSync } = await import('node:fs')
    await cli(['enqueue', '--help', '--home', `${dir}/other`])
    assert.not(existsSync(`${dir}/other`))
  }),
)

test.run()
